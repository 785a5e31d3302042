import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identityEnvironment } from '../support/identity';
import { killAll, requireCompiled, run, waitForOutput } from '../support/processes';
import { describeOnRedis, PrivateRedis } from '../support/redis';

beforeAll(requireCompiled);

describeOnRedis('a subgraph over a Redis that hangs', () => {
  let redis: PrivateRedis;
  let folder: string;
  beforeEach(async () => {
    redis = await PrivateRedis.start();
    folder = mkdtempSync(join(tmpdir(), 'ordergraph-shutdown-'));
  });
  afterEach(async () => {
    redis.resume();
    await killAll();
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = async (environment: Record<string, string> = {}) => {
    const { environment: identity } = await identityEnvironment();
    return run(['subgraph', 'reviews', '--port', '0', '--data', folder], {
      ORDERGRAPH_EVENTS_URL: redis.url,
      ORDERGRAPH_SCHEDULE_MS: '100',
      ...identity,
      ...environment,
    });
  };

  test('exits with 0 on SIGTERM without waiting for Redis, having logged the outage once', async () => {
    const reviews = await start();
    await waitForOutput(reviews, /answers at/);
    redis.hang();
    await waitForOutput(reviews, /event bus unavailable; events wait in the outbox/);
    reviews.child.kill('SIGTERM');
    // a close that exceeds its grace period ends with 1
    expect(await reviews.ended).toBe(0);
    expect(reviews.output().match(/event bus unavailable/g)).toHaveLength(1);
    expect(reviews.output()).not.toMatch(/background work failed/);
  });

  test('starts while Redis hangs, and uses it once it answers', async () => {
    redis.hang();
    const reviews = await start();
    await waitForOutput(reviews, /answers at/);
    await waitForOutput(reviews, /event bus unavailable/);
    redis.resume();
    await waitForOutput(reviews, /event bus available again/);
  });

  test('warns about Redis eviction and missing persistence, and prefixes its keys', async () => {
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    await redis.command('CONFIG', 'SET', 'appendonly', 'no');
    const reviews = await start({ ORDERGRAPH_EVENTS_PREFIX: 'staging:events' });
    await waitForOutput(reviews, /may evict events; set maxmemory-policy to noeviction/);
    await waitForOutput(reviews, /does not persist data; set appendonly to yes/);
    for (let keys: unknown[] = []; keys.length < 2; )
      keys = (await redis.command('KEYS', 'staging:events*')) as unknown[];
    expect(await redis.command('KEYS', 'ordergraph:*')).toEqual([]);
  });

  test('rejects a prefix that is not a valid start of a key', async () => {
    const reviews = await start({ ORDERGRAPH_EVENTS_PREFIX: 'a b' });
    expect(await reviews.ended).toBe(1);
    expect(reviews.output()).toMatch(/ORDERGRAPH_EVENTS_PREFIX is "a b"[\s\S]*letters, digits/);
  });
});
