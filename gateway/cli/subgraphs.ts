import type { Subgraph } from '#kit/subgraph/subgraph';
import { infrastructure } from '../../subgraphs/infrastructure/subgraph';
import { registry } from '../../subgraphs/registry/subgraph';
import { reviews } from '../../subgraphs/reviews/subgraph';
import { submissions } from '../../subgraphs/submissions/subgraph';
import { workforce } from '../../subgraphs/workforce/subgraph';
import { PROGRAMS, type Program } from './programs';

const byName: Readonly<Record<Program, Subgraph>> = { submissions, reviews, workforce, infrastructure, registry };

/** The subgraphs with all their code; `load-subgraph.ts` loads one. */
export const subgraphs: readonly Subgraph[] = PROGRAMS.map((name) => byName[name]);
