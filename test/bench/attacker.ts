import { Pool } from 'undici';

/**
 * A process that sends requests from one address, evenly or as fast as it can. Its parent starts a run by a message, and it
 * replies with the results. As long as it has connections, it never waits for a response before it sends the next request.
 */

export interface Barrage {
  readonly origin: string;
  /** Sent in turn. In a body, `UNIQUE` becomes a number that no other request has. */
  readonly requests: readonly { readonly body: string; readonly accept: string }[];
  /** The addresses that requests seem to come from. */
  readonly address: string;
  readonly everyMs: number;
  readonly seconds: number;
}

export interface Landed {
  readonly sent: number;
  /** Number of responses by status. */
  readonly statuses: Readonly<Record<number, number>>;
  /** CPU of this process. */
  readonly cpuMs: number;
}

/** The placeholder in a body that is replaced by a number. */
export const UNIQUE = 'u0n1q';

const CONNECTIONS = 64;
let unique = 0;

async function attack({ origin, requests, address, everyMs, seconds }: Barrage): Promise<Landed> {
  const pool = new Pool(origin, { connections: CONNECTIONS, headersTimeout: 120_000, bodyTimeout: 120_000 });
  const statuses: Record<number, number> = {};
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const underWay = new Set<Promise<void>>();
  let sent = 0;
  const send = async ({ body, accept }: Barrage['requests'][number]): Promise<void> => {
    const response = await pool.request({
      path: '/graphql',
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'accept-encoding': 'br',
        'x-forwarded-for': address,
        accept,
      },
      body: body.replaceAll(UNIQUE, `u${unique++}`),
    });
    await response.body.dump({ limit: 100_000_000 });
    statuses[response.statusCode] = (statuses[response.statusCode] ?? 0) + 1;
  };
  for (let index = 0; index * everyMs < seconds * 1_000; index++) {
    const waitMs = begun + index * everyMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (performance.now() - begun > seconds * 1_000) break;
    if (underWay.size >= CONNECTIONS) continue;
    sent += 1;
    const request = send(requests[index % requests.length]!).catch(() => {
      statuses[0] = (statuses[0] ?? 0) + 1;
    });
    underWay.add(request);
    request.finally(() => underWay.delete(request));
  }
  const { user, system } = process.cpuUsage(cpu);
  await Promise.all(underWay);
  await pool.close();
  return { sent, statuses, cpuMs: (user + system) / 1_000 };
}

if (require.main === module) process.on('message', async (barrage: Barrage) => process.send!(await attack(barrage)));
