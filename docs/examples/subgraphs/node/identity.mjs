// Verifies who calls: the header `ordergraph-identity`, which a gateway signs for one subgraph.
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';

const VALID_SECONDS = 120;
const TOLERANCE_SECONDS = 60;

/** A request without a valid identity. The code is part of the contract. */
export class IdentityError extends Error {
  constructor(code = 'IDENTITY_REQUIRED', message = 'This subgraph accepts requests only from the gateway') {
    super(message);
    this.code = code;
  }
}

const decoded = (part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));

/** Verifies identities for one subgraph, with the public keys of a file that may be replaced at any time. */
export class Identities {
  constructor(file, subgraph) {
    this.file = file;
    this.subgraph = subgraph;
    this.readAt = 0;
    this.read();
  }

  read() {
    // a file that is being replaced must not end the process
    if (Date.now() - this.readAt < 1_000) return;
    this.readAt = Date.now();
    try {
      const { keys } = JSON.parse(readFileSync(this.file, 'utf8'));
      this.keys = new Map(keys.map((key) => [key.kid, createPublicKey({ key, format: 'jwk' })]));
    } catch (error) {
      if (!this.keys) throw error;
    }
  }

  /** @returns the caller; null for the public. @throws IdentityError */
  verify(token) {
    this.read();
    const { header, claims, signed, signature } = partsOf(token);
    const key = header.alg === 'EdDSA' && this.keys.get(header.kid);
    if (!key || !verify(null, Buffer.from(signed), key, signature)) throw new IdentityError();
    const { iss, aud, iat, exp } = claims;
    if (iss !== 'ordergraph-gateway' || aud !== this.subgraph) throw new IdentityError();
    if (!Number.isFinite(iat) || !Number.isFinite(exp)) throw new IdentityError();
    const now = Date.now() / 1_000;
    const until = Math.min(exp, iat + VALID_SECONDS) + TOLERANCE_SECONDS;
    if (iat > now + TOLERANCE_SECONDS || now > until)
      throw new IdentityError('IDENTITY_CLOCK_SKEW', 'The identity is from another time than this subgraph has');
    if (claims.public === true) return null;
    const { principal } = claims;
    if (typeof principal?.issuer !== 'string' || typeof principal.subject !== 'string') throw new IdentityError();
    return principal;
  }
}

function partsOf(token) {
  try {
    const [header, payload, signature] = token.split('.');
    return {
      header: decoded(header),
      claims: decoded(payload),
      signed: `${header}.${payload}`,
      signature: Buffer.from(signature, 'base64url'),
    };
  } catch {
    throw new IdentityError();
  }
}
