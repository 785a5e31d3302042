import { recordingLog } from '../../test/support/log';
import { controlMonotonicClock } from '../../test/support/monotonic';
import { Breaker } from './breaker';
import { SubgraphError, type SubgraphErrorCode } from './errors';

const errorOf = (code: SubgraphErrorCode, cause?: Error) =>
  new SubgraphError(code, 'reviews', 'cannot be reached', { retryable: true, cause });
const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:4002'), { code: 'ECONNREFUSED' });
const fails = (code: SubgraphErrorCode) => () => Promise.reject(errorOf(code, refused));
const answers = () => Promise.resolve('answer');

let clock: ReturnType<typeof controlMonotonicClock>;
let breaker: Breaker;
let onOpen: jest.Mock;
let lines: Record<string, unknown>[];

beforeEach(() => {
  clock = controlMonotonicClock();
  onOpen = jest.fn();
  const recorded = recordingLog();
  lines = recorded.lines;
  breaker = new Breaker({ subgraph: 'reviews', log: recorded.log, onOpen });
});
afterEach(() => jest.restoreAllMocks());

const attempt = (call: () => Promise<unknown>) => breaker.execute(call).catch((error: unknown) => error);

async function open(): Promise<void> {
  for (let time = 0; time < 10; time++) await attempt(fails('SUBGRAPH_UNREACHABLE'));
  expect(breaker.isOpen).toBe(true);
}

test('opens after ten failures in a row, and logs and counts each change once', async () => {
  for (let time = 0; time < 9; time++) await attempt(fails('SUBGRAPH_TIMEOUT'));
  await attempt(answers);
  expect(breaker.isOpen).toBe(false);
  await open();
  for (let time = 0; time < 5; time++) await attempt(answers);
  clock.advance(1_000);
  await attempt(answers);
  expect([breaker.isOpen, breaker.changes, onOpen.mock.calls.length]).toEqual([false, 2, 1]);
  expect(lines).toEqual([
    expect.objectContaining({
      level: 40,
      subgraph: 'reviews',
      failures: 10,
      code: 'SUBGRAPH_UNREACHABLE',
      cause: 'connect ECONNREFUSED 10.0.0.7:4002',
    }),
    expect.objectContaining({ level: 30, subgraph: 'reviews', seconds: 1, refusedCalls: 5 }),
  ]);
});

test('counts no failures that the caller may have caused, and closes by none of them', async () => {
  const busy = () =>
    Promise.reject(
      new SubgraphError('SUBGRAPH_UNAVAILABLE', 'reviews', 'is not available (HTTP 503)', {
        retryable: true,
        subgraphErrors: [{ message: 'The reviews database is busy', extensions: { code: 'DATABASE_BUSY' } }],
      }),
    );
  for (let time = 0; time < 20; time++) await attempt(busy);
  expect(breaker.isOpen).toBe(false);
  for (let time = 0; time < 9; time++) await attempt(fails('SUBGRAPH_TIMEOUT'));
  await attempt(busy);
  await attempt(fails('SUBGRAPH_TIMEOUT'));
  expect(breaker.isOpen).toBe(true);
  clock.advance(1_000);
  await attempt(busy);
  expect(breaker.isOpen).toBe(true);
});

test('reports the time until the next probe, which is at most a second', async () => {
  await open();
  const call = jest.fn(answers);
  for (let outage = 0; outage < 20; outage++) {
    expect(await attempt(call)).toMatchObject({
      extensions: { code: 'SUBGRAPH_UNAVAILABLE', retryable: true, retryAfterSeconds: 1 },
    });
    clock.advance(1_000);
    await attempt(fails('SUBGRAPH_UNREACHABLE'));
  }
  expect(call).not.toHaveBeenCalled();
  clock.advance(1_000);
  expect(await attempt(call)).toBe('answer');
});

test('lets one call per second through while open, even if the previous one has not ended', async () => {
  await open();
  const hanging: ((answer: string) => void)[] = [];
  const hangs = jest.fn(() => new Promise<string>((resolve) => hanging.push(resolve)));
  const probes: Promise<unknown>[] = [];
  for (let second = 1; second <= 3; second++) {
    clock.advance(1_000);
    for (let time = 0; time < 10; time++) probes.push(attempt(hangs));
    expect(hangs).toHaveBeenCalledTimes(second);
  }
  hanging[0]!('answer');
  await probes[0];
  expect(breaker.isOpen).toBe(false);
  for (const resolve of hanging) resolve('answer');
  await Promise.all(probes);
  expect(breaker.changes).toBe(2);
});

test.each<SubgraphErrorCode>(['SUBGRAPH_BAD_RESPONSE', 'SUBGRAPH_OVERLOADED'])(
  'closes at %s, since the subgraph is reachable',
  async (code) => {
    await open();
    clock.advance(1_000);
    await attempt(fails(code));
    expect(breaker.isOpen).toBe(false);
  },
);

test('ignores calls of disconnected clients', async () => {
  await open();
  clock.advance(1_000);
  await attempt(fails('REQUEST_CANCELLED'));
  expect(breaker.isOpen).toBe(true);
});

test('does not reopen for calls that began before it closed', async () => {
  const late: (() => void)[] = [];
  const old = Array.from({ length: 30 }, () =>
    attempt(() => new Promise((_, reject) => late.push(() => reject(errorOf('SUBGRAPH_TIMEOUT'))))),
  );
  await open();
  clock.advance(1_000);
  await attempt(answers);
  for (const fail of late) fail();
  await Promise.all(old);
  expect(breaker.isOpen).toBe(false);
});

test('ignores a wall clock that is set back', async () => {
  await open();
  jest.spyOn(Date, 'now').mockReturnValue(0);
  clock.advance(1_000);
  expect(await attempt(answers)).toBe('answer');
});
