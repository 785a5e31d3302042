import { InputError, UnknownReferenceError } from '#base/errors';
import { stableId } from '#kit/ids';
import { documentInput, intInput, listInput, objectInput, optional, sha256Input, textInput } from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { dayOf } from '../schema/state';
import { OperationUse } from './operation-use';
import { UsedOperation } from './used-operation';

/** Maximum bytes of an operation, which is one column. */
const MAX_OPERATION_BYTES = 32_000;
/** Maximum operations that are kept, of callers with a token, and of the public, who can make up any number. */
const MAX_KNOWN = 20_000;
const MAX_PUBLIC = 2_000;
/** Name of all clients whose callers have no token. */
const PUBLIC = 'public';
const NAME = /^[\w./@+-]+( [\w./@+-]+)*$/;

const recordUsage = mutation({
  name: 'recordUsage',
  description: 'Adds to the counts of what clients sent today. Gateways call it.',
  by: ['OPERATOR'],
  input: {
    replica: textInput('Replica of the gateway.', { max: 100, pattern: /^[\w.-]+$/ }),
    uses: listInput(
      objectInput('OperationUseInput', 'Requests of a client for an operation.', {
        digest: sha256Input('SHA-256 of the operation.'),
        name: textInput('Name of the operation.', { max: 120 }),
        operation: optional(
          documentInput(`The operation without values. Needed once.`, { maxBytes: MAX_OPERATION_BYTES }),
        ),
        client: textInput('Name of the client.', { max: 60, pattern: NAME }),
        version: textInput('Version of the client.', { max: 60, pattern: NAME }),
        requests: intInput('Number of requests.', { min: 1 }),
      }),
      'What was sent since the last report.',
      { max: 500 },
    ),
  },
  returns: ['operation', () => UsedOperation],
  async run(work, { replica, uses }) {
    const { database, now } = work;
    const day = dayOf(now);
    if (uses.length === 0) throw new InputError('"uses" is empty', ['input', 'uses']);
    const digests = [...new Set(uses.map(({ digest }) => digest))];
    const operations = new Map(
      (await database.findBy(UsedOperation, 'digest', digests)).map((operation) => [operation.digest, operation]),
    );
    const room = await roomFor(work);
    const changed = new Map<string, UsedOperation>();
    const rows = new Map<string, OperationUse>();
    for (const [index, { digest, name, operation, client, version, requests }] of uses.entries()) {
      const known = client !== PUBLIC;
      let used = operations.get(digest);
      if (!used) {
        if (operation === null)
          throw new UnknownReferenceError('operation', digest, ['input', 'uses', index, 'digest']);
        if (room[known ? 'known' : 'public'] <= 0) continue;
        room[known ? 'known' : 'public'] -= 1;
        used = Object.assign(new UsedOperation(), {
          ...{ id: stableId('uop', digest), digest, name, operation, known, firstUsedOn: day, lastUsedOn: day },
          exercise: false,
        });
        operations.set(digest, used);
        changed.set(used.id, used);
      }
      if (used.lastUsedOn < day || (known && !used.known))
        changed.set(used.id, Object.assign(used, { lastUsedOn: day, known: known || used.known }));
      const id = stableId('opu', day, client, version, digest, replica);
      const before = rows.get(id)?.requests ?? 0;
      rows.set(
        id,
        Object.assign(new OperationUse(), {
          ...{ id, operationId: used.id, day, client, clientVersion: version, replica },
          ...{ requests: before + requests, exercise: false },
        }),
      );
    }
    // ids are derived from the digest, so that two replicas that report a new operation write the same row
    await database.upsert(UsedOperation, [...changed.values()]);
    // each replica has rows of its own, and reports one after another
    for (const row of await database.lockAll(OperationUse, [...rows.keys()]))
      rows.get(row.id)!.requests += row.requests;
    await database.upsert(OperationUse, [...rows.values()]);
    return operations.get(digests[0]!)?.id ?? '';
  },
});

/** How many further operations are kept. */
async function roomFor({ database }: Work): Promise<{ known: number; public: number }> {
  const rows = await database.query<{ known: number | boolean; n: number | string }>(
    `SELECT known, COUNT(*) AS n FROM ${database.table(UsedOperation)} GROUP BY known`,
  );
  const kept = (known: boolean) => Number(rows.find((row) => Boolean(row.known) === known)?.n ?? 0);
  return { known: MAX_KNOWN - kept(true), public: MAX_PUBLIC - kept(false) };
}

export const usageMutations = [recordUsage];
