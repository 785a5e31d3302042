/** Which progressive `@override`s are in force: those with a label (Federation 2.7). */
export interface Overrides {
  readonly labels: readonly string[];
  /** `percent(x)` is in force when this is below x: 100 never, 0 always. Gateways of a fleet are given different ones. */
  readonly percentile: number;
}

/** None is: fields stay where they were until the override is made unconditional. */
export const NO_OVERRIDES: Overrides = { labels: [], percentile: 100 };

/** Whether each label of a supergraph is in force. */
export function overrideConditions(supergraphSdl: string, { labels, percentile }: Overrides): Map<string, boolean> {
  const conditions = new Map<string, boolean>();
  for (const [, label = ''] of supergraphSdl.matchAll(/overrideLabel: "([^"]*)"/g)) {
    const percent = /^percent\((\d+(?:\.\d+)?)\)$/.exec(label)?.[1];
    conditions.set(label, percent === undefined ? labels.includes(label) : percentile < Number(percent));
  }
  return conditions;
}
