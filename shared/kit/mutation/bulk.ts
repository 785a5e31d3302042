import { Field, ID, Int, ObjectType } from 'type-graphql';
import { InputError, RequestError } from '#base/errors';
import { enumeration, type ValueOf } from '../model/enumeration';
import { type ModelClass, modelOf } from '../model/model';
import {
  booleanInput,
  enumInput,
  type InputField,
  type InputFields,
  type InputOf,
  type InputPath,
  objectInput,
  optional,
} from './input';
import type { MutationSpec } from './mutation';
import type { Work } from './work';

/** Maximum items of a bulk mutation. */
export const MAX_ITEMS = 1_000;

/** An object that a mutation added or changed in memory. */
export interface Changed {
  readonly key: string;
  readonly isNew: boolean;
}

/** Objects that the inputs of one call name, locked, and changed in memory until they are saved. */
export interface Changes<Fields extends InputFields> {
  /** Applies one input in memory. @throws RequestError, and then must not have changed anything */
  readonly apply: (input: InputOf<Fields>) => Changed;
  /** Writes everything that was applied, in a number of statements that depends on the number of inputs by batches only. */
  readonly save: () => Promise<void>;
}

/** A mutation with a form for one object and a form for many. */
export interface BulkSpec<Fields extends InputFields = InputFields> {
  /** Name of the form for one object, such as `fundPosition`. */
  readonly name: string;
  /** Name of the form for up to {@link MAX_ITEMS} objects, such as `fundPositions`. */
  readonly plural: string;
  readonly description: string;
  /** Actors that may call it. */
  readonly by: readonly string[];
  /** Tags by which contracts select it, besides those that follow from `by` and `returns`. */
  readonly tags?: readonly string[];
  /** Fields of the input for one object. */
  readonly input: Fields;
  /** Field of the payload, and type of the object in it. */
  readonly returns: readonly [field: string, type: () => ModelClass];
  /**
   * Reads and locks everything that the inputs name, in a bounded number of statements. Must not write, since dry runs call it. May run
   * again after a conflict.
   */
  readonly open: (work: Work, inputs: readonly InputOf<Fields>[]) => Promise<Changes<Fields>>;
}

/** The form of a mutation for many objects. */
export interface BulkMutation extends Omit<BulkSpec, 'plural' | 'input'> {
  readonly input: InputFields;
  /** Name of the form for one object. */
  readonly singular: string;
}

export type AnyMutation = MutationSpec | BulkMutation;

export const isBulk = (spec: AnyMutation): spec is BulkMutation => 'singular' in spec;

export const BulkMode = enumeration('BulkMode', 'Effect of a refused item on the other items of a bulk mutation.', {
  ALL_OR_NOTHING: 'If any item is refused, nothing is changed.',
  EACH: 'Refused items are left out; all others are changed.',
});
export type BulkMode = ValueOf<typeof BulkMode>;

export const ItemStatus = enumeration('ItemStatus', 'Outcome of one item of a bulk mutation.', {
  ADDED: 'The object was added; in a dry run, it would be.',
  CHANGED: 'The object was changed; in a dry run, it would be.',
  REFUSED: 'The item was refused; its error says why.',
  UNCHANGED: 'The item is valid, but another one was refused, so nothing was changed (mode ALL_OR_NOTHING).',
});
export type ItemStatus = ValueOf<typeof ItemStatus>;

/** Why an item was refused. */
export interface ItemError {
  readonly code: string;
  readonly message: string;
  readonly inputPath: InputPath;
}

/** Outcome of one item, as stored for replays. */
export interface ItemOutcome {
  readonly status: ItemStatus;
  /** Key of the object that was added or changed; in a dry run, only of one that exists. */
  readonly key: string | null;
  readonly error: ItemError | null;
}

/** An item of the input, validated. */
type ReadItem = { readonly input: InputOf<InputFields> } | { readonly error: ItemError };

/** Error of an item, whose paths begin as those of a call for one object: at "input". */
function itemError(error: unknown, index: number): ItemError {
  if (!(error instanceof RequestError) || error.extensions.code === 'CONFLICT') throw error;
  const [, ...path] = error.inputPath;
  const { code } = error.extensions as { code: string };
  return { code, message: error.message, inputPath: ['input', 'items', index, ...path] };
}

/** Items of a bulk mutation. Each is read separately, so that an invalid one refuses only itself. */
function itemsInput(of: InputField<InputOf<InputFields>>, description: string): InputField<readonly ReadItem[]> {
  return {
    description,
    graphql: () => [of.graphql()],
    nullable: false,
    read(value, path) {
      const items = value as readonly unknown[];
      const text = `"${path.at(-1)}" has ${items.length} entries`;
      if (items.length === 0) throw new InputError(`${text}: send at least one`, path);
      if (items.length > MAX_ITEMS) throw new InputError(`${text}; the maximum is ${MAX_ITEMS}`, path);
      return items.map((item, index) => {
        try {
          return { input: of.read(item, ['input']) };
        } catch (error) {
          return { error: itemError(error, index) };
        }
      });
    },
  };
}

/** Names of the input types of items, by which they have a cost. */
const itemInputs = new Set<string>();
/** Whether an input type is that of an item of a bulk mutation. */
export const isItemInput = (name: string): boolean => itemInputs.has(name);

/**
 * Declares a mutation for one object and for many by one description. List both forms among the mutations of the subgraph:
 * `[...createPosition, updatePosition]`.
 */
