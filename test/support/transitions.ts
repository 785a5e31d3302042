import { StateMachine, type Transition } from '#kit/state/state-machine';
import type { Framework } from './framework';

export type AnyMachine = StateMachine<string>;

/** Mutations whose invalid transitions are tried: puts an object into states, and calls those that lead out of other states. */
export interface Subject {
  readonly machine: AnyMachine;
  readonly subgraph: string;
  readonly table: string;
  readonly column: string;
  /** Table of the timeline. */
  readonly timeline: string;
  /** Id of an object to put into states. */
  readonly id: string;
  /** Field of inputs, and column, of the id; `id` by default. */
  readonly key?: { readonly input: string; readonly column: string };
  /** For each trigger of a caller: the caller, the mutation, and its other inputs. */
  readonly calls: Record<string, [who: string, mutation?: string, input?: Record<string, unknown>]>;
  /** Whether the object has a revision; true by default. */
  readonly versioned?: boolean;
  /** Triggers that no call on this object causes. */
  readonly without?: readonly string[];
  /** Whether the object in this state does not exist for the caller. */
  readonly isUnseen?: (state: string, caller: string) => boolean;
}

/** Tests of the tables alone. Call it at the top of a test file. @param actors all actors of the program */
export function testTables(machines: readonly AnyMachine[], actors: readonly string[]): void {
  describe.each(machines.map((machine) => [machine.name, machine] as const))(
    'the table of the %s',
    (_name, machine) => {
      const triggers = [...new Set(machine.transitions.map(({ trigger }) => trigger))];

      test('names only existing states in the table', () => {
        for (const row of machine.transitions)
          for (const state of [...StateMachine.origins(row), row.to])
            if (state !== null) expect(machine.states).toContain(state);
      });

      test('leads from each state by each trigger to at most one state per actor', () => {
        for (const trigger of triggers)
          for (const state of [null, ...machine.states])
            for (const actor of actors) {
              const rows = machine.transitions.filter(
                (row) => row.trigger === trigger && StateMachine.origins(row).includes(state) && row.by.includes(actor),
              );
              expect(rows.length).toBeLessThanOrEqual(1);
              const unguarded: AnyMachine = new StateMachine(
                machine.name,
                machine.states,
                machine.transitions.map((row) => ({ ...row, guards: [] }) as Transition<string>),
              );
              const next = () => unguarded.next(state, trigger, actor, {});
              if (rows[0]) expect(next()).toBe(rows[0].to);
              else expect(next).toThrow(/is allowed only from|is allowed only for/);
            }
      });
    },
  );
}

/** Calls each mutation of a subject in each state that does not allow it, and expects that it changes nothing. */
export async function expectInvalidRefused(graph: Framework, subject: Subject): Promise<void> {
  const { machine, subgraph, table, column, timeline, id, calls, versioned = true, without = [], isUnseen } = subject;
  const { key = { input: 'id', column: 'id' } } = subject;
  const { name } = machine;
  const row = async () => (await graph.sql(subgraph, `SELECT * FROM ${table} WHERE ${key.column} = ?`, [id]))[0];
  const events = async () => Number((await graph.sql(subgraph, `SELECT COUNT(*) AS n FROM ${timeline}`))[0].n);
  const triggers = [
    ...new Set(machine.transitions.filter(({ by }) => by.join() !== 'SYSTEM').map((transition) => transition.trigger)),
  ]
    // an object is created from no state
    .filter((trigger) =>
      machine.transitions.some((transition) => transition.trigger === trigger && transition.from !== null),
    )
    .filter((trigger) => !without.includes(trigger));
  let tried = 0;
  for (const state of machine.states) {
    await graph.force(subgraph, `UPDATE ${table} SET ${column} = ? WHERE ${key.column} = ?`, [state, id]);
    for (const trigger of triggers) {
      const rows = machine.transitions.filter((transition) => transition.trigger === trigger);
      if (rows.some((transition) => StateMachine.origins(transition).includes(state))) continue;
      const call = calls[trigger];
      if (!call) throw new Error(`No call is defined for ${trigger} of the ${name}`);
      const [caller, mutation = trigger, input = {}] = call;
      const before = [await row(), await events()];
      const expectedRevision =
        versioned && !('expectedRevision' in input) ? { expectedRevision: before[0].version } : {};
      const { code, extensions } = await graph.refused(caller, mutation, {
        [key.input]: id,
        ...expectedRevision,
        ...input,
      });
      if (isUnseen?.(state, caller)) expect([state, trigger, code]).toEqual([state, trigger, 'NOT_FOUND']);
      else {
        expect([state, trigger, code]).toEqual([state, trigger, 'ILLEGAL_TRANSITION']);
        expect(extensions).toMatchObject({ machine: name, from: state });
        expect(extensions.possibleFrom).toEqual(rows.flatMap((transition) => StateMachine.origins(transition)));
      }
      expect([await row(), await events()]).toEqual(before);
      tried += 1;
    }
  }
  expect(tried).toBeGreaterThan(0);
}

/** Calls each mutation of a subject for another agency, and expects the statements and the answer that a missing object gets. */
export async function expectHiddenAsMissing(
  graph: Framework,
  { subgraph, calls, id, key, machine }: Subject,
): Promise<void> {
  const { database } = graph.subgraph(subgraph);
  for (const [trigger, [caller, mutation = trigger, input = {}]] of Object.entries(calls)) {
    const stranger = caller.replace(/agency=\w+/, 'agency=doe');
    const answerFor = async (named: string) => {
      const { result, statements } = await database.counting(() =>
        graph.refused(stranger, mutation, { expectedRevision: 1, ...input, [key?.input ?? 'id']: named }),
      );
      return [machine.name, mutation, result.code, ...statements];
    };
    const missing = await answerFor(`${id.slice(0, -4)}0000`);
    expect(await answerFor(id)).toEqual(missing);
  }
}
