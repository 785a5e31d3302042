import { createHash } from 'node:crypto';
import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql';
import { instant } from '#base/clock';
import { RequestError } from '#base/errors';
import { type Principal, personKey } from '#base/identity/principal';
import { keyDigest } from '../audit/settle';
import type { Database } from '../database/database';
import { DatabaseError, isCommitUnknown } from '../database/database-error';
import { IdempotencyKey } from '../events/tables';
import { type ModelClass, modelOf } from '../model/model';
import { ForbiddenError } from '../state/state-machine';
import type { Context } from '../subgraph/context';
import { type Actors, actorsOf } from './actors';
import { type InputFields, type InputOf, inputType, readFields, textInput } from './input';
import { Work } from './work';

/** A mutation as data: name, callers, input, payload, and effect. */
export interface MutationSpec<Fields extends InputFields = InputFields> {
  readonly name: string;
  readonly description: string;
  /** Actors that may call it. `run` checks which objects the caller may change. */
  readonly by: readonly string[];
  readonly input: Fields;
  /** Field of the payload, and type of the object in it. */
  readonly returns: readonly [field: string, type: () => ModelClass];
  /** Makes the change in one transaction and returns the key of the object. Must be safe to rerun. */
  readonly run: (work: Work, input: InputOf<Fields>) => Promise<string>;
}

export function mutation<Fields extends InputFields>(spec: MutationSpec<Fields>): MutationSpec {
  return spec as unknown as MutationSpec;
}

const idempotencyKey = textInput(
  'Key of your choice, new for each change. Repeating a request with the same key and input changes nothing and returns the same object.',
  { max: 100, pattern: /^[\x21-\x7e]+$/ },
);

/** Outcome of a mutation. */
interface Done {
  readonly key: string;
  readonly replayed: boolean;
}

/** Creates a resolver class for the mutations. @param actors as which callers of a role may call them */
export function mutationsOf(specs: readonly MutationSpec[], actors: Actors): ModelClass {
  @Resolver()
  class Mutations {}
  for (const spec of specs) {
    const fields = { ...spec.input, idempotencyKey };
    const title = `${spec.name[0]!.toUpperCase()}${spec.name.slice(1)}`;
    const input = inputType(`${title}Input`, `Input for ${spec.name}.`, fields);
    const payload = payloadType(title, spec);
    const resolve = async (inputArg: Record<string, unknown>, context: Context) => {
      const { key, replayed } = await perform(
        spec,
        authorize(spec, context.principal, actors),
        fields,
        inputArg,
        context,
      );
      // objects read before the change are stale
      context.loaders.forget();
      const [field, type] = spec.returns;
      return Object.assign(new payload(), { [field]: await context.loaders.byKey(type()).load(key), replayed });
    };
    Object.defineProperty(Mutations.prototype, spec.name, { value: resolve, configurable: true, writable: true });
    Arg('input', (() => input) as never, { description: `Input for ${spec.name}.` })(Mutations.prototype, spec.name, 0);
    Ctx()(Mutations.prototype, spec.name, 1);
    Mutation((() => payload) as never, { nullable: true, description: spec.description })(
      Mutations.prototype,
      spec.name,
      Object.getOwnPropertyDescriptor(Mutations.prototype, spec.name)!,
    );
  }
  return Mutations;
}

function payloadType(title: string, { name, returns: [field, type] }: MutationSpec): ModelClass {
  class Payload {}
  Field(type as never, { nullable: true, description: `${modelOf(type()).name} after the change.` })(
    Payload.prototype,
    field,
  );
  Field(() => Boolean, {
    description: 'Whether this request repeated an earlier one with the same idempotency key, and so changed nothing.',
  })(Payload.prototype, 'replayed');
  ObjectType(`${title}Payload`, { description: `Payload of ${name}.` })(Payload);
  return Payload;
}

/** A caller, and the actor as which it calls. */
interface Authorized {
  readonly principal: Principal;
  readonly actor: string;
}

/** Determines the actor as which the caller may call the mutation. @throws RequestError UNAUTHENTICATED or FORBIDDEN */
function authorize({ name, by }: MutationSpec, principal: Principal | null, byRole: Actors): Authorized {
  if (!principal)
    throw new RequestError('UNAUTHENTICATED', `${name} requires authentication: send "authorization: Bearer <token>"`);
  const actors = actorsOf(principal, byRole);
  const actor = by.find((candidate) => actors.includes(candidate));
  if (!actor) throw new ForbiddenError(name, by, actors[0] ?? (principal.roles.join(', ') || 'the public'));
  return { principal, actor };
}

async function perform(
  spec: MutationSpec,
  { principal, actor }: Authorized,
  fields: InputFields,
  inputArg: Record<string, unknown>,
  context: Context,
): Promise<Done> {
  const { idempotencyKey: clientKey, ...input } = readFields(fields, inputArg, ['input']) as InputOf<InputFields>;
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
  let isReplay = false;
  const change = (mayBeCommitted: boolean) => async (database: Database) => {
    const [earlier] = await database.findBy(IdempotencyKey, 'id', [id, former]);
    if (earlier) {
      if (earlier.digest !== digest)
        throw new RequestError(
          'IDEMPOTENCY_KEY_REUSED',
          `The idempotency key "${clientKey}" was already used with a different input: use a new key`,
          ['input', 'idempotencyKey'],
        );
      // a key found on the retry after a lost commit is from this request, unless the first try already found it
      isReplay ||= !mayBeCommitted;
      return { key: earlier.resultKey, replayed: isReplay };
    }
    const work = new Work(database, context.clock, principal, actor);
    const key = await spec.run(work, input);
    await work.flush();
    await database.insert(IdempotencyKey, [{ id, digest, resultKey: key, createdAt: instant(context.clock.now()) }]);
    return { key, replayed: false };
  };
  const done = await committed(context.database, change, () =>
    context.undecided({ ...recorded, id, inputDigest: digest }),
  );
  context.changed();
  await context.record({ kind: 'change', ...recorded, object: done.key, replayed: done.replayed });
  return done;
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
