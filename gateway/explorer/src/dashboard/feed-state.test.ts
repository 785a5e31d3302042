import type { Withheld } from '../graph/ask';
import { dependencesOf, EMPTY, hasExercise, type Needs, panelState, received } from './feed-state';
import { dependenceWords, withheldWords } from './withheld-words';

const METRICS: Needs = { paths: ['executiveOrder.reviewMetrics'], reads: ['ExecutiveOrder.reviewMetrics'] };
const answer = (parts: object) => ({ milliseconds: 1, bytes: 1, ...parts });
const AWAY = {
  message: 'reviews cannot be reached',
  path: ['executiveOrder', 'reviewMetrics'],
  extensions: { code: 'SUBGRAPH_UNREACHABLE', subgraph: 'reviews' },
};

test('a panel loads until its own part has arrived', () => {
  expect(panelState(EMPTY, METRICS)).toEqual({ kind: 'loading' });
  const part = received(EMPTY, answer({ data: { executiveOrder: { submissionMetrics: {} } } }), undefined);
  expect(panelState(part, METRICS)).toEqual({ kind: 'loading' });
  expect(panelState(part, { paths: ['executiveOrder.submissionMetrics'] })).toEqual({ kind: 'ready' });
});

test('only panels that need an absent subgraph say so', () => {
  const data = { executiveOrder: { reviewMetrics: null, submissionMetrics: { inWindow: 7 } } };
  const feed = received(EMPTY, answer({ data, errors: [AWAY] }), 5);
  expect(panelState(feed, METRICS)).toEqual({ kind: 'away', subgraph: 'reviews' });
  expect(panelState(feed, { paths: ['executiveOrder.submissionMetrics'] })).toEqual({ kind: 'ready' });
});

test('an error of a whole object reaches the fields within it, and one within a list the list', () => {
  const order = { ...AWAY, path: ['executiveOrder'] };
  expect(
    panelState(received(EMPTY, answer({ data: { executiveOrder: null }, errors: [order] }), 5), METRICS).kind,
  ).toBe('away');
  const item = { ...AWAY, path: ['submissions', 'nodes', 3, 'reviews'] };
  expect(
    panelState(received(EMPTY, answer({ data: { submissions: {} }, errors: [item] }), 5), { paths: ['submissions'] })
      .kind,
  ).toBe('away');
});

test('what a role cannot read at all is withheld, what it reads in part is not', () => {
  const entry = {
    coordinate: 'ExecutiveOrder.reviewMetrics',
    kind: 'FIELD',
    class: 'GOV',
    readable: 'NONE',
    grantedTo: ['agency-reviewer'],
  } as const;
  const data = { executiveOrder: { reviewMetrics: null } };
  const feed = received(EMPTY, answer({ data, extensions: { withheld: [entry] } }), 5);
  expect(panelState(feed, METRICS)).toEqual({ kind: 'withheld', entry });
  expect(withheldWords(entry, 'Developer')).toBe(
    'Your role, Developer, cannot read figures about reviews (internal to the government). These roles can: agency reviewer.',
  );
  const some = received(
    EMPTY,
    answer({ data, extensions: { withheld: [{ ...entry, readable: 'SOME' as const }] } }),
    5,
  );
  expect(panelState(some, METRICS)).toEqual({ kind: 'ready' });
});

test('figures say so where they count what a role may read, or are of an earlier time than what others see', () => {
  const rule = { coordinate: 'Query.reviews', kind: 'ROWS', class: 'GOV', readable: 'SOME' } as const;
  const needs: Needs = { paths: ['reviews'], reads: ['Query.reviews'] };
  const feedWith = (...withheld: Withheld[]) =>
    received(EMPTY, answer({ data: { reviews: {} }, extensions: { withheld } }), 5);
  expect(dependencesOf(feedWith(rule), needs)).toEqual(['rows']);
  expect(dependencesOf(feedWith({ ...rule, coordinate: 'Query.submissions' }), needs)).toEqual([]);
  expect(dependencesOf(feedWith({ ...rule, kind: 'SMALL_COUNTS' }), needs)).toEqual([]);
  const small = { ...rule, kind: 'SMALL_COUNTS', coordinate: 'ReviewMetrics.answeredBeforeLaunch' } as const;
  expect(dependencesOf(feedWith(small), METRICS)).toEqual(['time']);
  expect(dependencesOf(feedWith({ ...small, coordinate: 'SubmissionMetrics.filed' }), METRICS)).toEqual([]);
  expect(dependenceWords('rows', 'Reviewer (NSA)')).toBe(
    'Counts only what your role, Reviewer (NSA), may read. Other roles may see other figures.',
  );
});

test('a refused request keeps the figures and says why they are not newer', () => {
  const before = received(EMPTY, answer({ data: { executiveOrder: { reviewMetrics: { openReviews: 3 } } } }), 5);
  const refusal = { message: 'of your budget nothing remains', extensions: { code: 'BUDGET_EXHAUSTED' } };
  const after = received(before, answer({ errors: [refusal] }), 9);
  expect(after).toEqual({ ...before, failure: refusal.message });
  expect(panelState(after, METRICS)).toEqual({ kind: 'ready' });
  expect(panelState(received(EMPTY, answer({ errors: [refusal] }), 9), METRICS)).toEqual({
    kind: 'failed',
    message: refusal.message,
  });
});

test('exercise data are found wherever they are', () => {
  expect(hasExercise({ submissions: { nodes: [{ exercise: false }, { exercise: true }] } })).toBe(true);
  expect(hasExercise({ submissions: { nodes: [{ exercise: false }] }, exercise: 'true' })).toBe(false);
});
