import {
  type Changeable,
  type ChangeableType,
  ChangeSet,
  occurredAtInput,
  type Step,
  type Target,
} from '#domain/change-set';
import type { ModelClass } from '#kit/model/model';
import { expectedRevisionInput, type InputFields, type InputOf, idInput, longTextInput } from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import type { StateMachine } from '#kit/state/state-machine';

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

/** Marks of a list in SQL. */
export const marks = (values: readonly unknown[]): string => values.map(() => '?').join(', ');

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
