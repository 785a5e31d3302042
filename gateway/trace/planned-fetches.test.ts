import type { CompiledNode } from '../execution/compile/compile';
import { plannedFetches } from './planned-fetches';

const fetch = (subgraph: string) => ({ kind: 'Fetch', subgraph }) as CompiledNode;
const sequence = (...nodes: CompiledNode[]): CompiledNode => ({ kind: 'Sequence', nodes });
const parallel = (...nodes: CompiledNode[]): CompiledNode => ({ kind: 'Parallel', nodes });

/** Each fetch with those that it waits for; deferred ones in parentheses. */
const written = (root: CompiledNode | undefined, deferred: readonly CompiledNode[] = []) =>
  plannedFetches(root, new Set(deferred)).map(({ fetch: { subgraph }, after, isDeferred }) => {
    const text = `${subgraph} after ${after.map((previous) => previous.subgraph).join(' ')}`.trimEnd();
    return isDeferred ? `(${text})` : text;
  });

const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map(fetch) as [
  CompiledNode,
  CompiledNode,
  CompiledNode,
  CompiledNode,
  CompiledNode,
];

test('waits for the last fetches of the step before', () => {
  expect(written(undefined)).toEqual([]);
  expect(written(parallel(a, b))).toEqual(['a after', 'b after']);
  expect(written(sequence(a, parallel(sequence(b, c), d), e))).toEqual([
    'a after',
    'b after a',
    'c after b',
    'd after a',
    'e after c d',
  ]);
});

test('waits for deferred fetches only in deferred steps', () => {
  expect(written(sequence(a, b, c), [b])).toEqual(['a after', '(b after a)', 'c after a']);
  expect(written(sequence(a, b, c), [b, c])).toEqual(['a after', '(b after a)', '(c after a b)']);
  expect(written(sequence(a, parallel(b, c), d, e), [b, e])).toEqual([
    'a after',
    '(b after a)',
    'c after a',
    'd after c',
    '(e after d b)',
  ]);
  const behind = sequence(b, parallel(c, d));
  expect(written(sequence(a, behind), [behind])).toEqual(['a after', '(b after a)', '(c after b)', '(d after b)']);
});
