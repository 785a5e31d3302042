import { createHash, createHmac, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { SigningKey } from '#base/identity/signed-identity';

const MAC_LENGTH = 43;

/**
 * Authenticates shared plans. The key is derived from the private key that signs caller identities: all gateways of a
 * deployment have it, nothing else does, and it already allows acting in any caller's name.
 */
export class PlanSeal {
  private madeFor: SigningKey | undefined;
  private key: Buffer = Buffer.alloc(0);

  /** @param source the gateways' current key */
  constructor(private readonly source: () => SigningKey) {}

  /** @param name name of the plan: the seal is invalid for any other */
  seal(name: string, text: string): string {
    return `${this.mac(name, text)}.${text}`;
  }

  /** The text sealed under this name; undefined if the seal is invalid. */
  open(name: string, sealed: string): string | undefined {
    const text = sealed.slice(MAC_LENGTH + 1);
    const [actual, expected] = [Buffer.from(sealed.slice(0, MAC_LENGTH + 1)), Buffer.from(`${this.mac(name, text)}.`)];
    return actual.length === expected.length && timingSafeEqual(actual, expected) ? text : undefined;
  }

  private mac(name: string, text: string): string {
    const digest = createHash('sha256').update(text).digest();
    return createHmac('sha256', this.current()).update(`${name}\n`).update(digest).digest('base64url');
  }

  private current(): Buffer {
    const key = this.source();
    if (key !== this.madeFor) {
      this.key = derived(key.secret);
      this.madeFor = key;
    }
    return this.key;
  }
}

/** RFC 5869. The label separates this key from other uses of the private key. */
function derived(secret: KeyObject): Buffer {
  const { d } = secret.export({ format: 'jwk' });
  return Buffer.from(hkdfSync('sha256', Buffer.from(d!, 'base64url'), '', 'ordergraph shared plans', 32));
}
