import { createHash } from 'node:crypto';
import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql';
import { instant } from '#base/clock';
import { RequestError } from '#base/errors';
import { actorsOf, type Principal, personKey } from '#base/identity/principal';
import { keyDigest } from '../audit/settle';
import type { Database } from '../database/database';
import { DatabaseError, isCommitUnknown } from '../database/database-error';
import { IdempotencyKey } from '../events/tables';
import { type ModelClass, modelOf } from '../model/model';
import { ForbiddenError } from '../state/state-machine';
import type { Context } from '../subgraph/context';
import { type InputFields, type InputOf, inputType, readFields, textInput } from './input';
import { Work } from './work';

/** A mutation as data: what it is called, who may call it, what it takes and gives, and what it does. */
export interface MutationSpec<Fields extends InputFields = InputFields> {
  readonly name: string;
  readonly description: string;
  /** In which capacities it is done; which objects are the caller's own is looked up by `run`. */
  readonly by: readonly string[];
  readonly input: Fields;
  /** The field of the payload, and the type of the object it holds. */
  readonly returns: readonly [field: string, type: () => ModelClass];
  /** Does it, in one transaction, and returns the key of the object. May be run again from the start. */
  readonly run: (work: Work, input: InputOf<Fields>) => Promise<string>;
}

export function mutation<Fields extends InputFields>(spec: MutationSpec<Fields>): MutationSpec {
  return spec as unknown as MutationSpec;
}

const idempotencyKey = textInput(
  'A key of your choice, new for each change: sent again with the same input it changes nothing and gives the same object.',
  { max: 100, pattern: /^[\x21-\x7e]+$/ },
);

/** What a mutation did. */
interface Done {
  readonly key: string;
  readonly replayed: boolean;
}

/** A resolver class with these mutations. */
export function mutationsOf(specs: readonly MutationSpec[]): ModelClass {
  @Resolver()
  class Mutations {}
  for (const spec of specs) {
    const fields = { ...spec.input, idempotencyKey };
    const title = `${spec.name[0]!.toUpperCase()}${spec.name.slice(1)}`;
    const input = inputType(`${title}Input`, `What ${spec.name} takes.`, fields);
    const payload = payloadType(title, spec);
    const resolve = async (given: Record<string, unknown>, context: Context) => {
      const { key, replayed } = await perform(spec, fields, given, context);
      // what was read before the change is no longer true
      context.loaders.forget();
      const [field, type] = spec.returns;
      return Object.assign(new payload(), { [field]: await context.loaders.byKey(type()).load(key), replayed });
    };
    Object.defineProperty(Mutations.prototype, spec.name, { value: resolve, configurable: true, writable: true });
    Arg('input', (() => input) as never, { description: 'What to do.' })(Mutations.prototype, spec.name, 0);
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
  Field(type as never, { nullable: true, description: `The ${modelOf(type()).name} as it is now.` })(
    Payload.prototype,
    field,
  );
  Field(() => Boolean, {
    description: 'Whether the same idempotency key had been used before, and nothing was changed this time.',
  })(Payload.prototype, 'replayed');
  ObjectType(`${title}Payload`, { description: `What ${name} gives.` })(Payload);
  return Payload;
}

/** Who calls, in a capacity that may. @throws RequestError UNAUTHENTICATED or FORBIDDEN */
function authorize({ name, by }: MutationSpec, principal: Principal | null): { principal: Principal; actor: string } {
  if (!principal)
    throw new RequestError(
      'UNAUTHENTICATED',
      `${name} changes something, so say who you are: send "authorization: Bearer <token>"`,
    );
  const actors = actorsOf(principal);
  const actor = by.find((candidate) => actors.includes(candidate));
  if (!actor) throw new ForbiddenError(name, by, actors[0] ?? (principal.roles.join(', ') || 'the public'));
  return { principal, actor };
}

async function perform(
  spec: MutationSpec,
  fields: InputFields,
  given: Record<string, unknown>,
  context: Context,
): Promise<Done> {
  const { principal, actor } = authorize(spec, context.principal);
  const { idempotencyKey: clientKey, ...input } = readFields(fields, given, ['input']) as InputOf<InputFields>;
  const party = principal.organization ?? principal.agency ?? 'intake';
  const id = `${personKey(principal, party)}/${clientKey}`;
  // a key of the release before was one of the whole party
  const former = `${party}/${clientKey}`;
  const digest = createHash('sha256')
    .update(JSON.stringify([spec.name, actor, input]))
    .digest('hex');
  const recorded = { mutation: spec.name, key: keyDigest(id) };
  // refused unless there is space for the line of the change, too
  await context.record({ kind: 'attempt', ...recorded, inputDigest: digest });
  let isReplay = false;
  const change = (mayBeCommitted: boolean) => async (database: Database) => {
    const [earlier] = await database.findBy(IdempotencyKey, 'id', [id, former]);
    if (earlier) {
      if (earlier.digest !== digest)
        throw new RequestError(
          'IDEMPOTENCY_KEY_REUSED',
          `The idempotency key "${clientKey}" was used before, with another input; take a new one`,
          ['input', 'idempotencyKey'],
        );
      // what a lost commit left is this request's own, unless it was there before
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
 * Makes a change. When the connection is lost during the commit, tries once more: the idempotency key shows whether it was made.
 * @param undecided called before that.
 * @throws DatabaseError DATABASE_COMMIT_UNKNOWN when the database cannot be asked.
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
