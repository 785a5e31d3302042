import { createHash } from 'node:crypto';
import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql';
import type { Cancellation } from '#base/cancellation';
import { instant } from '#base/clock';
import { RequestError } from '#base/errors';
import { type Principal, personKey } from '#base/identity/principal';
import { changesOf } from '../audit/entry';
import { BULK_RESULT, keyDigest } from '../audit/settle';
import type { Database } from '../database/database';
import { DatabaseError, isCommitUnknown } from '../database/database-error';
import { BulkItem, IdempotencyKey } from '../events/tables';
import { type ModelClass, modelOf } from '../model/model';
import { ForbiddenError } from '../state/state-machine';
import type { Context } from '../subgraph/context';
import type { Services } from '../subgraph/services';
import { type Actors, actorsOf } from './actors';
import {
  type AnyMutation,
  type BulkMutation,
  bulkAnswer,
  bulkPayload,
  capitalized,
  type ItemOutcome,
  type ItemStatus,
  isBulk,
  REPLAYED,
  resultOf,
  runBulk,
} from './bulk';
import { inTurn } from './bulk-turns';
import { type InputFields, type InputOf, inputType, readFields, textInput } from './input';
import { Work } from './work';

/** What a mutation can use before its transaction. */
export interface Preparation {
  /** Reads what is committed, outside of the transaction. */
  readonly database: Database;
  readonly principal: Principal;
  readonly actor: string;
  /** Instant of the request. */
  readonly now: string;
  readonly services: Services;
  /** Cancels the work when the caller disconnects. */
  readonly cancellation: Cancellation | undefined;
}

/** A mutation as data: name, callers, input, payload, and effect. */
export interface MutationSpec<Fields extends InputFields = InputFields, Prepared = unknown> {
  readonly name: string;
  readonly description: string;
  /** Actors that may call it. `run` checks which objects the caller may change. */
  readonly by: readonly string[];
  /** Tags by which contracts select it, besides those that follow from `by` and `returns`. */
  readonly tags?: readonly string[];
  readonly input: Fields;
  /** Field of the payload, and type of the object in it. */
  readonly returns: readonly [field: string, type: () => ModelClass];
  /**
   * Work that would keep the transaction open for too long. `run` gets its result, and checks that what it was based on still holds.
   */
  readonly prepare?: (before: Preparation, input: InputOf<Fields>) => Promise<Prepared>;
  /** Makes the change in one transaction and returns the key of the object. Must be safe to rerun. */
  readonly run: (work: Work, input: InputOf<Fields>, prepared: Prepared) => Promise<string>;
}

export function mutation<Fields extends InputFields, Prepared = undefined>(
  spec: MutationSpec<Fields, Prepared>,
): MutationSpec {
  return spec as unknown as MutationSpec;
}

const idempotencyKey = textInput(
  'Key of your choice, new for each change. Repeating a request with the same key and input changes nothing and returns the same object.',
  { max: 100, pattern: /^[\x21-\x7e]+$/ },
);

/** What a mutation changed, as stored with its idempotency key. */
interface Outcome {
  /** Keys of the objects that were written. */
  readonly objects: readonly string[];
  /** Outcomes of the items of a bulk mutation. */
  readonly items?: readonly ItemOutcome[];
  /** Whether anything was written. Otherwise the idempotency key stays unused. */
  readonly isSaved: boolean;
}

/** Outcome of a request. */
interface Done extends Outcome {
  readonly replayed: boolean;
}

/** How the form for one object, or for many, works and answers. */
interface Form {
  readonly payload: ModelClass;
  readonly prepare?: MutationSpec['prepare'];
  readonly run: (work: Work, input: InputOf<InputFields>, prepared: unknown) => Promise<Outcome>;
  readonly answer: (done: Done, input: Record<string, unknown>, context: Context) => Promise<object>;
}

