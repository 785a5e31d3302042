import { OperatorError } from '#base/errors';
import { nearest } from '#base/nearest';
import { ACTS, type Agreement, readAgreement } from '../../ownership/agreement';
import { todayInUtc } from '../compose';
import type { CallerOptions } from '../graph-client';
import { keyOf, Registry } from './client';
import { put } from './contracts';

/** A consent as the registry has it. */
export interface Consent {
  readonly id: string;
  readonly status: string;
  readonly revision: number;
  readonly owner: { readonly name: string };
  readonly actors: readonly string[];
  readonly act: string;
  readonly coordinates: readonly string[];
  readonly reason: string;
  readonly until: string | null;
}

const FIELDS = 'id status revision owner { name } actors act coordinates reason until';
const CONSENTS = `query Consents($after: String, $filter: OwnerConsentFilter) {
  ownerConsents(first: 100, after: $after, filter: $filter) { nodes { ${FIELDS} } pageInfo { hasNextPage endCursor } }
}`;
const mutation = (name: string, type: string): string =>
  `mutation Change($input: ${type}!) { ${name}(input: $input) { consent { ${FIELDS} } } }`;

/** What a consent would allow. */
export interface Proposal {
  readonly owner: string;
  readonly actors: readonly string[];
  readonly act: string;
  readonly coordinates: readonly string[];
  readonly reason: string;
  readonly until?: string | undefined;
}

/** Proposes a consent. @returns a text for the reader @throws OperatorError */
export async function proposeConsent(caller: CallerOptions, proposal: Proposal): Promise<string> {
  const { act } = proposal;
  if (!(act in ACTS))
    throw new OperatorError(
      `"${act}" is no act${nearest(act, Object.keys(ACTS))}`,
      `Use one of ${Object.keys(ACTS).join(', ')}`,
    );
  const consent = await proposed(await Registry.of(caller), proposal);
  return `${describeConsent(consent)}Two publishers of ${consent.owner.name} approve it: ordergraph registry consent approve ${consent.id}\n`;
}

/** The consent that is proposed; the same proposal of a day is one. @throws OperatorError */
export async function proposed(registry: Registry, { until = undefined, ...rest }: Proposal): Promise<Consent> {
  const input = { ...rest, until: until ?? null };
  const data = await registry.request(mutation('proposeConsent', 'ProposeConsentInput'), {
    input: { ...input, idempotencyKey: keyOf(input, todayInUtc()) },
  });
  return (data.proposeConsent as { readonly consent: Consent }).consent;
}

/** Approves or withdraws a consent. @returns a text for the reader @throws OperatorError */
export async function decideOnConsent(
  caller: CallerOptions,
  action: 'approve' | 'withdraw',
  id: string,
): Promise<string> {
  const registry = await Registry.of(caller);
  const [consent] = await registry.all<Consent>(CONSENTS, 'ownerConsents', { filter: { id: { eq: id } } });
  if (!consent)
    throw new OperatorError(`No consent has the id "${id}"`, '`ordergraph registry consent list` lists the consents');
  const name = `${action}Consent`;
  const data = await registry.request(
    mutation(name, action === 'approve' ? 'ApproveConsentInput' : 'WithdrawConsentInput'),
    {
      input: { id, expectedRevision: consent.revision, idempotencyKey: keyOf(action, id, consent.revision) },
    },
  );
  return describeConsent((data[name] as { readonly consent: Consent }).consent);
}

/** Consents, without those of the exercise. @throws OperatorError */
export const consentsOf = (registry: Registry, filter: object = {}): Promise<Consent[]> =>
  registry.all<Consent>(CONSENTS, 'ownerConsents', { filter: { exercise: { eq: false }, ...filter } });

/** Lists consents. @param all also withdrawn ones @returns a text for the reader @throws OperatorError */
export async function listConsents(caller: CallerOptions, all: boolean): Promise<string> {
  const filter = all ? {} : { status: { in: ['PROPOSED', 'GRANTED'] } };
  const consents = await consentsOf(await Registry.of(caller), filter);
  return consents.map(describeConsent).join('') || 'No consents\n';
}

const describeConsent = ({ id, status, owner, actors, act, coordinates, reason, until }: Consent): string =>
  `${id}  ${status}  ${owner.name} lets ${actors.join(', ')} ${act} ${coordinates.join(', ')}${until === null ? '' : ` until ${until}`}: ${reason}\n`;

/**
 * Takes an agreement over into a registry without activations: owners, consents that the owners gave elsewhere, and contracts.
 * @returns a line for the reader @throws OperatorError
 */
export async function adoptAgreement(caller: CallerOptions, file: string): Promise<string> {
  const agreement = readAgreement(file, todayInUtc());
  await adopt(await Registry.of(caller), agreement);
  const counts = [
    `owners by coordinate ${Object.keys(agreement.owners).length}`,
    `consents ${agreement.consents.length}`,
    `contracts ${Object.keys(agreement.contracts ?? {}).length}`,
  ];
  return `Took over the agreement: ${counts.join(', ')}\n`;
}

/** Takes over the owners, consents, and contracts of an agreement; doing it again changes nothing. @throws OperatorError */
export async function adopt(registry: Registry, { owners, consents, contracts = {} }: Agreement): Promise<void> {
  for (const [coordinate, owner] of Object.entries(owners)) await assignPart(registry, coordinate, owner);
  const inputs = consents.map(({ by, to, act, coordinates, reason, until = null }) => ({
    ...{ owner: by, actors: to, act, coordinates, reason, until },
  }));
  if (inputs.length > 0)
    await registry.request(mutation('takeOverConsents', 'TakeOverConsentsInput'), {
      input: { consents: inputs, idempotencyKey: keyOf(inputs) },
    });
  for (const [name, contract] of Object.entries(contracts)) await put(registry, name, contract);
}

/** Names the owner of a part. @throws OperatorError */
export const assignPart = (registry: Registry, coordinate: string, owner: string): Promise<unknown> =>
  registry.request('mutation Assign($input: AssignPartInput!) { assignPart(input: $input) { subgraph { name } } }', {
    input: { coordinate, owner, idempotencyKey: keyOf(coordinate, owner) },
  });

export interface Registration {
  readonly name: string;
  readonly agencies: readonly string[];
  readonly clearances: readonly string[];
  readonly address: string;
}

/** Registers a subgraph. @returns a line for the reader @throws OperatorError */
export async function registerSubgraph(caller: CallerOptions, registration: Registration): Promise<string> {
  await register(await Registry.of(caller), registration);
  const { name, agencies } = registration;
  return `Registered ${name}: publishers of ${agencies.join(' and ')} may publish its schema\n`;
}

/** @throws OperatorError */
export async function register(
  registry: Registry,
  { name, agencies, clearances, address: url }: Registration,
): Promise<void> {
  const input = { name, agencies, clearances, url };
  await registry.request(
    'mutation Register($input: RegisterSubgraphInput!) { registerSubgraph(input: $input) { subgraph { name } } }',
    { input: { ...input, idempotencyKey: keyOf(input) } },
  );
}
