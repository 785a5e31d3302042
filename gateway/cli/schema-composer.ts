import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { JWK } from 'jose';
import { RequestError } from '#base/errors';
import { readPrivateKey } from '#base/identity/keys';
import { packageRoot } from '#base/package-root';
import { type SchemaChange, SchemaComposer, type Verdict } from '../../subgraphs/registry/schema/schema-composer';
import type { CheckInput, CheckReport } from '../check/check';
import type { Agreement } from '../ownership/agreement';
import { signatureOf } from '../supergraph/signature';
import { REGISTRY_SUBGRAPH } from './programs';

/** Threads run compiled code, never sources. */
const THREAD = join(packageRoot, 'dist', 'gateway', 'check', 'check-thread.js');
/** Milliseconds for one check. */
const TIMEOUT_MS = 120_000;
/** Maximum memory of one check, in megabytes. */
const MAX_MEGABYTES = 1_024;
/** Maximum checks that wait for others. */
const MAX_WAITING = 8;

/** Judges changes of schemas in a thread, one after another, and signs supergraphs. */
export class ThreadComposer extends SchemaComposer {
  private waiting = 0;
  private last: Promise<unknown> = Promise.resolve();

  /** @param key private key that signs supergraphs; without one, none is signed */
  constructor(private readonly key?: JWK) {
    super();
  }

  async judge(change: SchemaChange): Promise<Verdict> {
    if (this.waiting >= MAX_WAITING)
      throw new RequestError('SUBGRAPH_OVERLOADED', `${MAX_WAITING} other checks wait already: try again in a minute`);
    this.waiting += 1;
    const judged = this.last.then(() => reportOn(change));
    this.last = judged.catch(() => {});
    try {
      const report = await judged;
      const { passed, problems, supergraph, ...rest } = report;
      return { passed, problems, supergraph, report: JSON.stringify({ passed, problems, ...rest }) };
    } finally {
      this.waiting -= 1;
    }
  }

  async signatureOf(supergraph: string): Promise<string | null> {
    return this.key ? signatureOf(supergraph, this.key) : null;
  }
}

/**
 * What a process lends to a subgraph.
 * @param keyFile private key that signs supergraphs; empty for none @throws OperatorError if it cannot be read
 */
export function servicesOf(subgraph: string, keyFile = ''): readonly object[] {
  if (subgraph !== REGISTRY_SUBGRAPH) return [];
  return [new ThreadComposer(keyFile === '' ? undefined : readPrivateKey(keyFile, 'the key of --supergraph-key'))];
}

/** @throws RequestError if the check takes too long, or too much memory */
async function reportOn(change: SchemaChange): Promise<CheckReport> {
  const input: CheckInput = { ...change, agreement: change.agreement as Agreement };
  const worker = new Worker(THREAD, { workerData: input, resourceLimits: { maxOldGenerationSizeMb: MAX_MEGABYTES } });
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const [report] = await once(worker, 'message', { signal });
    return report as CheckReport;
  } catch (error) {
    const why = signal.aborted ? `takes more than ${TIMEOUT_MS / 1_000} s` : (error as Error).message;
    throw new RequestError('OPERATION_TOO_LARGE', `The schemas cannot be checked: ${why}`, ['input', 'schemas']);
  } finally {
    await worker.terminate();
  }
}
