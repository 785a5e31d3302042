import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Pool } from 'undici';
import { writeKeys } from '../../gateway/cli/keys';
import { OidcProvider } from '../support/oidc';
import { freePort, killAll, requireCompiled, run, waitForOutput } from '../support/processes';
import { describeOnRedis, PrivateRedis } from '../support/redis';
import { until } from '../support/until';

const PROXIED = ['--trusted-proxy', '127.0.0.1'];
const [FLOODER, NEIGHBOR] = ['192.0.2.1', '198.51.100.2'];

describe('a gateway behind a proxy, flooded from one address', () => {
  let folder: string;
  let provider: OidcProvider;
  /** Connections to the most recently started gateway. */
  let pool: Pool;
  const pools: Pool[] = [];

  const start = async (...flags: string[]) => {
    const port = await freePort();
    const gateway = run(
      [
        ...['gateway', '--port', String(port), '--auth', join(folder, 'issuers.json'), '--log-level', 'warn'],
        ...['--identity-key', join(folder, 'gateways', 'identity-key.json'), ...flags],
      ],
      {},
    );
    await waitForOutput(gateway, /The graph answers at/);
    pool = new Pool(`http://127.0.0.1:${port}`, { connections: 16 });
    pools.push(pool);
    return gateway;
  };

  beforeAll(async () => {
    requireCompiled();
    folder = mkdtempSync(join(tmpdir(), 'ordergraph-floods-'));
    provider = await OidcProvider.start();
    await writeKeys(folder);
    writeFileSync(
      join(folder, 'issuers.json'),
      JSON.stringify([{ issuer: provider.issuer, audience: 'ordergraph', algorithms: ['ES256'] }]),
    );
  });
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((client) => client.destroy()));
    await killAll();
  });
  afterAll(() => {
    provider.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Sends a request from an address, and returns the status. */
  const ask = async (address: string, token?: string) => {
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: '/graphql',
      headers: {
        'content-type': 'application/json',
        'x-forwarded-for': address,
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: '{"query":"{ __typename }"}',
    });
    await body.dump();
    return statusCode;
  };
  const forged = async (jti: string) => {
    const [header, payload] = (await provider.token({ jti })).split('.');
    return `${header}.${payload}.${'A'.repeat(86)}`;
  };
  const counted = (statuses: readonly number[]) => {
    const counts: Record<number, number> = {};
    for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  };

  test('accepts new tokens from all addresses during a flood of malformed tokens', async () => {
    await start(...PROXIED);
    const flood = await Promise.all(Array.from({ length: 500 }, (_, i) => ask(FLOODER, `a${i}.b.c`)));
    expect(counted(flood)).toEqual({ 401: 500 });
    expect(await ask(FLOODER, await provider.token({ jti: 'here' }))).toBe(200);
    expect(await ask(NEIGHBOR, await provider.token({ jti: 'there' }))).toBe(200);
  });

  test('delays only the flooding address during a flood of forged tokens', async () => {
    await start(...PROXIED);
    const knownToken = await provider.token({ jti: 'known' });
    expect(await ask(FLOODER, knownToken)).toBe(200);
    const tokens = await Promise.all(Array.from({ length: 400 }, (_, i) => forged(`flood-${i}`)));
    let isOver = false;
    const flood: number[] = [];
    const flooding = Promise.all(
      Array.from({ length: 8 }, async (_, worker) => {
        for (let i = worker; !isOver; i += 8)
          flood.push(await ask(FLOODER, tokens[i % 400]!.replace(/A$/, String(i % 10))));
      }),
    );
    const attempts: number[] = [];
    for (let person = 0; person < 5; person++) {
      expect(await ask(NEIGHBOR, await provider.token({ jti: `neighbor-${person}` }))).toBe(200);
      const token = await provider.token({ jti: `sharing-${person}` });
      for (let attempt = 1; ; attempt++) {
        const status = await ask(FLOODER, token);
        if (status === 200) {
          attempts.push(attempt);
          break;
        }
        expect([status, attempt < 2_000]).toEqual([429, true]);
      }
      expect(await ask(FLOODER, knownToken)).toBe(200);
    }
    isOver = true;
    await flooding;
    expect(attempts).toHaveLength(5);
    expect(Object.keys(counted(flood)).every((status) => status === '401' || status === '429')).toBe(true);
  });

  test('rejects a flood of requests without rejecting other callers of its address', async () => {
    await start(...PROXIED, '--rate-limit', '200');
    const token = await provider.token({ jti: 'known' });
    expect(counted(await Promise.all(Array.from({ length: 300 }, () => ask(FLOODER))))).toEqual({ 200: 200, 429: 100 });
    // invalid tokens count for the address that sent them
    expect(await ask(FLOODER, 'a.b.c')).toBe(429);
    expect(await ask(FLOODER, token)).toBe(200);
    expect(await ask(NEIGHBOR)).toBe(200);
    const { statusCode, headers, body } = await pool.request({
      method: 'GET',
      path: '/graphql?query={__typename}',
      headers: { 'x-forwarded-for': FLOODER },
    });
    expect([statusCode, headers['ratelimit-limit'], headers['ratelimit-remaining']]).toEqual([429, '200', '0']);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(await body.json()).toEqual({
      errors: [
        {
          message: expect.stringMatching(/^More than 200 requests per minute; try again in \d+ s$/),
          extensions: { code: 'TOO_MANY_REQUESTS' },
        },
      ],
    });
    // health checks of a load balancer are not limited
    for (let i = 0; i < 250; i++) {
      const health = await pool.request({
        method: 'GET',
        path: '/health/live',
        headers: { 'x-forwarded-for': FLOODER },
      });
      await health.body.dump();
      expect(health.statusCode).toBe(200);
    }
  });

  test('limits requests by default, at a rate that no honest client reaches', async () => {
    await start(...PROXIED);
    const remaining = async (address: string) => {
      const { headers, body } = await pool.request({
        method: 'GET',
        path: '/graphql?query={__typename}',
        headers: { 'x-forwarded-for': address },
      });
      await body.dump();
      return [headers['ratelimit-limit'], headers['ratelimit-remaining']];
    };
    expect(counted(await Promise.all(Array.from({ length: 300 }, () => ask(FLOODER))))).toEqual({ 200: 300 });
    expect(await remaining(FLOODER)).toEqual(['6000', '5699']);
    expect(await remaining(NEIGHBOR)).toEqual(['6000', '5999']);
  });

  test('warns once that all clients share one address when no proxy is trusted', async () => {
    const gateway = await start('--rate-limit', '2', '--print-settings');
    expect(gateway.output()).toMatch(/^ {2}rateLimit = 2$/m);
    expect([await ask(FLOODER), await ask(FLOODER), await ask(NEIGHBOR)]).toEqual([200, 200, 429]);
    await waitForOutput(gateway, /from an untrusted proxy/);
    await ask(FLOODER);
    expect(gateway.output().match(/from an untrusted proxy/g)).toHaveLength(1);
  });

  describeOnRedis('two gateways', () => {
    test('counts a flood together with another gateway in Redis, and alone without Redis', async () => {
      const redis = await PrivateRedis.start();
      const flags = [...PROXIED, '--rate-limit', '10', '--limits-url', redis.url];
      await start(...flags);
      const [first] = pools;
      await start(...flags);
      const both = async (count: number) => {
        const statuses: number[] = [];
        for (let i = 0; i < count; i++) {
          pool = pools[i % 2]!;
          statuses.push(await ask(FLOODER));
        }
        return counted(statuses);
      };
      // until it is connected, a gateway counts alone
      const client = new Redis(redis.url);
      for (const [place, connectionPool] of pools.entries())
        await until(
          async () => {
            pool = connectionPool;
            await ask(`203.0.113.${place}`);
            return (await client.keys(`*:requests:203.0.113.${place}`)).length > 0;
          },
          () => 'requests are counted in Redis',
        );
      client.disconnect();
      expect(await both(14)).toEqual({ 200: 10, 429: 4 });
      await redis.stop();
      pool = first!;
      expect(await ask(NEIGHBOR)).toBe(200);
    });
  });
});
