import type { Subgraph } from '#kit/subgraph/subgraph';
import { requireSubgraph } from './load-subgraph';
import { PROGRAMS } from './programs';

/** The subgraphs with all their code; `load-subgraph.ts` loads one. */
export const subgraphs: readonly Subgraph[] = PROGRAMS.map(requireSubgraph);
