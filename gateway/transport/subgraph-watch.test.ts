import { recordingLog } from '../../test/support/log';
import { controlMonotonicClock } from '../../test/support/monotonic';
import { SubgraphError, type SubgraphErrorCode } from './errors';
import { SubgraphWatch } from './subgraph-watch';

const cause = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
const errorOf = (code: SubgraphErrorCode) => new SubgraphError(code, 'reviews', 'failed', { retryable: true, cause });

let clock: ReturnType<typeof controlMonotonicClock>;
let watch: SubgraphWatch;
let lines: Record<string, unknown>[];
beforeEach(() => {
  clock = controlMonotonicClock();
  const recorded = recordingLog();
  lines = recorded.lines;
  watch = new SubgraphWatch(recorded.log);
});
afterEach(() => jest.restoreAllMocks());

test('logs an outage of an hour once, then once a minute, then its end', () => {
  for (let second = 0; second < 3_600; second++) {
    watch.failed('reviews', errorOf('SUBGRAPH_UNREACHABLE'), `r${second}`);
    clock.advance(1_000);
  }
  expect(lines[0]).toMatchObject({
    level: 40,
    subgraph: 'reviews',
    code: 'SUBGRAPH_UNREACHABLE',
    cause: 'ECONNREFUSED',
    requestId: 'r0',
    failedCalls: 1,
  });
  expect(lines).toHaveLength(60);
  expect(lines[59]).toMatchObject({ failedCalls: 3_541, seconds: 3_540, msg: 'subgraph calls still fail' });
  watch.succeeded('reviews');
  clock.advance(5_000);
  watch.succeeded('reviews');
  watch.succeeded('reviews');
  expect(lines.slice(60)).toEqual([
    expect.objectContaining({ level: 30, subgraph: 'reviews', failedCalls: 3_600, seconds: 3_600 }),
  ]);
});

test('logs each new code of an outage, and nothing about other subgraphs', () => {
  for (let time = 0; time < 10; time++) {
    watch.failed('reviews', errorOf('SUBGRAPH_TIMEOUT'), undefined);
    watch.failed('reviews', errorOf('SUBGRAPH_UNAVAILABLE'), undefined);
    watch.succeeded('submissions');
  }
  expect(lines.map(({ code }) => code)).toEqual(['SUBGRAPH_TIMEOUT', 'SUBGRAPH_UNAVAILABLE']);
  expect([...watch.failing.keys()]).toEqual(['reviews']);
});

test('does not log repeated recoveries of a subgraph with occasional failures', () => {
  for (let second = 0; second < 59; second++) {
    watch.failed('reviews', errorOf('SUBGRAPH_BAD_RESPONSE'), undefined);
    watch.succeeded('reviews');
    clock.advance(1_000);
  }
  expect(lines).toHaveLength(1);
});

test('ignores disconnected clients', () => {
  watch.failed('reviews', SubgraphError.canceled('reviews'), undefined);
  expect([lines, watch.failing.size]).toEqual([[], 0]);
});
