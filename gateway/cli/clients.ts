import { createHash } from 'node:crypto';
import { OperatorError } from '#base/errors';
import { type ClientDocument, tryDocuments } from '../check/documents';
import { manifestDocuments } from '../policy/trusted-documents';
import { type CallerOptions, schemaOf } from './graph-client';
import { Registry } from './registry/client';

/** A released version of a client, as the registry lists it. */
interface Release {
  readonly id: string;
  readonly client: string;
  readonly clientVersion: string;
  readonly documentCount: number;
  readonly publishedAt: string;
  readonly retiredAt: string | null;
  /** Day, in UTC. */
  readonly lastUsedOn: string | null;
  readonly revision: number;
}

const FIELDS = 'id client clientVersion documentCount publishedAt retiredAt lastUsedOn revision';
const PAGE = 'pageInfo { hasNextPage endCursor }';
const RELEASES = `query Releases($after: String, $filter: ClientReleaseFilter) {
  clientReleases(first: 100, after: $after, filter: $filter) { nodes { ${FIELDS} } ${PAGE} }
}`;
const DOCUMENTS = `query Documents($after: String) {
  clientDocuments(first: 100, after: $after, filter: { release: { inUse: { eq: true } } }) {
    nodes { name operation release { client clientVersion } } ${PAGE}
  }
}`;
const PUBLISH = `mutation Publish($input: PublishClientReleaseInput!) {
  publishClientRelease(input: $input) { release { ${FIELDS} } }
}`;
const RETIRE = `mutation Retire($input: RetireClientReleaseInput!) {
  retireClientRelease(input: $input) { release { ${FIELDS} } }
}`;

/** A version of a client, as `client@version`. @throws OperatorError */
function versionOf(text: string): { readonly client: string; readonly version: string } {
  const [, client, version] = /^([^@\s]+)@([^@\s]+)$/.exec(text) ?? [];
  if (client === undefined || version === undefined)
    throw new OperatorError(`"${text}" is no version of a client`, 'Use client@version, such as dashboard@1.4');
  return { client, version };
}

/**
 * Publishes the documents of a manifest as a version of a client. Publishing the same manifest again changes nothing.
 * @returns a line for the reader @throws OperatorError for a manifest with documents that the graph would refuse
 */
export async function publishClient(
  options: CallerOptions & { readonly release: string; readonly manifest: string; readonly note?: string | undefined },
): Promise<string> {
  const { client, version } = versionOf(options.release);
  const texts = [...new Set(manifestDocuments(options.manifest).map(([, text]) => text))];
  const schema = await schemaOf(options);
  const documents = texts.map((text): ClientDocument => ({ client, name: text.slice(0, MAX_NAME), text }));
  const invalid = schema ? tryDocuments(documents, schema).broken : [];
  if (invalid.length > 0)
    throw new OperatorError(
      `${options.manifest} has documents that the graph would refuse:\n${invalid.map(({ name, errors }) => `- ${name}: ${errors.join(' ')}`).join('\n')}`,
      'Fix them, and make the manifest again; nothing was published',
    );
  const input = { client, version, note: options.note ?? null, documents: texts.map((operation) => ({ operation })) };
  const idempotencyKey = createHash('sha256').update(JSON.stringify(input)).digest('hex');
  const registry = await Registry.of(options);
  const data = await registry.request(PUBLISH, { input: { ...input, idempotencyKey } });
  const { documentCount } = (data.publishClientRelease as { readonly release: Release }).release;
  return `Published ${options.release} with ${documentsOf(documentCount)}; gateways accept them within seconds\n`;
}

const documentsOf = (count: number): string => `${count} ${count === 1 ? 'document' : 'documents'}`;

/** Characters of a document that name it in a message. */
const MAX_NAME = 60;

/** Retires a version of a client. @returns a line for the reader @throws OperatorError */
export async function retireClient(options: CallerOptions & { readonly release: string }): Promise<string> {
  const { client, version } = versionOf(options.release);
  const registry = await Registry.of(options);
  const filter = { client: { eq: client }, inUse: { eq: true } };
  const releases = await registry.all<Release>(RELEASES, 'clientReleases', { filter });
  const release = releases.find(({ clientVersion }) => clientVersion === version);
  if (!release)
    throw new OperatorError(`No release ${options.release} is in use`, '`ordergraph clients list` lists the releases');
  const { id, revision: expectedRevision } = release;
  await registry.request(RETIRE, { input: { id, expectedRevision, idempotencyKey: `retire-${id}` } });
  return `Retired ${options.release}; gateways refuse its documents within seconds\n`;
}

export interface ListOptions extends CallerOptions {
  /** Lists retired versions, too. */
  readonly all?: boolean | undefined;
  /** Lists only versions that were last used, or published if they were not used yet, at least so many days ago. */
  readonly unusedDays?: number | undefined;
}

/** Lists the versions of clients. @returns a table for the reader @throws OperatorError */
export async function listClients(options: ListOptions): Promise<string> {
  const registry = await Registry.of(options);
  const filter = options.all ? {} : { inUse: { eq: true } };
  const all = await registry.all<Release>(RELEASES, 'clientReleases', { filter });
  const lastDay = new Date(Date.now() - (options.unusedDays ?? 0) * DAY_MS).toISOString().slice(0, 10);
  const isUnused = ({ publishedAt, lastUsedOn }: Release) => (lastUsedOn ?? publishedAt.slice(0, 10)) <= lastDay;
  const releases = options.unusedDays === undefined ? all : all.filter(isUnused);
  if (releases.length === 0) return 'No releases\n';
  return releases
    .map(
      ({ client, clientVersion, documentCount, publishedAt, retiredAt, lastUsedOn }) =>
        `${client}@${clientVersion}  ${documentsOf(documentCount)}  published ${publishedAt.slice(0, 10)}  ${lastUsedOn === null ? 'not used yet' : `last used ${lastUsedOn}`}${retiredAt === null ? '' : `  retired ${retiredAt.slice(0, 10)}`}\n`,
    )
    .join('');
}

const DAY_MS = 86_400_000;

/** The documents of all releases in use, for checks. @throws OperatorError */
export async function releasedDocuments(options: CallerOptions): Promise<ClientDocument[]> {
  const registry = await Registry.of(options);
  const nodes = await registry.all<{
    readonly name: string;
    readonly operation: string;
    readonly release: Pick<Release, 'client' | 'clientVersion'>;
  }>(DOCUMENTS, 'clientDocuments');
  return nodes.map(({ name, operation, release: { client, clientVersion } }) => ({
    client: `${client}@${clientVersion}`,
    name,
    text: operation,
  }));
}
