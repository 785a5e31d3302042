import { createHash } from 'node:crypto';
import { inThread } from './in-thread';

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

/** The annotated API schema of a supergraph, printed in another thread. */
export const annotatedSchemaText = async (supergraphSdl: string): Promise<SchemaText> =>
  schemaText(await inThread('graph/annotated-schema', supergraphSdl));
