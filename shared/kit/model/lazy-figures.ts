/** Figures that one function computes. */
interface FigureGroup<Figures> {
  readonly names: readonly (keyof Figures & string)[];
  readonly compute: () => Promise<Partial<Figures>>;
}

/** Declares the figures that a function computes together. */
export const together = <Name extends string, Figures extends Record<Name, unknown>>(
  names: readonly Name[],
  compute: () => Promise<Figures>,
) => ({ names, compute });

/** A function that runs another one on its first call, and returns its result on each. */
export function onFirstCall<T>(compute: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= compute();
    return result;
  };
}

/**
 * Adds figures to an object that are computed when an operation reads them: each is a promise, and a group is computed once. Small counts
 * can be hidden only in {@link settledFigures}.
 */
export function lazyFigures<Figures extends object>(
  figures: Figures,
  groups: readonly FigureGroup<NoInfer<Figures>>[],
): Figures {
  for (const { names, compute } of groups) {
    const computed = onFirstCall(compute);
    for (const name of names)
      Object.defineProperty(figures, name, { enumerable: true, get: async () => (await computed())[name] });
  }
  return figures;
}

/** A copy of an object with all its figures computed. */
export async function settledFigures<Figures extends object>(figures: Figures): Promise<Figures> {
  const copy = Object.create(Object.getPrototypeOf(figures)) as Record<string, unknown>;
  for (const name of Object.keys(figures)) copy[name] = await (figures as Record<string, unknown>)[name];
  return copy as Figures;
}
