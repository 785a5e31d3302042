import type { Principal } from '#base/identity/principal';
import { Budgets, type Payer } from './budgets';

const budgets = () =>
  new Budgets({
    isEnforced: () => true,
    maxPerOperation: new Map([['public', 1_000]]),
    perMinute: new Map([['public', 1_000_000]]),
  });
const known = (key: string): Payer => ({ key, principal: { roles: [] } as unknown as Principal });
const immediate = () => new Promise(setImmediate);

test('begins four requests of a caller with a token until they are priced, and those of others at once', async () => {
  const shared = budgets();
  const begun: string[] = [];
  const priced: (() => void)[] = [];
  const enter = (key: string) =>
    shared.enter(known(key), (pay, error) => {
      begun.push(error ? error.message : key);
      if (pay) priced.push(pay);
    });
  for (let count = 0; count < 1_005; count++) enter('flood');
  expect(begun).toEqual([...Array(4).fill('flood'), 'Too many queued requests from you: send fewer at once']);
  enter('honest');
  expect(begun.at(-1)).toBe('honest');
  priced[0]!();
  priced[0]!();
  expect(begun).toHaveLength(6);
  await immediate();
  expect(begun.slice(6)).toEqual(['flood']);
});
