import type { Customer } from '../../subgraphs/registry/schema/schema-composer';
import { SchemaTurns } from './schema-turns';

const of = (party: string, isOperator = false): Customer => ({ party, isOperator, cancellation: undefined });

/** Turns under a clock, and the parties that got one, in order. */
function turnsOf(size: number) {
  const clock = { ms: 0 };
  const turns = new SchemaTurns(size, () => clock.ms);
  const granted: string[] = [];
  const ask = async (customer: Customer): Promise<() => void> => {
    const leave = await turns.wait(customer);
    granted.push(customer.party);
    return leave;
  };
  return { clock, granted, ask };
}

/** Lets all that can have a turn get it. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('leaves a thread to others when parties whose works take long ask again and again', async () => {
  const { clock, granted, ask } = turnsOf(2);
  const first = await Promise.all([ask(of('a')), ask(of('b'))]);
  clock.ms += 30_000;
  for (const leave of first) leave();
  const again = [ask(of('a')), ask(of('b')), ask(of('a')), ask(of('b'))];
  await settle();
  expect(granted).toEqual(['a', 'b', 'a']);
  const other = await ask(of('c'));
  other();
  const operator = await ask(of('operator', true));
  operator();
  expect(granted).toEqual(['a', 'b', 'a', 'c', 'operator']);
  // those that take long wait for each other, in turn
  for (const asked of again.slice(0, 2)) (await asked)();
  expect(granted.slice(5)).toEqual(['b']);
});

test('gives a party both threads again once its long works are past', async () => {
  const { clock, granted, ask } = turnsOf(2);
  for (const party of ['a', 'b']) {
    const leave = await ask(of(party));
    clock.ms += 30_000;
    leave();
  }
  clock.ms += 300_001;
  const leave = await Promise.all([ask(of('a')), ask(of('b'))]);
  for (const giveBack of leave) giveBack();
  expect(granted).toEqual(['a', 'b', 'a', 'b']);
});
