import type { Agreement } from '../../ownership/agreement';
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
    if (known === undefined) await assignPart(registry, coordinate, owner);
    if (known === undefined) lines.push(`Assigned ${coordinate} to ${owner}`);
    else if (known !== owner) lines.push(`${coordinate} belongs to ${known}, not to ${owner}, as in the release`);
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
  const allows = (other: Consent, actor: string, coordinate: string) =>
    other.owner.name === by &&
    other.act === act &&
    other.actors.includes(actor) &&
    other.coordinates.includes(coordinate);
  const all = (consents: readonly Consent[]) =>
    to.every((actor) => coordinates.every((coordinate) => consents.some((other) => allows(other, actor, coordinate))));
  const [granted, open] = [
    known.filter((other) => other.status === 'GRANTED' && (other.until === null || other.until >= today)),
    known.filter(({ status }) => status === 'PROPOSED'),
  ];
  if (all(granted)) return [];
  const waits = open.find((other) => all([other]));
  if (waits) return [waiting(waits)];
  const withdrawn = known.find((other) => other.status === 'WITHDRAWN' && all([other]));
  if (withdrawn) return [`${by} withdrew its consent ${withdrawn.id} to ${act} of ${coordinates.join(', ')}`];
  return [waiting(await proposed(registry, { owner: by, actors: to, act, coordinates, reason, until }))];
}

const waiting = ({ id, owner, actors, act, coordinates }: Consent): string =>
  `Two publishers of ${owner.name} must let ${actors.join(', ')} ${act} ${coordinates.join(', ')}: ordergraph registry consent approve ${id}`;
