import type { FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { newKey } from '#base/identity/keys';
import { signingKeyOf } from '#base/identity/signed-identity';
import { MAX_RECEIVED_BYTES } from '#base/redis';
import { BusUnavailableError } from '#kit/events/bus';
import { RedisBus } from '#kit/events/redis-bus';
import { EVENT_READERS, PROGRAMS } from '../../gateway/cli/programs';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { PlanSeal } from '../../gateway/planning/cache/plan-seal';
import { RedisPlans } from '../../gateway/planning/cache/redis-plans';
import type { QueryPlan } from '../../gateway/planning/plan';
import { createGateway } from '../../gateway/server';
import { createLog } from '../../gateway/telemetry/log';
import { recordingLog } from '../support/log';
import { OddRedis } from '../support/odd-redis';
import { kill, type Running } from '../support/processes';
import { describeOnRedis, newEventKeys, PrivateRedis } from '../support/redis';
import { until } from '../support/until';

const SUPERGRAPH = compose([{ name: 's', sdl: 'type Query { a: String }', url: 'http://s.invalid' }]);
const planOf = (size: number): QueryPlan => ({
  root: {
    kind: 'Fetch',
    subgraph: 's',
    operation: `{a} #${'x'.repeat(size)}`,
    operationKind: 'query',
    variables: [],
    outputRewrites: [],
  },
});

/** A gateway over one subgraph that always answers the same. */
async function gatewayWith(flags: Record<string, string>, log: Logger): Promise<FastifyInstance> {
  const key = signingKeyOf(await newKey());
  return createGateway({
    supergraph: SUPERGRAPH,
    config: readConfig({ logLevel: 'silent', auth: 'off', ...flags }, {}),
    log,
    transport: () => ({
      shareable: false,
      request: async () => ({ headers: {}, read: () => ({ data: { a: 'a' } }) }),
      async close() {},
    }),
    forwardHeaders: [],
    gatewayKey: () => key,
  });
}

/** Counts commands of requests that wait for their timeout. */
function countTimeouts(): () => number {
  let count = 0;
  const { sendCommand } = Redis.prototype;
  jest.spyOn(Redis.prototype, 'sendCommand').mockImplementation(function (this: Redis, command, stream) {
    const reply = sendCommand.call(this, command, stream) as Promise<unknown>;
    // a client that reconnects first introduces itself and requests the state of the server
    if (command.name !== 'info' && command.name !== 'client')
      reply.catch((error: Error) => {
        if (error.message === 'Command timed out') count += 1;
      });
    return reply;
  });
  return () => count;
}

afterEach(() => jest.restoreAllMocks());

describeOnRedis('the Redis of plans and limits', () => {
  let redis: PrivateRedis;
  let client: Redis;
  beforeEach(async () => {
    redis = await PrivateRedis.start();
    client = new Redis(redis.url).on('error', () => {});
  });
  afterEach(async () => {
    await redis.stop();
    client.disconnect();
  });

  const server = (): Running => (redis as unknown as { server: Running }).server;

  test('bounds plans by number, bytes, and time, under the configured prefix', async () => {
    const limits = { entries: 50, bytes: 30_000 };
    const log = createLog('silent', 'test');
    const key = signingKeyOf(await newKey());
    const seal = new PlanSeal(() => key);
    const gateways = [1, 2].map(() => new RedisPlans({ url: redis.url, prefix: 'here', limits, log, seal }));
    const [first, second] = gateways.map((gateway) => gateway.of('sdl', 'native', ['s'])) as [
      ReturnType<RedisPlans['of']>,
      ReturnType<RedisPlans['of']>,
    ];
    const plans = async () => (await client.keys('here:plans:4:*')).length;
    try {
      await until(
        async () => {
          await first.put('{ a } # first', planOf(10));
          await second.put('{ a } # first', planOf(10));
          return (await plans()) === 1;
        },
        () => 'plans are stored',
      );
      for (let i = 0; i < 200; i++) await (i % 2 ? first : second).put(`{ a } # small ${i}`, planOf(10));
      expect(await plans()).toBeLessThanOrEqual(50);
      expect(await second.get('{ a } # small 199')).toEqual(planOf(10));
      expect(await first.get('{ a } # first')).toBeUndefined();
      for (let i = 0; i < 50; i++) await first.put(`{ a } # large ${i}`, planOf(5_000));
      expect(await plans()).toBeLessThanOrEqual(5);
      expect(await second.get('{ a } # large 49')).toEqual(planOf(5_000));
      // only plans, their index, and their total size
      expect((await client.keys('*')).filter((key) => !/^here:plans:(4:.*|index|bytes)$/.test(key))).toEqual([]);
      for (const key of await client.keys('*')) expect(await client.ttl(key)).toBeGreaterThan(0);
      const sizes = (await client.zrange('here:plans:index', 0, -1)).map((member) => Number.parseInt(member, 10));
      expect(Number(await client.get('here:plans:bytes'))).toBe(sizes.reduce((sum, size) => sum + size, 0));
    } finally {
      for (const gateway of gateways) gateway.close();
    }
  });

  test('delays a few requests briefly, then none, while Redis hangs', async () => {
    const { log, lines } = recordingLog();
    const flags = {
      plansUrl: redis.url,
      limitsUrl: redis.url,
      redisPrefix: 'mine',
      rateLimit: '100000',
      costs: 'enforce',
    };
    const gateway = await gatewayWith(flags, log);
    let number = 0;
    const ask = async () => {
      number += 1;
      const response = await gateway.inject({
        method: 'POST',
        url: '/graphql',
        payload: { query: `{ n${number}: a }` },
      });
      return response.statusCode;
    };
    try {
      await until(
        async () => {
          expect(await ask()).toBe(200);
          return (await client.keys('mine:limits:*')).length === 2 && (await client.keys('mine:plans:4:*')).length > 0;
        },
        () => 'counts and plans are in Redis',
      );
      expect((await client.keys('*')).filter((key) => !key.startsWith('mine:'))).toEqual([]);
      server().child.kill('SIGSTOP');
      // every request is answered; the connections are abandoned within about a second, and nothing waits after that
      // a busy machine may lose Redis for a moment more often than this test takes it away
      const last = (what: string) =>
        String(lines.findLast(({ msg }) => String(msg).startsWith(`Redis for ${what} is`))?.msg);
      await until(
        async () => {
          expect(await ask()).toBe(200);
          return [last('limits'), last('shared plans')].every((line) => line.includes('unavailable'));
        },
        () => 'the gateway stops waiting for Redis',
      );
      const timedOut = countTimeouts();
      for (let time = 0; time < 100; time++) expect(await ask()).toBe(200);
      // three commands of a request are rejected at once instead of waiting
      expect(timedOut()).toBe(0);
      expect([last('limits'), last('shared plans')]).toEqual([
        'Redis for limits is unavailable; each gateway counts requests and costs for itself',
        'Redis for shared plans is unavailable; each gateway plans for itself',
      ]);
      server().child.kill('SIGCONT');
      await until(
        () => [last('limits'), last('shared plans')].every((line) => line.endsWith('is available again')),
        () => 'Redis is used again',
      );
      server().child.kill('SIGSTOP');
    } finally {
      // although it hangs
      await gateway.close();
      await kill(server());
    }
  });
});

describe('a Redis of plans and limits with invalid replies', () => {
  let redis: OddRedis;
  let gateway: FastifyInstance;
  beforeEach(async () => {
    redis = await OddRedis.start();
    const flags = { plansUrl: redis.url, limitsUrl: redis.url, rateLimit: '50', costs: 'enforce' };
    gateway = await gatewayWith(flags, createLog('silent', 'test'));
  });
  afterEach(async () => {
    await gateway.close();
    redis.stop();
  });

  let number = 0;
  const ask = () => {
    number += 1;
    return gateway.inject({ method: 'POST', url: '/graphql', payload: { query: `{ n${number}: a }` } });
  };
  /** Waits until commands arrive, so that the test covers the replies to them. */
  const isAsked = () =>
    until(
      async () => {
        const before = redis.answered;
        await ask();
        return redis.answered > before;
      },
      () => 'the gateway calls Redis',
    );

  test.each([
    ['nothing', '$-1\r\n'],
    ['a text', '$3\r\nabc\r\n'],
    ['OK', '+OK\r\n'],
    ['a number', ':42\r\n'],
    ['a number beyond 64 bits', ':99999999999999999999\r\n'],
    ['an error', '-ERR no\r\n'],
    ['an empty list', '*0\r\n'],
    ['a list within a list', '*1\r\n*1\r\n:1\r\n'],
    ['a list of texts', '*2\r\n$1\r\nx\r\n$1\r\ny\r\n'],
    ['a count beyond the range of numbers', '*2\r\n:9007199254740993\r\n:60000\r\n'],
    ['a count below zero', '*2\r\n:-1000\r\n:60000\r\n'],
    ['a window of a year', '*2\r\n:1\r\n:31536000000\r\n'],
    ['a window that has expired', '*2\r\n:1\r\n:-5\r\n'],
  ])('neither fails, rejects, nor exempts a request when Redis replies %s', async (_what, answer) => {
    redis.answer = answer;
    await isAsked();
    const response = await gateway.inject({ method: 'POST', url: '/graphql', payload: { query: '{ a }' } });
    expect([response.statusCode, response.json().errors]).toEqual([200, undefined]);
    const reset = Number(response.headers['ratelimit-reset']);
    expect([reset >= 1, reset <= 60]).toEqual([true, true]);
    const { remaining, budget, resetSeconds } = response.json().extensions.cost;
    expect([remaining <= budget, resetSeconds <= 60]).toEqual([true, true]);
    // its own count applies
    const statuses = new Set<number>();
    for (let time = 0; time < 50; time += 1) statuses.add((await ask()).statusCode);
    expect([...statuses]).toEqual([200, 429]);
  });

  test('disconnects from a cache Redis that sends without end', async () => {
    await isAsked();
    redis.isToFlood = true;
    await until(
      async () => {
        expect((await ask()).statusCode).toBeLessThan(500);
        return redis.flood.isCut;
      },
      () => 'the connection is ended',
    );
    // data in transit are in buffers on both sides, and arrive while a busy machine does other work
    expect(redis.flood.bytes).toBeLessThan(4 * MAX_RECEIVED_BYTES);
  });
});

describe('a Redis of events that sends without end', () => {
  test('disconnects from an event Redis that sends without end, whatever the reply', async () => {
    const redis = await OddRedis.start();
    const { log } = recordingLog();
    const bus = new RedisBus({
      url: redis.url,
      readers: EVENT_READERS,
      sealers: PROGRAMS,
      keys: await newEventKeys(),
      log,
    });
    try {
      for (const call of [() => bus.shown('reviews'), () => bus.head('submissions')]) {
        redis.isToFlood = true;
        redis.flood.isCut = false;
        redis.flood.bytes = 0;
        await until(
          async () => {
            if (!redis.isToFlood && !redis.flood.isCut) return false;
            await call().catch((error: unknown) => expect(error).toBeInstanceOf(BusUnavailableError));
            return redis.flood.isCut;
          },
          () => 'the connection is ended',
        );
        expect(redis.flood.bytes).toBeLessThan(2 * MAX_RECEIVED_BYTES);
      }
    } finally {
      await bus.close();
      redis.stop();
    }
  });
});

describe('a Redis of events that replies at once without entries', () => {
  test.each(['*0\r\n', '*-1\r\n', '$-1\r\n'])('keeps no reader in a busy loop for the reply %j', async (answer) => {
    const redis = await OddRedis.start();
    redis.answer = answer;
    const { log } = recordingLog();
    const keys = await newEventKeys();
    const bus = new RedisBus({ url: redis.url, readers: EVENT_READERS, sealers: PROGRAMS, keys, log });
    const stop = new AbortController();
    const consumer = { async act() {}, async setAside() {}, async compare() {} };
    try {
      const reading = bus.read('reviews', consumer, stop.signal);
      await until(
        () => redis.answered > 3,
        () => 'the reader has read',
      );
      const before = redis.answered;
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      stop.abort();
      await reading;
      // at most two rounds per second, each of which requests heads, groups, and entries
      expect(redis.answered - before).toBeLessThan(50);
    } finally {
      await bus.close();
      redis.stop();
    }
  });
});

describeOnRedis('a stream and a head with more than a process can receive', () => {
  test('keep no reader from comparing its positions with the logs of other subgraphs', async () => {
    const redis = await PrivateRedis.start();
    const client = new Redis(redis.url);
    const { log } = recordingLog();
    const keys = await newEventKeys();
    const bus = new RedisBus({ url: redis.url, readers: EVENT_READERS, sealers: PROGRAMS, keys, log });
    const stop = new AbortController();
    const compared = new Set<string>();
    const consumer = {
      async act() {},
      async setAside() {},
      async compare(heads: ReadonlyMap<string, unknown>) {
        for (const source of heads.keys()) compared.add(source);
      },
    };
    try {
      await bus.publish('submissions', [], { epoch: '1-a', offset: 1, digest: 'a' });
      const stream = 'ordergraph:events:stream:infrastructure';
      const part = 'x'.repeat(MAX_RECEIVED_BYTES / 4);
      const id = await client.xadd(stream, '*', ...Array.from({ length: 10 }, (_, n) => (n % 2 ? part : 'event')));
      await client.xgroup('CREATE', stream, 'reviews', '0');
      // delivered to a process that was killed: the reader begins with it
      await client.xclaim(stream, 'reviews', 'leader', 0, id!, 'FORCE', 'JUSTID');
      await client.set('ordergraph:events:head:workforce', 'x'.repeat(1.2 * MAX_RECEIVED_BYTES));
      expect(await bus.head('workforce')).toBeUndefined();
      const reading = bus.read('reviews', consumer, stop.signal);
      await until(
        () => compared.has('submissions'),
        () => 'the reader compares its positions',
      );
      stop.abort();
      await reading;
    } finally {
      await bus.close();
      client.disconnect();
      await redis.stop();
    }
  });
});
