import type { JWK } from 'jose';
import { RequestError } from '#base/errors';
import { callerHasLeft } from '#base/turns';
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
import { SchemaTurns } from './schema-turns';

/** Milliseconds for one check, and for one of an operator. */
const TIMEOUT_MS = 45_000;
const OPERATOR_TIMEOUT_MS = 180_000;
/** Maximum works that are in progress or wait for others, each of another party. */
const MAX_WAITING = 16;
/** Threads: works of one party, or of parties whose works take long, leave one to the others. */
const THREADS = 2;

/** Judges changes of schemas in threads, one at a time of each party, and signs supergraphs. */
export class ThreadComposer extends SchemaComposer {
  private readonly waiting: string[] = [];
  private readonly turns = new SchemaTurns(THREADS);
  /** Threads without work. */
  private readonly idle = Array.from({ length: THREADS }, () => new SchemaThread());

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

  /** The answer of a thread. @throws RequestError if too many wait */
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
    let giveBack: (() => void) | undefined;
    try {
      giveBack = await this.turns.wait(customer);
      return await this.inThread<Answer>(work, customer);
    } finally {
      giveBack?.();
      waiting.splice(waiting.indexOf(party), 1);
    }
  }

  /** @throws RequestError if the work takes too long, or too much memory */
  private async inThread<Answer>(work: SchemaWork, { isOperator, cancellation }: Customer): Promise<Answer> {
    const timeoutMs = isOperator ? OPERATOR_TIMEOUT_MS : TIMEOUT_MS;
    const timeout = AbortSignal.timeout(timeoutMs);
    const left = new AbortController();
    const stay = cancellation?.onCancel(() => left.abort());
    // the one that worked last, which may still be warm
    const thread = this.idle.pop()!;
    try {
      return await thread.answer<Answer>(work, AbortSignal.any([timeout, left.signal]));
    } catch (error) {
      if (left.signal.aborted) throw callerHasLeft();
      const why = timeout.aborted ? `takes more than ${timeoutMs / 1_000} s` : (error as Error).message;
      throw new RequestError('OPERATION_TOO_LARGE', `The schemas cannot be read: ${why}`, ['input', 'schemas']);
    } finally {
      this.idle.push(thread);
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