/** Creates a resolver class for the mutations. @param actors as which callers of a role may call them */
export function mutationsOf(specs: readonly AnyMutation[], actors: Actors): ModelClass {
  @Resolver()
  class Mutations {}
  for (const spec of specs) {
    const fields = { ...spec.input, idempotencyKey };
    const input = inputType(`${capitalized(spec.name)}Input`, `Input for ${spec.name}.`, fields);
    const form = isBulk(spec) ? formOfMany(spec) : formOfOne(spec);
    const resolve = async (inputArg: Record<string, unknown>, context: Context) => {
      const authorized = authorize(spec, context.principal, actors);
      const act = async () => {
        const done = await perform(spec, form, authorized, fields, inputArg, context);
        // objects read before the change are stale
        context.loaders.forget();
        return form.answer(done, inputArg, context);
      };
      return isBulk(spec) ? inTurn(personKey(authorized.principal), context.cancellation, act) : act();
    };
    Object.defineProperty(Mutations.prototype, spec.name, { value: resolve, configurable: true, writable: true });
    Arg('input', (() => input) as never, { description: `Input for ${spec.name}.` })(Mutations.prototype, spec.name, 0);
    Ctx()(Mutations.prototype, spec.name, 1);
    Mutation((() => form.payload) as never, { nullable: true, description: spec.description })(
      Mutations.prototype,
      spec.name,
      Object.getOwnPropertyDescriptor(Mutations.prototype, spec.name)!,
    );
  }
  return Mutations;
}

function formOfOne(spec: MutationSpec): Form {
  const [field, type] = spec.returns;
  const payload = payloadType(spec);
  return {
    payload,
    prepare: spec.prepare,
    run: async (work, input, prepared) => ({ objects: [await spec.run(work, input, prepared)], isSaved: true }),
    answer: async ({ objects: [key], replayed }, _input, { loaders }) =>
      Object.assign(new payload(), { [field]: await loaders.byKey(type()).load(key!), replayed }),
  };
}

function formOfMany(spec: BulkMutation): Form {
  const [field, type] = spec.returns;
  const { payload, result } = bulkPayload(spec);
  return {
    payload,
    async run(work, input) {
      const { items, isSaved } = await runBulk(spec, work, input);
      return { objects: isSaved ? items.flatMap(({ key }) => key ?? []) : [], items, isSaved };
    },
    async answer({ items = [], isSaved, replayed }, { dryRun }, { loaders }) {
      const objectOf = async ({ key }: ItemOutcome) =>
        isSaved && key !== null ? loaders.byKey(type()).load(key) : null;
      const results = items.map(async (item, index) =>
        Object.assign(new result(), { ...resultOf(item, index), [field]: await objectOf(item) }),
      );
      return Object.assign(new payload(), {
        ...bulkAnswer(items, dryRun === true, replayed),
        results: await Promise.all(results),
      });
    },
  };
}

function payloadType({ name, returns: [field, type] }: MutationSpec): ModelClass {
  class Payload {}
  Field(type as never, { nullable: true, description: `${modelOf(type()).name} after the change.` })(
    Payload.prototype,
    field,
  );
  Field(() => Boolean, { description: REPLAYED })(Payload.prototype, 'replayed');
  ObjectType(`${capitalized(name)}Payload`, { description: `Payload of ${name}.` })(Payload);
  return Payload;
}

/** A caller, and the actor as which it calls. */
interface Authorized {
  readonly principal: Principal;
  readonly actor: string;
}

/** Determines the actor as which the caller may call the mutation. @throws RequestError UNAUTHENTICATED or FORBIDDEN */
function authorize({ name, by }: AnyMutation, principal: Principal | null, byRole: Actors): Authorized {
  if (!principal)
    throw new RequestError('UNAUTHENTICATED', `${name} requires authentication: send "authorization: Bearer <token>"`);
  const actors = actorsOf(principal, byRole);
  const actor = by.find((candidate) => actors.includes(candidate));
  if (!actor) throw new ForbiddenError(name, by, actors[0] ?? (principal.roles.join(', ') || 'the public'));
  return { principal, actor };
}

