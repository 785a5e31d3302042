import { Cancellation } from '#base/cancellation';
import { ResilientTransport } from './resilient';
import { type SubgraphAnswer, type SubgraphRequest, subgraphOperation, type Transport } from './transport';

const ANSWER: SubgraphAnswer = { headers: {}, read: () => ({ data: {} }) };

/** A subgraph that answers when it is asked to. */
function subgraph() {
  const callers: (string | undefined)[] = [];
  const pending: (() => void)[] = [];
  const inner: Transport = {
    shareable: true,
    request: ({ caller }) => {
      callers.push(caller);
      return new Promise((resolve) => pending.push(() => resolve(ANSWER)));
    },
    close: async () => {},
  };
  return { inner, callers, answerOne: () => pending.shift()!() };
}

const request = (caller?: string, cancellation?: Cancellation): SubgraphRequest => ({
  operation: subgraphOperation('query', '{ __typename }'),
  variables: '{}',
  headers: {},
  deadline: Number.POSITIVE_INFINITY,
  caller,
  cancellation,
});

const settled = () => new Promise(setImmediate);

test('calls the subgraph for another caller while one caller has hundreds of requests', async () => {
  const { inner, callers } = subgraph();
  const transport = new ResilientTransport('things', inner, { concurrency: 128, queue: 1_024, retries: 0 });
  const refused: unknown[] = [];
  for (let count = 0; count < 900; count++) transport.request(request('flood')).catch((error) => refused.push(error));
  void transport.request(request('honest'));
  await settled();
  expect(callers.filter((caller) => caller === 'flood')).toHaveLength(8);
  expect(callers.at(-1)).toBe('honest');
  expect(refused).toHaveLength(900 - 8 - 768);
  expect(refused[0]).toMatchObject({ extensions: { code: 'SUBGRAPH_OVERLOADED', retryable: true } });
});

test('gives a free place to the caller with the fewest requests', async () => {
  const { inner, callers, answerOne } = subgraph();
  const transport = new ResilientTransport('things', inner, { concurrency: 2, queue: 10, retries: 0 });
  for (const caller of ['a', 'a', 'a', 'a', 'b']) void transport.request(request(caller));
  await settled();
  expect(callers).toEqual(['a', 'a']);
  answerOne();
  await settled();
  expect(callers).toEqual(['a', 'a', 'b']);
});

test('frees the place in the queue of a request whose client disconnects', async () => {
  const { inner, callers, answerOne } = subgraph();
  const transport = new ResilientTransport('things', inner, { concurrency: 1, queue: 1, retries: 0 });
  void transport.request(request('a'));
  const gone = new Cancellation();
  const canceled = transport.request(request('a', gone));
  gone.cancel();
  await expect(canceled).rejects.toMatchObject({ extensions: { code: 'REQUEST_CANCELLED' } });
  const next = transport.request(request('b'));
  answerOne();
  await settled();
  expect(callers).toEqual(['a', 'b']);
  answerOne();
  expect(await next).toBe(ANSWER);
});
