import type { Deed } from '../../gateway/cli/voluntary/stage';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what was logged
export type Loose = any;

/** What exercises left behind, derived from the log of what they did, without any answer of the graph to a question. */
export class Ledger {
  private readonly objects = new Map<string, Loose>();

  constructor(private readonly log: readonly Deed[]) {
    for (const deed of log) if (deed.object?.id) this.note(deed);
  }

  /** The last known state of an object: what its inputs stated, and what its mutations returned. */
  private note(deed: Deed): void {
    const { id: _id, expectedRevision: _revision, ...stated } = deed.input;
    const before = this.objects.get(deed.object.id);
    const agency = before?.agency ?? agencyOf(deed);
    this.objects.set(deed.object.id, { ...before, ...stated, ...deed.object, agency });
  }

  /** Changes by a mutation. */
  did(...names: readonly string[]): (Deed & { readonly agency: string | null })[] {
    return this.log.filter((deed) => names.includes(deed.did)).map((deed) => ({ ...deed, agency: agencyOf(deed) }));
  }

  /** Objects that a mutation created, as they are now. */
  created(...names: readonly string[]): Loose[] {
    return [...new Set(this.did(...names).map(({ object }) => object.id))].map((id) => this.objects.get(id));
  }

  object(id: string): Loose {
    return this.objects.get(id);
  }

  /** Rows of an imported file. */
  published(source: string): Loose {
    return this.log.find(({ did, input }) => did === 'import' && input.source === source)!.input.rows;
  }
}

const agencyOf = ({ who }: Deed): string | null => /agency=([^;]+)/.exec(who ?? '')?.[1] ?? null;

/** Rows as sorted lines, to compare with others. */
export const lines = (rows: readonly (readonly unknown[])[]): string[] =>
  rows.map((row) => row.map((cell) => cell ?? '-').join(' ')).toSorted();

/** Counts rows by their keys, as lines. */
export function counts<T>(rows: readonly T[], keyOf: (row: T) => readonly unknown[]): string[] {
  const groups = Map.groupBy(rows, (row) =>
    keyOf(row)
      .map((cell) => cell ?? '-')
      .join(' '),
  );
  return [...groups].map(([key, group]) => `${key} ${group.length}`).toSorted();
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  if (sorted.length === 0) return null;
  return sorted.length % 2 === 1 ? sorted[Math.floor(half)]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
