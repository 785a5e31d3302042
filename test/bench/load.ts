import { Pool } from 'undici';

/** One request of a workload: its body and headers. */
export interface LoadRequest {
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface LoadResult {
  readonly requests: number;
  readonly failures: number;
  readonly seconds: number;
  /** Milliseconds, sorted. */
  readonly latencies: readonly number[];
  readonly bytes: number;
}

/** Keeps a server busy with a number of clients for a time; each sends its next request after a response. */
export async function load(
  origin: string,
  clients: number,
  seconds: number,
  request: (index: number) => LoadRequest,
): Promise<LoadResult> {
  const pool = new Pool(origin, { connections: clients, headersTimeout: 120_000, bodyTimeout: 120_000 });
  const latencies: number[] = [];
  let index = 0;
  let failures = 0;
  let bytes = 0;
  const begun = performance.now();
  const until = begun + seconds * 1_000;
  const client = async () => {
    while (performance.now() < until) {
      const { body, headers } = request(index++);
      const start = performance.now();
      const response = await pool.request({
        path: '/graphql',
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
        body,
      });
      const answer = Buffer.from(await response.body.arrayBuffer());
      latencies.push(performance.now() - start);
      bytes += answer.length;
      // errors are at the start or the end of a response
      if (
        response.statusCode !== 200 ||
        answer.subarray(0, 12).includes('"errors"') ||
        answer.subarray(-2_000).includes('"errors":[')
      )
        failures += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  await pool.close();
  const took = (performance.now() - begun) / 1_000;
  latencies.sort((a, b) => a - b);
  return { requests: latencies.length, failures, seconds: took, latencies, bytes };
}

export const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
