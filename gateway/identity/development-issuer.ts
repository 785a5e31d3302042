import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type CryptoKey, createLocalJWKSet, importJWK, type JWK, SignJWT } from 'jose';
import { OperatorError } from '#base/errors';
import { privateKeyIn, publicKey } from '#base/identity/keys';
import { DEVELOPMENT_ISSUER, type Principal } from '#base/identity/principal';
import { Issuer } from './issuers';

const AUDIENCE = 'ordergraph';

const keyFile = (folder: string): string => join(folder, 'development-issuer.json');

/**
 * Issues tokens to anyone who can read its key file, so that the graph runs on one machine without an identity provider.
 * Never in production: see {@link requireDevelopment}.
 */
export class DevelopmentIssuer {
  private constructor(private readonly key: JWK) {}

  /** Loads the key of a data folder, or creates it. @throws OperatorError */
  static async in(folder: string): Promise<DevelopmentIssuer> {
    return new DevelopmentIssuer(await privateKeyIn(keyFile(folder), 'the key of the development issuer'));
  }

  /** Whether a data folder has a key. */
  static isIn(folder: string): boolean {
    return existsSync(keyFile(folder));
  }

  get issuer(): Issuer {
    const keys = createLocalJWKSet({ keys: [publicKey(this.key)] });
    return new Issuer(
      {
        issuer: DEVELOPMENT_ISSUER,
        audience: AUDIENCE,
        algorithms: ['EdDSA'],
        clockToleranceSeconds: 60,
        claims: {
          subject: 'sub',
          roles: 'roles',
          organization: 'organization',
          agency: 'agency',
          caseNumber: 'case_number',
          scopes: 'scope',
        },
        roles: '*',
        agencies: '*',
        organizations: '*',
      },
      async () => keys as never,
    );
  }

  /** @param seconds lifetime of the token */
  async token(
    { subject, roles, organization, agency, caseNumber, scopes }: Principal,
    seconds: number,
  ): Promise<string> {
    const claims = {
      roles,
      ...(organization === null ? {} : { organization }),
      ...(agency === null ? {} : { agency }),
      ...(caseNumber === null ? {} : { case_number: caseNumber }),
      ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
    };
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', kid: this.key.kid! })
      .setIssuer(DEVELOPMENT_ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(subject)
      .setIssuedAt()
      .setExpirationTime(`${seconds}s`)
      .setJti(crypto.randomUUID())
      .sign((await importJWK(this.key, 'EdDSA')) as CryptoKey);
  }
}

/** Loopback host names and addresses. */
export const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

/** @throws OperatorError if other machines could use a development issuer's tokens */
export function requireDevelopment(host: string, nodeEnv: string): void {
  const why =
    nodeEnv === 'production'
      ? 'NODE_ENV is "production"'
      : LOOPBACK.has(host)
        ? undefined
        : `the graph would listen on ${host}, which other machines can reach`;
  if (why)
    throw new OperatorError(
      `The development issuer is not allowed here: ${why}`,
      'Set the trusted issuers with --auth FILE; see the example in docs/identity.md',
    );
}
