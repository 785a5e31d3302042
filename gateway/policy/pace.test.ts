import { Pace } from './pace';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/**
 * Sends requests of a caller, each with a cost that is known once it starts.
 * @returns how many started and how many were rejected
 */
function requests(pace: Pace, key: string, count: number, cost: number) {
  const outcome = { begun: 0, refused: 0 };
  for (let i = 0; i < count; i++)
    pace.enter(key, (priced) => {
      if (!priced) {
        outcome.refused += 1;
        return;
      }
      outcome.begun += 1;
      pace.add(cost, key);
      priced();
    });
  return outcome;
}

test('starts a request at once, and the next when its cost is worked off', () => {
  const pace = new Pace(25);
  const running = requests(pace, 'a', 5, 2_500);
  expect(running.begun).toBe(1);
  jest.advanceTimersByTime(90);
  expect(running.begun).toBe(1);
  jest.advanceTimersByTime(20);
  expect(running.begun).toBe(2);
  jest.advanceTimersByTime(1_000);
  expect(running).toEqual({ begun: 5, refused: 0 });
});

test('bounds the cost of started requests, however many arrive at once', () => {
  const pace = new Pace(25);
  const running = requests(pace, 'a', 150, 1_000);
  jest.advanceTimersByTime(2_000);
  // 40 ms each
  expect(running.begun).toBeGreaterThanOrEqual(40);
  expect(running.begun).toBeLessThanOrEqual(51);
});

test('does not delay one caller for another', () => {
  const pace = new Pace(25);
  requests(pace, 'a', 100, 25_000);
  expect(requests(pace, 'b', 1, 1).begun).toBe(1);
});

test('rejects requests when too many are queued, and those that have waited too long', () => {
  const pace = new Pace(25);
  const running = requests(pace, 'a', 300, 1_000_000);
  expect(running).toEqual({ begun: 1, refused: 99 });
  jest.advanceTimersByTime(10_000);
  // no cost delays the next request by more than a second
  expect(running.begun).toBeGreaterThanOrEqual(5);
  expect(running.begun + running.refused).toBe(300);
  expect(requests(pace, 'a', 1, 1).begun).toBe(1);
});

test('starts at most two requests of a caller whose costs are still unknown', () => {
  const pace = new Pace(25);
  const begun: (() => void)[] = [];
  for (let i = 0; i < 5; i++) pace.enter('a', (priced) => priced && begun.push(priced));
  jest.advanceTimersByTime(1_000);
  expect(begun).toHaveLength(2);
  begun[0]!();
  begun[0]!();
  jest.advanceTimersByTime(100);
  expect(begun).toHaveLength(3);
});

test('does no work while it waits for a price', () => {
  const pace = new Pace(25);
  const refused: boolean[] = [];
  for (let i = 0; i < 3; i++) pace.enter('a', (priced) => refused.push(priced === undefined));
  jest.advanceTimersByTime(100);
  expect(refused).toEqual([false, false]);
  const start = performance.now();
  jest.advanceTimersToNextTimer();
  expect(performance.now() - start).toBeGreaterThan(4_000);
  expect(refused).toEqual([false, false, true]);
  expect(jest.getTimerCount()).toBe(0);
});
