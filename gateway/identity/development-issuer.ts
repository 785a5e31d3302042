import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type CryptoKey, createLocalJWKSet, importJWK, type JWK, SignJWT } from 'jose';
import { OperatorError } from '#base/errors';
import { privateKeyIn, publicKey } from '#base/identity/keys';
import { DEVELOPMENT_ISSUER, type Principal, ROLES, type Role } from '#base/identity/principal';
import { Issuer } from './issuers';

const AUDIENCE = 'ordergraph';

const keyFile = (folder: string): string => join(folder, 'development-issuer.json');

/**
 * Issues tokens to whoever can read its key's file: so that the graph can be tried on one machine without an identity provider.
 * Never in production: see {@link requireDevelopment}.
 */
export class DevelopmentIssuer {
  private constructor(private readonly key: JWK) {}

  /** With the key of a data folder, made when there is none. @throws OperatorError */
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
        roles: Object.fromEntries(ROLES.map((role): [string, Role] => [role, role])),
        agencies: '*',
        organizations: '*',
      },
      async () => keys as never,
    );
  }

  /** @param seconds how long it is valid. */
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

/** The names of this machine, to itself. */
export const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

/** @throws OperatorError where a development issuer would let strangers in. */
export function requireDevelopment(host: string, environment: NodeJS.ProcessEnv = process.env): void {
  const why =
    environment.NODE_ENV === 'production'
      ? 'NODE_ENV is "production"'
      : LOOPBACK.has(host)
        ? undefined
        : `the graph would listen on ${host}, where others reach it`;
  if (why)
    throw new OperatorError(
      `The development issuer does not run here: ${why}`,
      'Name the issuers you trust by --auth FILE; docs/identity.md has an example',
    );
}