export function bulk<Fields extends InputFields>(spec: BulkSpec<Fields>): readonly [MutationSpec, BulkMutation] {
  const { name, plural, input, open, ...shared } = spec as unknown as BulkSpec;
  const title = capitalized(name);
  const itemType = `${title}Item`;
  itemInputs.add(itemType);
  const item = objectInput(itemType, `Item of ${plural}. Input for one object.`, input);
  return [
    {
      ...shared,
      name,
      input,
      async run(work, values) {
        const changes = await open(work, [values]);
        const { key } = changes.apply(values);
        await changes.save();
        return key;
      },
    },
    {
      ...shared,
      name: plural,
      singular: name,
      description: `${shared.description} For up to ${MAX_ITEMS} objects in one change.`,
      input: {
        items: itemsInput(item, `Inputs of ${name}: 1 to ${MAX_ITEMS.toLocaleString('en-US')}, applied in order.`),
        mode: optional(enumInput(() => BulkMode, 'Effect of a refused item. Defaults to ALL_OR_NOTHING.')),
        dryRun: optional(
          booleanInput('Whether to only report what would change. A dry run changes nothing and uses up no key.'),
        ),
      },
      open,
    },
  ];
}

export const capitalized = (name: string): string => `${name[0]!.toUpperCase()}${name.slice(1)}`;

interface BulkInput {
  readonly items: readonly ReadItem[];
  readonly mode: BulkMode | null;
  readonly dryRun: boolean | null;
}

/** Result of a bulk mutation before its transaction ends. */
export interface BulkOutcome {
  readonly items: readonly ItemOutcome[];
  /** Whether objects were written. */
  readonly isSaved: boolean;
}

/** Applies all items, and saves them unless it is a dry run, or nothing remains to save. */
export async function runBulk(spec: BulkMutation, work: Work, input: InputOf<InputFields>): Promise<BulkOutcome> {
  const { items, mode, dryRun } = input as unknown as BulkInput;
  const changes = await spec.open(
    work,
    items.flatMap((item) => ('input' in item ? [item.input] : [])),
  );
  const outcomes = items.map((item, index): ItemOutcome => {
    if ('error' in item) return refused(item.error);
    try {
      const { key, isNew } = changes.apply(item.input);
      return { status: isNew ? 'ADDED' : 'CHANGED', key: dryRun && isNew ? null : key, error: null };
    } catch (error) {
      return refused(itemError(error, index));
    }
  });
  const refusals = outcomes.filter(({ status }) => status === 'REFUSED').length;
  if (refusals > 0 && mode !== 'EACH') return { items: outcomes.map(unchanged), isSaved: false };
  const isSaved = !dryRun && refusals < outcomes.length;
  if (isSaved) await changes.save();
  return { items: outcomes, isSaved };
}

const refused = (error: ItemError): ItemOutcome => ({ status: 'REFUSED', key: null, error });
const unchanged = (item: ItemOutcome): ItemOutcome =>
  item.status === 'REFUSED' ? item : { status: 'UNCHANGED', key: null, error: null };

/** Suffix of the types of a bulk mutation's results, whose lists have a size. */
export const RESULT = 'Result';

interface PayloadTypes {
  readonly payload: ModelClass;
  readonly result: ModelClass;
}

/** Declares the payload of a bulk mutation, and the type of its results. */
export function bulkPayload({ name, returns: [field, type] }: BulkMutation): PayloadTypes {
  const title = capitalized(name);
  const { name: typeName } = modelOf(type());

  class Result {}
  const ofResult = (property: string, of: () => unknown, description: string, nullable = true) =>
    Field(of as never, { nullable, description })(Result.prototype, property);
  ofResult('index', () => Int, 'Index of the item in the input, from 0.', false);
  ofResult('status', () => ItemStatus, 'Outcome of the item.', false);
  ofResult('key', () => ID, `Key of the ${typeName}. Null if the item changes nothing, or would only add it.`);
  ofResult(field, type, `${typeName} after the change. Null if the item changed nothing.`);
  ofResult('code', () => String, 'Error code of a refused item, such as "ILLEGAL_TRANSITION". Null for others.');
  ofResult('message', () => String, 'Why the item was refused, and what to do. Null for other items.');
  ofResult('inputPath', () => String, 'Path of the invalid value, such as "input.items.7.title". Null without one.');
  ObjectType(`${title}${RESULT}`, { description: `Result of one item of ${name}.` })(Result);

  class Payload {}
  const ofPayload = (property: string, of: () => unknown, description: string) =>
    Field(of as never, { description })(Payload.prototype, property);
  ofPayload('results', () => [Result], 'Result of each item, in the order of the input.');
  ofPayload('added', () => Int, 'Number of objects that were added; in a dry run, that would be.');
  ofPayload('changed', () => Int, 'Number of objects that were changed; in a dry run, that would be.');
  ofPayload('refused', () => Int, 'Number of items that were refused.');
  ofPayload('dryRun', () => Boolean, 'Whether this was a dry run, which changes nothing.');
  ofPayload('replayed', () => Boolean, REPLAYED);
  ObjectType(`${title}Payload`, { description: `Payload of ${name}.` })(Payload);
  return { payload: Payload, result: Result };
}

export const REPLAYED =
  'Whether this request repeated an earlier one with the same idempotency key, and so changed nothing.';

/** Values of a payload, without the objects. */
export function bulkAnswer(items: readonly ItemOutcome[], dryRun: boolean, replayed: boolean) {
  const count = (wanted: ItemStatus) => items.filter(({ status }) => status === wanted).length;
  return { added: count('ADDED'), changed: count('CHANGED'), refused: count('REFUSED'), dryRun, replayed };
}

/** Values of a result, without its object. */
export function resultOf({ status, key, error }: ItemOutcome, index: number) {
  const { code = null, message = null, inputPath = [] } = error ?? {};
  return { index, status, key, code, message, inputPath: inputPath.length > 0 ? inputPath.join('.') : null };
}
