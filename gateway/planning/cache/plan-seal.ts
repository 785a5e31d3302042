import { createHash, createHmac, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { SigningKey } from '#base/identity/signed-identity';

const MAC_LENGTH = 43;

/**
 * Authenticates plans that gateways share. The key follows from the private key that gateways sign identities with: all gateways of a
 * deployment have it, nothing else has, and it already decides what gateways can do in a caller's name.
 */
export class PlanSeal {
  private madeFor: SigningKey | undefined;
  private key: Buffer = Buffer.alloc(0);

  /** @param source the gateways' key, another one once it has been replaced */
  constructor(private readonly source: () => SigningKey) {}

  /** @param name of the plan: a plan does not hold under another name */
  seal(name: string, text: string): string {
    return `${this.mac(name, text)}.${text}`;
  }

  /** The text that was sealed under this name; undefined when it was not. */
  open(name: string, sealed: string): string | undefined {
    const text = sealed.slice(MAC_LENGTH + 1);
    const [given, expected] = [Buffer.from(sealed.slice(0, MAC_LENGTH + 1)), Buffer.from(`${this.mac(name, text)}.`)];
    return given.length === expected.length && timingSafeEqual(given, expected) ? text : undefined;
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

/** RFC 5869. The label keeps the key apart from every other use of the private key. */
function derived(secret: KeyObject): Buffer {
  const { d } = secret.export({ format: 'jwk' });
  return Buffer.from(hkdfSync('sha256', Buffer.from(d!, 'base64url'), '', 'ordergraph shared plans', 32));
}
