import { InputError, UnknownReferenceError } from '#base/errors';
import { stableId } from '#kit/ids';
import { documentInput, intInput, listInput, objectInput, optional, sha256Input, textInput } from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { noteUse } from '../client/release-use';
import { dayOf } from '../schema/state';
import { OperationCoordinate } from './operation-coordinate';
import { OperationUse } from './operation-use';
import { forget } from './usage';
import { UsedOperation } from './used-operation';

/** Maximum bytes of an operation, which is one column. */
const MAX_OPERATION_BYTES = 32_000;
/** Maximum operations that are kept, of each party, which could make up any number, and of all. */
const MAX_OPERATIONS = { party: 2_000, all: 50_000 };
/** Maximum counts of one day that are kept of each party. */
const MAX_USES_OF_DAY = 5_000;
/** Maximum coordinates of an operation. */
const MAX_COORDINATES = 300;
/** Party of all callers without a token. */
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
        party: textInput('Party that the callers act for.', { max: 220 }),
        requests: intInput('Number of requests.', { min: 1 }),
        coordinates: listInput(
          textInput('Coordinate, such as `Type.field`.', { max: 250 }),
          'Parts of the schema that the operation uses. Needed once.',
          { max: MAX_COORDINATES },
        ),
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
    const room = await Room.of(work, day);
    const sentAgain = new Set([...operations.values()].map(({ id }) => id));
    const further = uses.filter(({ digest }) => !operations.has(digest));
    for (const [party, sent] of Map.groupBy(further, (use) => use.party))
      await room.make(work, party, { wanted: new Set(sent.map(({ digest }) => digest)).size, known: sentAgain });
    const changed = new Map<string, UsedOperation>();
    const parts: OperationCoordinate[] = [];
    const rows = new Map<string, OperationUse>();
    for (const [index, use] of uses.entries()) {
      const { digest, name, operation, client, version, party, requests } = use;
      const known = party !== PUBLIC;
      let used = operations.get(digest);
      if (!used) {
        if (operation === null)
          throw new UnknownReferenceError('operation', digest, ['input', 'uses', index, 'digest']);
        if (!room.takesOperation(party)) continue;
        used = Object.assign(new UsedOperation(), {
          ...{ id: stableId('uop', digest), digest, name, operation, known, party, firstUsedOn: day, lastUsedOn: day },
          exercise: false,
        });
        operations.set(digest, used);
        changed.set(used.id, used);
        parts.push(...coordinatesOf(used, use.coordinates));
      }
      if (used.lastUsedOn < day) changed.set(used.id, Object.assign(used, { lastUsedOn: day }));
      if (known && !used.known) changed.set(used.id, Object.assign(used, { known, party }));
      const id = stableId('opu', day, party, client, version, digest, replica);
      const before = rows.get(id)?.requests ?? 0;
      rows.set(
        id,
        Object.assign(new OperationUse(), {
          ...{ id, operationId: used.id, day, client, clientVersion: version, party, replica },
          ...{ requests: before + requests, exercise: false },
        }),
      );
    }
    // ids are derived from the digest, so that two replicas that report a new operation write the same row
    await database.upsert(UsedOperation, [...changed.values()]);
    await database.upsert(OperationCoordinate, parts);
    // each replica has rows of its own, and reports one after another
    const stored = new Map((await database.lockAll(OperationUse, [...rows.keys()])).map((row) => [row.id, row]));
    const kept = [...rows.values()].filter(({ id, party }) => stored.has(id) || room.takesUse(party));
    for (const row of kept) row.requests += stored.get(row.id)?.requests ?? 0;
    await database.upsert(OperationUse, kept);
    await noteUse(database, uses, day);
    return operations.get(digests[0]!)?.id ?? '';
  },
});

const coordinatesOf = ({ id: operationId }: UsedOperation, coordinates: readonly string[]): OperationCoordinate[] =>
  [...new Set(coordinates)].map((coordinate) =>
    Object.assign(new OperationCoordinate(), {
      ...{ id: stableId('opc', operationId, coordinate), operationId, coordinate, exercise: false },
    }),
  );

/** How much more is kept. Parties have equal shares: what one of them makes up takes nothing from others. */
class Room {
  private constructor(
    private readonly operations: Map<string, number>,
    private readonly uses: Map<string, number>,
  ) {}

  static async of({ database }: Work, day: string): Promise<Room> {
    const byParty = async (target: new () => object, where = '', parameters: readonly string[] = []) =>
      new Map(
        (
          await database.query<{ party: string; n: number | string }>(
            `SELECT party, COUNT(*) AS n FROM ${database.table(target)} ${where} GROUP BY party`,
            parameters,
          )
        ).map(({ party, n }) => [party, Number(n)]),
      );
    return new Room(await byParty(UsedOperation), await byParty(OperationUse, 'WHERE day = ?', [day]));
  }

  /** Makes room for further operations of a party, if it has none: those that it sent on one day only, before today, are forgotten. @param options `known`: ids of those that are sent again */
  async make(
    { database, now }: Work,
    party: string,
    { wanted, known }: { readonly wanted: number; readonly known: ReadonlySet<string> },
  ): Promise<void> {
    const kept = this.operations.get(party) ?? 0;
    const tooMany = kept + wanted - MAX_OPERATIONS.party;
    if (tooMany <= 0) return;
    const old = await database.query<{ id: string }>(
      `SELECT id FROM ${database.table(UsedOperation)} WHERE party = ? AND first_used_on = last_used_on AND last_used_on < ?
       ORDER BY last_used_on, id LIMIT ${tooMany + known.size}`,
      [party, dayOf(now)],
    );
    const forgotten = old.flatMap(({ id }) => (known.has(id) ? [] : [id])).slice(0, tooMany);
    await forget(database, forgotten);
    this.operations.set(party, kept - forgotten.length);
  }

  /** Takes the room for one more operation of a party, if there is any. */
  takesOperation(party: string): boolean {
    const all = [...this.operations.values()].reduce((sum, n) => sum + n, 0);
    return all < MAX_OPERATIONS.all && takes(this.operations, party, MAX_OPERATIONS.party);
  }

  /** Takes the room for one more count of today. */
  takesUse(party: string): boolean {
    return takes(this.uses, party, MAX_USES_OF_DAY);
  }
}

function takes(counts: Map<string, number>, party: string, max: number): boolean {
  const taken = counts.get(party) ?? 0;
  if (taken >= max) return false;
  counts.set(party, taken + 1);
  return true;
}

export const usageMutations = [recordUsage];
