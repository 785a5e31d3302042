/** What other processes must know of a subgraph without loading its code. `registration.ts` of its folder states it. */
export interface Registration {
  /** Port on which it runs alone; no other subgraph of the repository has it. */
  readonly port: number;
  /** Whether it has event handlers. The bus keeps events until each of those that have some has read them. */
  readonly readsEvents?: boolean;
}
