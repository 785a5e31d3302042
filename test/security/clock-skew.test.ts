import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignedDoor } from '#base/identity/door';
import { newKey, publicKey } from '#base/identity/keys';
import { IDENTITY_HEADER, IdentityError, IdentitySigner } from '#base/identity/signed-identity';
import { HttpTransport } from '../../gateway/transport/http';
import { SubgraphWatch } from '../../gateway/transport/subgraph-watch';
import '../support/roles';
import { recordingLog } from '../support/log';

const principal = (subject: string) => ({
  issuer: 'https://id.example.gov',
  subject,
  roles: ['analyst' as const],
  governmentRoles: ['analyst' as const],
  organization: null,
  agency: null,
  caseNumber: null,
  scopes: [],
});

let signer: IdentitySigner;
let door: SignedDoor;
let lines: Record<string, unknown>[];
let subjects = 0;

beforeEach(async () => {
  const key = await newKey();
  signer = await IdentitySigner.of(key);
  const recorded = recordingLog();
  lines = recorded.lines;
  door = new SignedDoor({ current: { keys: [publicKey(key)] } }, 'reviews', recorded.log);
});
afterEach(() => jest.restoreAllMocks());

/** An identity signed this many seconds ago, by the clock of this process; negative for the future. */
async function signed(secondsAgo: number): Promise<string> {
  subjects += 1;
  const real = Date.now();
  jest.useFakeTimers({ now: real - secondsAgo * 1_000, doNotFake: ['nextTick', 'setImmediate', 'performance'] });
  try {
    return await signer.sign(principal(`s${subjects}`), 'reviews');
  } finally {
    jest.useRealTimers();
  }
}

const enter = async (secondsAgo: number) => door.enter({ [IDENTITY_HEADER]: await signed(secondsAgo) });

test.each([
  ['ahead', -20],
  ['ahead', -58],
  ['behind', 60],
  ['behind', 110],
])('accepts callers while the gateway clock is %s (identity %i s old)', async (_which, age) => {
  expect(await enter(age)).toMatchObject({ roles: ['analyst'] });
});

test('reports a gateway clock that is far ahead to the client and in the log', async () => {
  await expect(enter(-90)).rejects.toMatchObject({
    flaw: 'early',
    message: expect.stringMatching(/^The gateway's clock is about (89|90) s ahead of this subgraph's; at most 60 s/),
    extensions: { code: 'IDENTITY_CLOCK_SKEW' },
  });
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: 40,
      subgraph: 'reviews',
      skewSeconds: expect.any(Number),
      msg: expect.stringMatching(/^the gateway's clock is about (89|90) s ahead of this subgraph's/),
    }),
  );
  expect(lines).toContainEqual(expect.objectContaining({ flaw: 'early', ageSeconds: expect.any(Number) }));
  expect(door.clockSkew.seconds).toBeCloseTo(-90, -1);
});

test('logs the request id of a caller without identity only if it is well formed', async () => {
  for (const id of ['trace-1', 'x'.repeat(10_000), 'a\u2028b'])
    await expect(async () => door.enter({ 'x-request-id': id })).rejects.toMatchObject({ flaw: 'unsigned' });
  expect(lines.map(({ requestId }) => requestId)).toEqual(['trace-1', undefined, undefined]);
});

test('reports a gateway clock that is far behind to the client and in the log', async () => {
  await expect(enter(260)).rejects.toMatchObject({
    flaw: 'stale',
    message: expect.stringMatching(/^The gateway's clock differs from this subgraph's, .* signed 26\d s ago/),
    extensions: { code: 'IDENTITY_CLOCK_SKEW' },
  });
  expect(lines).toContainEqual(
    expect.objectContaining({
      msg: expect.stringMatching(/^the gateway's clock is about 26\d s behind this subgraph's/),
    }),
  );
});

test('warns once about clock skew within the tolerance, and logs its end', async () => {
  for (let time = 0; time < 30; time++) await enter(-20);
  for (let time = 0; time < 30; time++) await enter(0);
  expect(lines.map(({ level, skewSeconds }) => [level, skewSeconds])).toEqual([
    [40, expect.any(Number)],
    [30, expect.any(Number)],
  ]);
});

test('reports clock skew after several old identities, not after one', async () => {
  await enter(45);
  await enter(2);
  expect([door.clockSkew.seconds, lines]).toEqual([0, []]);
  for (let time = 0; time < 16; time++) await enter(45 + (time % 4));
  expect(door.clockSkew.seconds).toBeGreaterThanOrEqual(45);
  expect(lines).toHaveLength(1);
});

test('does not measure clock skew by unsigned identities', async () => {
  const stranger = await IdentitySigner.of(await newKey());
  await expect(door.enter({ [IDENTITY_HEADER]: await stranger.sign(null, 'reviews') })).rejects.toThrow(IdentityError);
  expect(door.clockSkew.seconds).toBe(0);
});

describe('a gateway whose identity a subgraph refuses', () => {
  let subgraph: Server;
  let refusal: IdentityError | { toJSON(): object };
  beforeEach(async () => {
    subgraph = createServer((request, response) => {
      request.resume();
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ errors: [refusal.toJSON()] }));
    }).listen(0, '127.0.0.1');
    await once(subgraph, 'listening');
  });
  afterEach(() => subgraph.close());

  async function fetchOnce(): Promise<unknown> {
    const url = `http://127.0.0.1:${(subgraph.address() as AddressInfo).port}/graphql`;
    const transport = new HttpTransport('reviews', url, { maxResponseBytes: 10_000, connections: 1 });
    const deadline = performance.now() + 5_000;
    const operation = { kind: 'query', text: '{a}', json: '"{a}"' } as const;
    try {
      return await transport.request({ operation, variables: '{}', headers: {}, deadline });
    } catch (error) {
      return error;
    } finally {
      await transport.close();
    }
  }

  test('passes on why a subgraph rejected its identity, and logs it as its own failure', async () => {
    refusal = new IdentityError('early', -90);
    const error = await fetchOnce();
    const { log, lines: logged } = recordingLog();
    new SubgraphWatch(log).failed('reviews', error, 'r1');
    expect(logged).toEqual([
      expect.objectContaining({
        subgraph: 'reviews',
        code: 'IDENTITY_CLOCK_SKEW',
        requestId: 'r1',
        cause: expect.stringContaining("The gateway's clock is about 90 s ahead"),
      }),
    ]);
    expect((error as { subgraphErrors: object[] }).subgraphErrors).toEqual([
      expect.objectContaining({ message: expect.stringContaining('about 90 s ahead') }),
    ]);
  });

  test('leaves the errors of third-party subgraphs with HTTP 401 unchanged', async () => {
    refusal = { toJSON: () => ({ message: 'no', extensions: { code: 'UNAUTHENTICATED' } }) };
    const answer = (await fetchOnce()) as { read(): object };
    expect(answer.read()).toMatchObject({ errors: [{ message: 'no' }] });
  });
});
