import { InputError, NotFoundError, RequestError, requireRevision } from '#base/errors';
import {
  expectedRevisionInput,
  idInput,
  listInput,
  longTextInput,
  objectInput,
  optional,
  textInput,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { IllegalTransitionError } from '#kit/state/state-machine';
import { documentIdOf, MAX_OPERATION_BYTES, operationNameOf } from '../question/operation';
import { ClientDocument, documentKey } from './client-document';
import { ClientRelease } from './client-release';

/** Maximum documents of one release. */
export const MAX_DOCUMENTS = 500;
/** Maximum bytes of the documents of all releases in use: gateways hold them in memory. */
export const MAX_BYTES_IN_USE = 16 * 1024 * 1024;

const returns = ['release', () => ClientRelease] as const;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

const publishClientRelease = mutation({
  name: 'publishClientRelease',
  description:
    'Publishes a version of a client: every caller may send its documents, also where only trusted documents are allowed, and checks of schema changes protect them until it is retired.',
  by: ['OPERATOR'],
  input: {
    client: textInput('Name of the client: letters, digits, and . _ -', { max: 60, pattern: NAME }),
    version: textInput('Version, unique for the client: letters, digits, and . _ -', { max: 60, pattern: NAME }),
    note: optional(longTextInput('What is new in it.')),
    documents: listInput(
      objectInput('ClientDocumentInput', 'Document of a client.', {
        operation: longTextInput(`A GraphQL document of at most ${MAX_OPERATION_BYTES} bytes, with one operation.`, {
          max: MAX_OPERATION_BYTES,
        }),
      }),
      'All documents that this version sends.',
      { max: MAX_DOCUMENTS },
    ),
  },
  returns,
  async run(work, { client, version, note, documents }) {
    const { database, now, principal } = work;
    if (documents.length === 0) throw new InputError('"documents" is empty', ['input', 'documents']);
    const [known] = await database.query(
      `SELECT id FROM ${database.table(ClientRelease)} WHERE client = ? AND client_version = ?`,
      [client, version],
    );
    if (known)
      throw new RequestError('ALREADY_EXISTS', `${client}@${version} was published before: publish another version`, [
        ...['input', 'version'],
      ]);
    const id = work.newId('clr');
    const texts = new Set<string>();
    const rows = documents.map(({ operation }, index) => {
      const path = ['input', 'documents', index, 'operation'];
      const name = operationNameOf(operation, path);
      if (texts.has(operation)) throw new InputError(`"${name}" is in the list twice`, path);
      texts.add(operation);
      return Object.assign(new ClientDocument(), {
        ...{ id: documentKey(id, index + 1), releaseId: id, name, operation, documentId: documentIdOf(operation) },
        ...{ exercise: false },
      });
    });
    const bytes = [...texts].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    await requireRoom(work, bytes);
    await database.insert(ClientRelease, [
      Object.assign(new ClientRelease(), {
        ...{ id, client, clientVersion: version, note, documentCount: rows.length, bytes, publishedAt: now },
        ...{ publishedBy: principal.subject, retiredAt: null, lastUsedOn: null, revision: 1, exercise: false },
      }),
    ]);
    await database.insert(ClientDocument, rows);
    return id;
  },
});

/** @throws RequestError if the documents in use would fill the memory of gateways */
async function requireRoom({ database }: Work, bytes: number): Promise<void> {
  const [sum] = await database.query<{ bytes: number | string | null }>(
    `SELECT SUM(bytes) AS bytes FROM ${database.table(ClientRelease)} WHERE retired_at IS NULL`,
  );
  if (Number(sum!.bytes ?? 0) + bytes > MAX_BYTES_IN_USE)
    throw new RequestError(
      'PRECONDITION_FAILED',
      `The documents of all releases in use would have more than ${MAX_BYTES_IN_USE} bytes: retire releases that no client uses`,
      [],
      { limit: MAX_BYTES_IN_USE },
    );
}

const retireClientRelease = mutation({
  name: 'retireClientRelease',
  description:
    'Retires a version of a client: its documents are no longer trusted by it, and checks no longer protect them.',
  by: ['OPERATOR'],
  input: { id: idInput('Id of the release.'), expectedRevision: expectedRevisionInput() },
  returns,
  async run({ database, now }, { id, expectedRevision }) {
    const [release] = await database.lockAll(ClientRelease, [id]);
    if (!release) throw new NotFoundError('client release', id, 'id');
    requireRevision('client release', release, expectedRevision);
    if (release.retiredAt !== null)
      throw new IllegalTransitionError('client release', 'RETIRED', 'retireClientRelease', ['IN_USE']);
    await database.upsert(ClientRelease, [Object.assign(release, { retiredAt: now, revision: release.revision + 1 })]);
    return id;
  },
});

export const clientReleaseMutations = [publishClientRelease, retireClientRelease];
