import type { Contract } from '#base/contract';
import { RequestError } from '#base/errors';
import type { Sensitivity } from '#base/sensitivity';
import type { Database } from '#kit/database/database';
import { ClientDocument } from '../client/client-document';
import { ClientRelease } from '../client/client-release';
import { OwnerConsent } from './owner-consent';
import { PartOwner } from './part-owner';
import { RegisteredSubgraph } from './registered-subgraph';
import { type ProposedVersion, SchemaCheck } from './schema-check';
import type { AgreedConsent, Agreement, ReleasedDocument, SubgraphSchema } from './schema-composer';
import { SchemaContract } from './schema-contract';
import { storedText } from './schema-text';
import { SubgraphVersion } from './subgraph-version';
import { SupergraphActivation } from './supergraph-activation';
import { SupergraphMember, SupergraphVersion } from './supergraph-version';

/** All objects of a type. For types with few objects. */
async function all<T extends object>(
  database: Database,
  target: new () => T,
  rest = '',
  parameters: readonly unknown[] = [],
): Promise<T[]> {
  const rows = await database.query(
    `SELECT ${database.selection(target, 't')} FROM ${database.table(target)} t ${rest}`,
    parameters,
  );
  return rows.map((row) => database.hydrate(target, row));
}

/** The activation that holds, which is never one of the exercise; undefined before the first. */
export async function lastActivation(database: Database): Promise<SupergraphActivation | undefined> {
  const [last] = await all(database, SupergraphActivation, 'WHERE t.exercise = 0 ORDER BY t.number DESC LIMIT 1');
  return last;
}

/** Activations after one, oldest first. */
export const activationsAfter = (database: Database, number: number): Promise<SupergraphActivation[]> =>
  all(database, SupergraphActivation, 'WHERE t.exercise = 0 AND t.number > ? ORDER BY t.number', [number]);

/** @throws Error if it is missing */
export async function supergraphById(database: Database, id: string): Promise<SupergraphVersion> {
  const [version] = await database.findBy(SupergraphVersion, 'id', [id]);
  if (!version) throw new Error(`The registry has no supergraph ${id}`);
  return version;
}

/** @throws RequestError NOT_FOUND */
export async function checkOf(database: Database, id: string): Promise<SchemaCheck> {
  const [check] = await database.findBy(SchemaCheck, 'id', [id]);
  if (check) return check;
  throw new RequestError('NOT_FOUND', `No schema check has the id "${id}": check the schemas again`, [
    ...['input', 'check'],
  ]);
}

/** Versions of the subgraphs of a supergraph, by name. */
export async function membersOf(database: Database, supergraphId: string): Promise<SubgraphVersion[]> {
  const members = await database.findBy(SupergraphMember, 'supergraphId', [supergraphId]);
  const versions = await database.findBy(
    SubgraphVersion,
    'id',
    members.map(({ versionId }) => versionId),
  );
  return versions.sort((a, b) => (a.subgraphName < b.subgraphName ? -1 : 1));
}

/** What gateways serve: the activation that holds, its supergraph, and the schemas that it was composed of. */
export interface Served {
  /** 0 before the first activation. */
  readonly activation: number;
  readonly supergraph: string | undefined;
  readonly schemas: readonly SubgraphSchema[];
}

export const servedNow = async (database: Database): Promise<Served> =>
  served(database, await lastActivation(database));

/** What gateways served after an activation. @throws Error if there was none with the number */
export async function servedAt(database: Database, activation: number): Promise<Served> {
  const [found] = await database.findBy(SupergraphActivation, 'number', [activation]);
  if (activation > 0 && !found) throw new Error(`The registry has no activation ${activation}`);
  return served(database, found);
}

async function served(database: Database, activation: SupergraphActivation | undefined): Promise<Served> {
  if (!activation) return { activation: 0, supergraph: undefined, schemas: [] };
  const { id, digest } = await supergraphById(database, activation.supergraphId);
  return {
    activation: activation.number,
    supergraph: await storedText(database, digest),
    schemas: await schemasOf(database, id),
  };
}

/** The schemas that a supergraph was composed of. */
export async function schemasOf(database: Database, supergraphId: string): Promise<SubgraphSchema[]> {
  const members = await membersOf(database, supergraphId);
  return Promise.all(
    members.map(async ({ subgraphName: name, url, digest }) => ({
      ...{ name, url, sdl: await storedText(database, digest) },
    })),
  );
}

/** Day of an instant in UTC, as YYYY-MM-DD. */
export const dayOf = (now: string): string => now.slice(0, 10);

