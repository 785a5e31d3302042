import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { packageRoot } from '#base/package-root';

/** The text of a schema, with an entity tag. */
export interface SchemaText {
  readonly body: Buffer;
  /** Weak, since the body may be compressed. */
  readonly etag: string;
}

export function schemaText(text: string): SchemaText {
  const body = Buffer.from(text);
  return { body, etag: `W/"${createHash('sha256').update(body).digest('base64url')}"` };
}

/** Threads run compiled code, never sources. */
const THREAD = join(packageRoot, 'dist', 'gateway', 'graph', 'annotated-schema-thread.js');

/** The annotated API schema of a supergraph, printed in another thread: it takes too long for the event loop. */
export async function annotatedSchemaText(supergraphSdl: string): Promise<SchemaText> {
  const worker = new Worker(THREAD, { workerData: supergraphSdl });
  const [text] = await once(worker, 'message');
  return schemaText(text as string);
}
