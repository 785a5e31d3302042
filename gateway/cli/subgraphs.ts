import type { Subgraph } from '#kit/subgraph/subgraph';
import { infrastructure } from '../../subgraphs/infrastructure/subgraph';
import { reviews } from '../../subgraphs/reviews/subgraph';
import { submissions } from '../../subgraphs/submissions/subgraph';
import { workforce } from '../../subgraphs/workforce/subgraph';
import { PROGRAMMES, type Programme } from './programmes';

const byName: Readonly<Record<Programme, Subgraph>> = { submissions, reviews, workforce, infrastructure };

/** The four programmes, with all their code; see `load-subgraph.ts` for one of them. */
export const subgraphs: readonly Subgraph[] = PROGRAMMES.map((name) => byName[name]);