/**
 * What the owners agree on now. Exercise data grants nothing.
 * @param today as YYYY-MM-DD, in UTC
 * @param proposed schemas that would be served: those that differ from what is served need consents that hold today
 */
export async function agreementNow(
  database: Database,
  today: string,
  proposed: readonly Pick<ProposedVersion, 'name' | 'digest'>[],
): Promise<Agreement> {
  const owners = await all(database, PartOwner, 'WHERE t.exercise = 0 ORDER BY t.coordinate');
  const subgraphs = await all(database, RegisteredSubgraph, 'WHERE t.exercise = 0 ORDER BY t.name');
  const granted = await all(
    database,
    OwnerConsent,
    'WHERE t.exercise = 0 AND t.granted_at IS NOT NULL AND t.withdrawn_at IS NULL AND (t.until IS NULL OR t.until >= ?) ORDER BY t.id',
    [today],
  );
  const consents = granted.map(agreed);
  const contracts = await liveContracts(database);
  return {
    ...(contracts.length > 0
      ? { contracts: Object.fromEntries(contracts.map((contract) => [contract.name, contractOf(contract)])) }
      : {}),
    owners: Object.fromEntries(owners.map(({ coordinate, ownerName }) => [coordinate, ownerName])),
    clearances: Object.fromEntries(subgraphs.map(({ name, clearances }) => [name, clearances])),
    consents: [...consents, ...(await endedConsents(database, consents, proposed))],
  };
}

/**
 * Consents to acts of schemas that are served and stay. They were withdrawn, or their last day is over: that must not
 * keep other subgraphs from publishing, who can do nothing about it.
 */
async function endedConsents(
  database: Database,
  holding: readonly AgreedConsent[],
  proposed: readonly Pick<ProposedVersion, 'name' | 'digest'>[],
): Promise<AgreedConsent[]> {
  const last = await lastActivation(database);
  if (!last) return [];
  const { id, agreementDigest } = await supergraphById(database, last.supergraphId);
  const served = new Map((await membersOf(database, id)).map(({ subgraphName, digest }) => [subgraphName, digest]));
  const stays = (name: string) =>
    served.has(name) && proposed.every((other) => other.name !== name || other.digest === served.get(name));
  const { consents } = JSON.parse(await storedText(database, agreementDigest)) as Agreement;
  return consents.flatMap((consent) => {
    const to = consent.to.filter((name) => stays(name) && !isCoveredBy(holding, consent, name));
    return to.length === 0 ? [] : [{ ...consent, to, ended: true as const }];
  });
}

/** Whether consents allow a subgraph what another consent does. */
export const isCoveredBy = (
  consents: readonly AgreedConsent[],
  { by, act, coordinates }: AgreedConsent,
  actor: string,
): boolean =>
  coordinates.every((coordinate) =>
    consents.some(
      (other) =>
        other.by === by && other.act === act && other.to.includes(actor) && other.coordinates.includes(coordinate),
    ),
  );

/** Contracts that the next supergraph has. */
export const liveContracts = (database: Database): Promise<SchemaContract[]> =>
  all(database, SchemaContract, 'WHERE t.exercise = 0 AND t.removed_at IS NULL ORDER BY t.name');

export const contractOf = ({
  description,
  includedTags: include,
  excludedTags: exclude,
  classes,
}: Pick<SchemaContract, 'description' | 'includedTags' | 'excludedTags' | 'classes'>): Contract => ({
  ...{ description, include, exclude, classes: classes as Sensitivity[] },
});

const agreed = ({ ownerName, actors, act, coordinates, reason, until }: OwnerConsent): AgreedConsent => ({
  ...{ by: ownerName, to: actors, act, coordinates, reason },
  ...(until === null ? {} : { until }),
});

/** Documents of all released versions of clients that are in use, without those of the exercise. */
export async function releasedDocuments(database: Database): Promise<ReleasedDocument[]> {
  const releases = new Map(
    (await all(database, ClientRelease, 'WHERE t.retired_at IS NULL AND t.exercise = 0')).map((release) => [
      release.id,
      release,
    ]),
  );
  const documents = await all(
    database,
    ClientDocument,
    `WHERE t.release_id IN (SELECT id FROM ${database.table(ClientRelease)} WHERE retired_at IS NULL AND exercise = 0) ORDER BY t.id`,
  );
  return documents.flatMap(({ releaseId, name, operation }) => {
    const release = releases.get(releaseId);
    return release ? [{ client: `${release.client}@${release.clientVersion}`, name, text: operation }] : [];
  });
}
