/** The active progressive `@override`s: those with a label (Federation 2.7). */
export interface Overrides {
  readonly labels: readonly string[];
  /** `percent(x)` is active if this is below x: 100 never, 0 always. Set different values within a fleet of gateways. */
  readonly percentile: number;
}

/** No active overrides: fields stay in their old subgraph until the override becomes unconditional. */
export const NO_OVERRIDES: Overrides = { labels: [], percentile: 100 };

/** Whether each label of a supergraph is active. */
export function overrideConditions(supergraphSdl: string, { labels, percentile }: Overrides): Map<string, boolean> {
  const conditions = new Map<string, boolean>();
  for (const [, label = ''] of supergraphSdl.matchAll(/overrideLabel: "([^"]*)"/g)) {
    const percent = /^percent\((\d+(?:\.\d+)?)\)$/.exec(label)?.[1];
    conditions.set(label, percent === undefined ? labels.includes(label) : percentile < Number(percent));
  }
  return conditions;
}
