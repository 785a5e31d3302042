import type { ModelClass } from '#kit/model/model';
import { bulk } from '#kit/mutation/bulk';
import { expectedRevisionInput, type InputFields, type InputOf, idInput, longTextInput } from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import type { StateMachine } from '#kit/state/state-machine';
import { type Changeable, type ChangeableType, ChangeSet, occurredAtInput, type Step, type Target } from './change-set';

/** Actors other than the system that may cause one of the triggers. */
export function callersOf<State extends string, Facts>(
  machine: StateMachine<State, Facts>,
  ...triggers: readonly string[]
): readonly string[] {
  const rows = machine.transitions.filter(({ trigger }) => triggers.includes(trigger));
  return [...new Set(rows.flatMap(({ by }) => by))].filter((actor) => actor !== 'SYSTEM');
}

/** Input that names an object to change. @param what the object, such as "the hiring request" */
export const targetInput = (what: string) => ({
  id: idInput(`Id of ${what}.`),
  expectedRevision: expectedRevisionInput(),
  occurredAt: occurredAtInput(),
});

export const reasonInput = () => longTextInput('Reason.');

interface VerbSpec<T extends Changeable, State extends string, Facts, Fields extends InputFields> {
  readonly name: string;
  readonly description: string;
  readonly of: ChangeableType<T, State, Facts>;
  readonly returns: readonly [field: string, type: () => ModelClass];
  /** Input that names the object. */
  readonly target: InputFields;
  /** Further fields of the input. */
  readonly input: Fields;
  /** What happens. @throws RequestError for invalid input */
  readonly step: (
    object: T,
    input: InputOf<Fields>,
    work: Work,
  ) => Omit<Step<T, Facts>, 'trigger'> & { readonly trigger?: string };
}

/** A mutation that changes one object and no other. Its trigger is its name. */
export function verb<T extends Changeable, State extends string, Facts, Fields extends InputFields>({
  name,
  description,
  of,
  returns,
  target,
  input,
  step,
}: VerbSpec<T, State, Facts, Fields>) {
  return mutation({
    name,
    description,
    by: callersOf(of.machine, name),
    input: { ...target, ...input },
    returns,
    async run(work, values) {
      const aim = aimOf(of, values);
      const objects = await ChangeSet.open(of, work, [aim.id]);
      objects.move(aim, (object) => ({ trigger: name, ...step(object, values as unknown as InputOf<Fields>, work) }));
      await objects.save();
      return aim.id;
    },
  });
}

/** The object that an input names. */
function aimOf({ input = 'id' }: { readonly input?: string }, values: unknown): Target {
  const { expectedRevision, occurredAt, ...rest } = values as Target & Record<string, string>;
  return { id: rest[input]!, expectedRevision, occurredAt };
}

interface BulkVerbSpec<T extends Changeable, State extends string, Facts, Fields extends InputFields, Known>
  extends Omit<VerbSpec<T, State, Facts, Fields>, 'step'> {
  /** Name of the form for many objects. */
  readonly plural: string;
  /** Locks what comes before the objects in the order of locks. */
  readonly lockBefore?: (work: Work, keys: readonly string[]) => Promise<unknown>;
  /** Reads what steps need beyond the objects, in a bounded number of statements. */
  readonly read?: (work: Work, objects: readonly T[]) => Promise<Known>;
  /** What happens. @throws RequestError for invalid input */
  readonly step: (object: T, input: InputOf<Fields>, work: Work, known: Known) => Omit<Step<T, Facts>, 'trigger'>;
  /** Further changes that follow, after the objects with these keys were written. */
  readonly follow?: (work: Work, keys: readonly string[]) => Promise<unknown>;
}

/** A mutation in two forms, for one object and for many, that changes no other objects. Its trigger is its name. */
export function bulkVerb<T extends Changeable, State extends string, Facts, Fields extends InputFields, Known = void>({
  name,
  plural,
  description,
  of,
  returns,
  target,
  input,
  lockBefore,
  read,
  step,
  follow,
}: BulkVerbSpec<T, State, Facts, Fields, Known>) {
  return bulk({
    name,
    plural,
    description,
    by: callersOf(of.machine, name),
    input: { ...target, ...input } as InputFields,
    returns,
    async open(work, inputs) {
      const aims = inputs.map((values) => aimOf(of, values).id);
      await lockBefore?.(work, aims);
      const objects = await ChangeSet.open(of, work, aims);
      const known = (await read?.(work, objects.all)) as Known;
      const moved: string[] = [];
      return {
        apply(values) {
          const changed = objects.move(aimOf(of, values), (object) => ({
            trigger: name,
            ...step(object, values as unknown as InputOf<Fields>, work, known),
          }));
          moved.push(changed.key);
          return changed;
        },
        async save() {
          await objects.save();
          await follow?.(work, moved);
        },
      };
    },
  });
}
