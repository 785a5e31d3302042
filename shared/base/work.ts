/**
 * Response header in which a subgraph states the work of its answer, in the unit of `@cost`: the weight of each field that it resolved, once
 * for each object or list of leaves. Arguments do not count.
 */
export const WORK_HEADER = 'ordergraph-work';

/** Reads the header; undefined if it is no count. */
export function readWork(header: unknown): number | undefined {
  if (typeof header !== 'string' || !/^\d{1,15}$/.test(header)) return undefined;
  return Number(header);
}
