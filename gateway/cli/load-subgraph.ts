import { OperatorError } from '#base/errors';
import type { Subgraph } from '#kit/subgraph/subgraph';
import { PROGRAMS, type Program } from './programs';

const code: Readonly<Record<Program, () => Promise<Subgraph>>> = {
  submissions: async () => (await import('../../subgraphs/submissions/subgraph')).submissions,
  reviews: async () => (await import('../../subgraphs/reviews/subgraph')).reviews,
  workforce: async () => (await import('../../subgraphs/workforce/subgraph')).workforce,
  infrastructure: async () => (await import('../../subgraphs/infrastructure/subgraph')).infrastructure,
  registry: async () => (await import('../../subgraphs/registry/subgraph')).registry,
};

/**
 * Loads the code of one subgraph only, so that an error in the code of another cannot stop it.
 * @throws OperatorError that lists the subgraphs.
 */
export async function loadSubgraph(name: string): Promise<Subgraph> {
  if (!Object.hasOwn(code, name))
    throw new OperatorError(`Unknown subgraph "${name}"`, `Choose one of ${PROGRAMS.join(', ')}`);
  return code[name as Program]();
}
