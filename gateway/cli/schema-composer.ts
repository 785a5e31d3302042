import type { JWK } from 'jose';
import { RequestError } from '#base/errors';
import {
  type Customer,
  type DescribedPart,
  type SchemaChange,
  SchemaComposer,
  type Verdict,
} from '../../subgraphs/registry/schema/schema-composer';
import type { SchemaWork } from '../check/schema-work-thread';
import type { Agreement } from '../ownership/agreement';
import { signatureOf, signedAt } from '../supergraph/signature';
import { SchemaThread } from './schema-thread';

/** Milliseconds for one check, and for one of an operator. */
const TIMEOUT_MS = 45_000;
const OPERATOR_TIMEOUT_MS = 180_000;
/** Maximum works that wait for others, each of another party. */
const MAX_WAITING = 16;

/** Judges changes of schemas in a thread, one after another, and signs supergraphs. */
export class ThreadComposer extends SchemaComposer {
  private readonly waiting: string[] = [];
  private last: Promise<unknown> = Promise.resolve();
  private readonly thread = new SchemaThread();

  /** @param key private key that signs supergraphs; without one, none is signed */
  constructor(private readonly key?: JWK) {
    super();
  }

  judge(change: SchemaChange, customer: Customer): Promise<Verdict> {
    return this.work<Verdict>({ check: { ...change, agreement: change.agreement as Agreement } }, customer);
  }

  partsOf(supergraph: string, customer: Customer): Promise<readonly DescribedPart[]> {
    return this.work<readonly DescribedPart[]>({ describe: supergraph }, customer);
  }

  /** The answer of a thread, of which there is one at a time. @throws RequestError if too many wait */
  private async work<Answer>(work: SchemaWork, customer: Customer): Promise<Answer> {
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
    const answer = this.last.then(() => this.inThread<Answer>(work, customer));
    this.last = answer.catch(() => {});
    try {
      return await answer;
    } finally {
      waiting.splice(waiting.indexOf(party), 1);
    }
  }

  /** @throws RequestError if the work takes too long, or too much memory */
  private async inThread<Answer>(work: SchemaWork, { isOperator, cancellation }: Customer): Promise<Answer> {
    if (cancellation?.canceled) throw new RequestError('CONFLICT', 'The caller has left');
    const timeoutMs = isOperator ? OPERATOR_TIMEOUT_MS : TIMEOUT_MS;
    const timeout = AbortSignal.timeout(timeoutMs);
    const left = new AbortController();
    const stay = cancellation?.onCancel(() => left.abort());
    try {
      return await this.thread.answer<Answer>(work, AbortSignal.any([timeout, left.signal]));
    } catch (error) {
      const why = timeout.aborted ? `takes more than ${timeoutMs / 1_000} s` : (error as Error).message;
      throw new RequestError('OPERATION_TOO_LARGE', `The schemas cannot be read: ${why}`, ['input', 'schemas']);
    } finally {
      stay?.();
    }
  }

  async signatureOf(supergraph: string, after: string | null): Promise<string | null> {
    if (!this.key) return null;
    // gateways take none that was signed before the one that they serve, whatever the clock says now
    const now = Math.max(Date.now(), (after === null ? 0 : signedAt(after)) * 1_000);
    return signatureOf(supergraph, this.key, now);
  }
}
