import { NotFoundError, RequestError } from '#base/errors';
import { type Principal, personKey } from '#base/identity/principal';
import type { Database } from '#kit/database/database';
import type { Preparation } from '#kit/mutation/mutation';
import { RegisteredSubgraph } from './registered-subgraph';
import type { Customer } from './schema-composer';

/** Who publishes: operators for all subgraphs, others for those of their agency. */
export interface Publisher {
  readonly principal: Principal;
  readonly actor: string;
}

/**
 * The subgraphs of these names, which the caller may publish.
 * @throws NotFoundError for a name that is not registered, and RequestError FORBIDDEN for a subgraph of another agency
 */
export async function publishable(
  database: Database,
  { principal, actor }: Publisher,
  names: readonly string[],
): Promise<RegisteredSubgraph[]> {
  const found = (await database.findBy(RegisteredSubgraph, 'name', names)).filter(({ exercise }) => !exercise);
  return names.map((name) => {
    const subgraph = found.find((candidate) => candidate.name === name);
    if (!subgraph) throw new NotFoundError('registered subgraph', name, 'schemas');
    if (actor !== 'OPERATOR' && !isOf(subgraph, principal))
      throw new RequestError(
        'FORBIDDEN',
        `The subgraph "${name}" belongs to ${subgraph.agencies.join(' and ')}: its publishers change it`,
      );
    return subgraph;
  });
}

/** Whether a caller acts for an agency that owns a subgraph. */
export const isOf = ({ agencies }: RegisteredSubgraph, { agency }: Principal): boolean =>
  agency !== null && agencies.includes(agency);

/** Work waits for other work of the same agency, or of the same operator. */
export const customerOf = ({
  principal,
  actor,
  cancellation,
}: Pick<Preparation, 'principal' | 'actor' | 'cancellation'>): Customer => ({
  party: principal.agency ?? personKey(principal),
  isOperator: actor === 'OPERATOR',
  cancellation,
});
