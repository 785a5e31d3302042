import { sign, verify } from 'node:crypto';
import { z } from 'zod';
import type { SigningKey } from '#base/identity/signed-identity';
import type { EventKeys } from './event-keys';

/** Kind of a bus message. A signature is valid for one kind only. */
export type MessageKind = 'event' | 'head' | 'request' | 'answer';

/** Maximum characters of a message, far above those that subgraphs send: parsing longer ones would block the process. */
export const MAX_CHARACTERS: Readonly<Record<MessageKind, number>> = {
  event: 1_000_000,
  head: 10_000,
  request: 100_000,
  // its key is random, and only the writer learns it
  answer: Number.POSITIVE_INFINITY,
};

/** Why a message is not authentic. */
export type MessageFlaw = 'unsigned' | 'unknown-key' | 'forged' | 'misattributed' | 'malformed';

/** A verified message, or why it was rejected. */
export type Opened = { readonly from: string; readonly body: string } | { readonly flaw: MessageFlaw };

const wire = z.strictObject({
  from: z.string().min(1).max(60),
  kid: z.string().min(1).max(100),
  body: z.string(),
  signature: z.string().length(86),
});

/**
 * Signs and verifies bus messages (Ed25519). Someone with access to the bus can neither forge a message nor pass it off as one of another
 * subgraph, kind, or deployment.
 */
export class SignedMessages {
  /** @param prefix of the deployment on the bus, which signatures include */
  constructor(
    private readonly prefix: string,
    private readonly keys: EventKeys,
  ) {}

  /** @param about additional signed context, such as the request that an answer is for @throws OperatorError without a key */
  sign(kind: MessageKind, from: string, body: string, about = ''): string {
    const { secret, id }: SigningKey = this.keys.signingKey(from);
    const signature = sign(null, this.signed(kind, from, body, about), secret).toString('base64url');
    return JSON.stringify({ from, kid: id, body, signature });
  }

  open(kind: MessageKind, text: string, about = ''): Opened {
    const message = text.length > MAX_CHARACTERS[kind] ? undefined : wire.safeParse(parsedJson(text));
    if (!message?.success) return { flaw: 'unsigned' };
    const { from, kid, body, signature } = message.data;
    const key = this.keys.find(kid, from);
    if (!key) return { flaw: 'unknown-key' };
    const holds = verify(null, this.signed(kind, from, body, about), key, Buffer.from(signature, 'base64url'));
    return holds ? { from, body } : { flaw: 'forged' };
  }

  private signed(kind: MessageKind, from: string, body: string, about: string): Buffer {
    return Buffer.from(JSON.stringify(['ordergraph event bus', this.prefix, kind, from, about, body]));
  }
}

export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
