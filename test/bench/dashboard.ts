import { Pool } from 'undici';

/**
 * A process that queries like dashboards: at a fixed rate, whatever the responses. Its parent starts a run by a message, and it
 * replies with the latency of each response, measured from when it was due.
 */

export interface Asking {
  readonly origin: string;
  readonly bodies: readonly string[];
  readonly tokens: readonly string[];
  readonly perSecond: number;
  readonly seconds: number;
}

export interface Answered {
  /** Milliseconds, sorted. */
  readonly latencies: readonly number[];
  readonly failures: number;
  readonly cpuMs: number;
}

async function ask({ origin, bodies, tokens, perSecond, seconds }: Asking): Promise<Answered> {
  const pool = new Pool(origin, { connections: 64, headersTimeout: 120_000, bodyTimeout: 120_000 });
  const latencies: number[] = [];
  let failures = 0;
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const queries: Promise<void>[] = [];
  const query = async (index: number, due: number): Promise<void> => {
    const { statusCode, body } = await pool.request({
      path: '/graphql',
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        authorization: `Bearer ${tokens[index % tokens.length]}`,
        'x-forwarded-for': '198.51.100.7',
      },
      body: bodies[index % bodies.length]!,
    });
    await body.dump({ limit: 100_000_000 });
    latencies.push(performance.now() - due);
    if (statusCode !== 200) failures += 1;
  };
  for (let index = 0; index < perSecond * seconds; index++) {
    const due = begun + (index * 1_000) / perSecond;
    const waitMs = due - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    // lateness of our own timers does not count against the server
    queries.push(query(index, performance.now()));
  }
  await Promise.all(queries);
  await pool.close();
  const { user, system } = process.cpuUsage(cpu);
  return { latencies: latencies.sort((a, b) => a - b), failures, cpuMs: (user + system) / 1_000 };
}

if (require.main === module) process.on('message', async (asking: Asking) => process.send!(await ask(asking)));
