import { type Act, type Agreement, hasConsent, NO_AGREEMENT } from '../../ownership/agreement';
import { todayInUtc } from '../compose';
import type { Registry } from './client';
import { assignPart, type Consent, consentsOf, proposed } from './consents';
import { contractsOf, put } from './contracts';

/** A subgraph as the registry knows it. */
export interface RegisteredName {
  readonly name: string;
  readonly clearances: readonly string[];
}

const OWNERS = `query Owners($after: String) {
  partOwners(first: 100, after: $after, filter: { exercise: { eq: false } }) { nodes { coordinate owner { name } } pageInfo { hasNextPage endCursor } }
}`;

/**
 * Brings what is new in the agreement of a later release: it assigns parts without an owner, adds contracts that the registry never had, and
 * proposes consents, which their owners approve. What the registry has stays as it is.
 * @returns what it did, and what others must decide, as lines for the reader @throws OperatorError
 */
export async function bringAgreement(
  registry: Registry,
  { owners, clearances, consents, contracts = {} }: Agreement,
  registered: readonly RegisteredName[],
): Promise<string[]> {
  const lines: string[] = [];
  const assigned = new Map(
    (
      await registry.all<{ readonly coordinate: string; readonly owner: { readonly name: string } }>(
        OWNERS,
        'partOwners',
      )
    ).map(({ coordinate, owner }) => [coordinate, owner.name]),
  );
  for (const [coordinate, owner] of Object.entries(owners)) {
    const known = assigned.get(coordinate);
    if (known === undefined) {
      await assignPart(registry, coordinate, owner);
      lines.push(`Assigned ${coordinate} to ${owner}`);
    } else if (known !== owner) lines.push(`${coordinate} belongs to ${known}, not to ${owner}, as in the release`);
  }
  for (const { name, clearances: has } of registered) {
    const lacks = (clearances[name] ?? []).filter((of) => !has.includes(of));
    if (lacks.length > 0) lines.push(`${name} has no clearance for ${lacks.join(', ')}, as in the release`);
  }
  const known = await contractsOf(registry);
  for (const [name, contract] of Object.entries(contracts)) {
    if (known.some((other) => other.name === name)) continue;
    await put(registry, name, contract);
    lines.push(`Added the contract ${name}`);
  }
  const before = await consentsOf(registry);
  for (const consent of consents) lines.push(...(await bringConsent(registry, consent, before)));
  return lines;
}

/** Proposes a consent unless the registry has it, or its owner withdrew it. @returns a line for the reader if others must decide */
async function bringConsent(
  registry: Registry,
  { by, to, act, coordinates, reason, until }: Agreement['consents'][number],
  known: readonly Consent[],
): Promise<string[]> {
  const today = todayInUtc();
  const areAllowedBy = (consents: readonly Consent[]): boolean => {
    const agreement = { ...NO_AGREEMENT, consents: consents.map(agreed) };
    return to.every((actor) =>
      coordinates.every((coordinate) => hasConsent(agreement, by, { by: actor, act, coordinate })),
    );
  };
  const granted = known.filter(({ status, until: last }) => status === 'GRANTED' && (last === null || last >= today));
  if (areAllowedBy(granted)) return [];
  const allowing = (status: string) => known.find((other) => other.status === status && areAllowedBy([other]));
  const waits = allowing('PROPOSED');
  if (waits) return [waiting(waits)];
  const withdrawn = allowing('WITHDRAWN');
  if (withdrawn) return [`${by} withdrew its consent ${withdrawn.id} to ${act} of ${coordinates.join(', ')}`];
  return [waiting(await proposed(registry, { owner: by, actors: to, act, coordinates, reason, until }))];
}

const agreed = ({ owner, actors, act, coordinates, reason }: Consent): Agreement['consents'][number] => ({
  ...{ by: owner.name, to: actors, act: act as Act, coordinates, reason },
});

const waiting = ({ id, owner, actors, act, coordinates }: Consent): string =>
  `Two publishers of ${owner.name} must let ${actors.join(', ')} ${act} ${coordinates.join(', ')}: ordergraph registry consent approve ${id}`;
