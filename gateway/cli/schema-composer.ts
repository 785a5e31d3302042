import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { JWK } from 'jose';
import { RequestError } from '#base/errors';
import { packageRoot } from '#base/package-root';
import {
  type Customer,
  type DescribedPart,
  type SchemaChange,
  SchemaComposer,
  type Verdict,
} from '../../subgraphs/registry/schema/schema-composer';
import type { CheckInput } from '../check/check';
import type { Agreement } from '../ownership/agreement';
import { signatureOf, signedAt } from '../supergraph/signature';

/** Threads run compiled code, never sources. */
const CHECK = join(packageRoot, 'dist', 'gateway', 'check', 'check-thread.js');
const COORDINATES = join(packageRoot, 'dist', 'gateway', 'graph', 'coordinates-thread.js');
/** Milliseconds for one check, and for one of an operator. */
const TIMEOUT_MS = 45_000;
const OPERATOR_TIMEOUT_MS = 180_000;
/** Maximum memory of one check, in megabytes. */
const MAX_MEGABYTES = 1_024;
/** Maximum works that wait for others, each of another party. */
const MAX_WAITING = 16;

/** Judges changes of schemas in a thread, one after another, and signs supergraphs. */
export class ThreadComposer extends SchemaComposer {
  private readonly waiting: string[] = [];
  private last: Promise<unknown> = Promise.resolve();

  /** @param key private key that signs supergraphs; without one, none is signed */
  constructor(private readonly key?: JWK) {
    super();
  }

  judge(change: SchemaChange, customer: Customer): Promise<Verdict> {
    const input: CheckInput = { ...change, agreement: change.agreement as Agreement };
    return this.work<Verdict>(CHECK, input, customer);
  }

  partsOf(supergraph: string, customer: Customer): Promise<readonly DescribedPart[]> {
    return this.work<readonly DescribedPart[]>(COORDINATES, supergraph, customer);
  }

  /** The answer of a thread, of which there is one at a time. @throws RequestError if too many wait */
  private async work<Answer>(file: string, data: unknown, customer: Customer): Promise<Answer> {
    const { waiting } = this;
    const { party } = customer;
    if (waiting.length >= MAX_WAITING || waiting.includes(party))
      throw new RequestError(
        'SUBGRAPH_OVERLOADED',
        `${waiting.length} checks wait already: try again in a minute`,
        [],
        {
          retryable: true,
        },
      );
    waiting.push(party);
    const answer = this.last.then(() => inThread<Answer>(file, data, customer));
    this.last = answer.catch(() => {});
    try {
      return await answer;
    } finally {
      waiting.splice(waiting.indexOf(party), 1);
    }
  }

  async signatureOf(supergraph: string, after: string | null): Promise<string | null> {
    if (!this.key) return null;
    // gateways take none that was signed before the one that they serve, whatever the clock says now
    const now = Math.max(Date.now(), (after === null ? 0 : signedAt(after)) * 1_000);
    return signatureOf(supergraph, this.key, now);
  }
}

/** The answer of a thread. @throws RequestError if it takes too long, or too much memory */
async function inThread<Answer>(
  file: string,
  workerData: unknown,
  { isOperator, cancellation }: Customer,
): Promise<Answer> {
  if (cancellation?.canceled) throw new RequestError('CONFLICT', 'The caller has left');
  const worker = new Worker(file, { workerData, resourceLimits: { maxOldGenerationSizeMb: MAX_MEGABYTES } });
  const timeoutMs = isOperator ? OPERATOR_TIMEOUT_MS : TIMEOUT_MS;
  const signal = AbortSignal.timeout(timeoutMs);
  const stay = cancellation?.onCancel(() => void worker.terminate());
  try {
    const ended = once(worker, 'exit', { signal }).then(() => {
      throw new Error('its thread ended');
    });
    const [answer] = await Promise.race([once(worker, 'message', { signal }), ended]);
    return answer as Answer;
  } catch (error) {
    const why = signal.aborted ? `takes more than ${timeoutMs / 1_000} s` : (error as Error).message;
    throw new RequestError('OPERATION_TOO_LARGE', `The schemas cannot be read: ${why}`, ['input', 'schemas']);
  } finally {
    stay?.();
    await worker.terminate();
  }
}