async function perform(
  spec: AnyMutation,
  form: Form,
  { principal, actor }: Authorized,
  fields: InputFields,
  inputArg: Record<string, unknown>,
  context: Context,
): Promise<Done> {
  const { idempotencyKey: clientKey, ...input } = readFields(fields, inputArg, ['input']) as InputOf<InputFields>;
  const isDryRun = isBulk(spec) && input.dryRun === true;
  const party = principal.organization ?? principal.agency ?? 'intake';
  const id = `${personKey(principal, party)}/${clientKey}`;
  // the previous release scoped keys to the whole party instead of a person
  const former = `${party}/${clientKey}`;
  const digest = createHash('sha256')
    .update(JSON.stringify([spec.name, actor, input]))
    .digest('hex');
  const recorded = { mutation: spec.name, key: keyDigest(id) };
  // fails unless the record has space for the line of the change, too
  await context.record({ kind: 'attempt', ...recorded, inputDigest: digest });
  const { database, clock, services, cancellation } = context;
  const before: Preparation = { database, principal, actor, now: instant(clock.now()), services, cancellation };
  // a repetition needs no preparation: its result is stored
  const isRepeated = form.prepare && (await database.findBy(IdempotencyKey, 'id', [id, former])).length > 0;
  const prepared = isRepeated ? undefined : await form.prepare?.(before, input);
  let isReplay = false;
  const change = (mayBeCommitted: boolean) => async (database: Database) => {
    const [earlier] = isDryRun ? [] : await database.findBy(IdempotencyKey, 'id', [id, former]);
    if (earlier) {
      if (earlier.digest !== digest)
        throw new RequestError(
          'IDEMPOTENCY_KEY_REUSED',
          `The idempotency key "${clientKey}" was already used with a different input: use a new key`,
          ['input', 'idempotencyKey'],
        );
      // a key found on the retry after a lost commit is from this request, unless the first try already found it
      isReplay ||= !mayBeCommitted;
      return { ...(await storedOutcome(database, earlier)), replayed: isReplay };
    }
    const work = new Work(database, context.clock, principal, actor);
    const outcome = await form.run(work, input, prepared);
    if (outcome.isSaved) {
      await work.flush();
      await store(database, { id, digest, createdAt: instant(context.clock.now()) }, outcome);
    }
    return { ...outcome, replayed: false };
  };
  const done = await committed(context.database, change, () =>
    context.undecided({ ...recorded, id, inputDigest: digest }),
  );
  if (!done.isSaved) return done;
  context.changed();
  await context.record(...changesOf({ ...recorded, replayed: done.replayed }, done.objects));
  return done;
}

/** Stores an outcome for replays. */
async function store(
  database: Database,
  key: Omit<IdempotencyKey, 'resultKey'>,
  { objects, items }: Outcome,
): Promise<void> {
  await database.insert(IdempotencyKey, [{ ...key, resultKey: items ? BULK_RESULT : objects[0]! }]);
  const { id: callId, createdAt } = key;
  if (!items) return;
  await database.insert(
    BulkItem,
    items.map(({ status, key: objectKey, error }, place) => ({
      ...{ callId, place, status, objectKey, createdAt },
      error: error && JSON.stringify(error),
    })),
  );
}

async function storedOutcome(database: Database, { id, resultKey }: IdempotencyKey): Promise<Outcome> {
  if (resultKey !== BULK_RESULT) return { objects: [resultKey], isSaved: true };
  const rows = await database.findBy(BulkItem, 'callId', [id]);
  const items = rows
    .sort((a, b) => a.place - b.place)
    .map(({ status, objectKey, error }) => ({
      status: status as ItemStatus,
      key: objectKey,
      error: error === null ? null : (JSON.parse(error) as ItemOutcome['error']),
    }));
  return { objects: items.flatMap(({ key }) => key ?? []), items, isSaved: true };
}

/**
 * Makes a change, and retries once if the connection is lost during the commit: the idempotency key shows whether it was committed.
 * @param undecided called before the retry
 * @throws DatabaseError DATABASE_COMMIT_UNKNOWN if the retry cannot reach the database
 */
async function committed(
  database: Database,
  change: (mayBeCommitted: boolean) => (database: Database) => Promise<Done>,
  undecided: () => void,
): Promise<Done> {
  try {
    return await database.atomically(change(false));
  } catch (unknown) {
    if (!isCommitUnknown(unknown)) throw unknown;
    undecided();
    try {
      return await database.atomically(change(true));
    } catch (error) {
      throw error instanceof DatabaseError ? unknown : error;
    }
  }
}
