import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { type Door, SignedDoor } from '#base/identity/door';
import { newKey, publicKey } from '#base/identity/keys';
import { parsePrincipal } from '#base/identity/principal';
import { IDENTITY_HEADER, IdentitySigner } from '#base/identity/signed-identity';
import { eventKeyIn, writeKeys } from '../../gateway/cli/keys';
import { EVENT_READERS } from '../../gateway/cli/programs';
import { eventKeyVariable } from '../../gateway/cli/settings';
import { Authenticator } from '../../gateway/identity/authenticator';
import type { IdentityParts } from '../../gateway/identity/caller';
import { DevelopmentIssuer } from '../../gateway/identity/development-issuer';

/** May read everything. */
export const INSPECTOR = 'role=inspector; case=2026-1; subject=inspector-1';

/** An issuer, a gateway's key, and the doors of subgraphs that trust it. */
export class TestIdentity {
  private readonly tokens = new Map<string, Promise<string>>();

  private constructor(
    readonly folder: string,
    readonly issuer: DevelopmentIssuer,
    readonly parts: IdentityParts,
    readonly doorOf: (subgraph: string) => Door,
    /** The gateway's private key. */
    readonly key: JWK,
  ) {}

  static async make(): Promise<TestIdentity> {
    const folder = mkdtempSync(join(tmpdir(), 'ordergraph-identity-'));
    const issuer = await DevelopmentIssuer.in(folder);
    const key = await newKey();
    return new TestIdentity(
      folder,
      issuer,
      {
        authenticator: new Authenticator([issuer.issuer], { maxInvalidTokens: 60 }),
        signer: await IdentitySigner.of(key),
      },
      (subgraph) => new SignedDoor({ current: { keys: [publicKey(key)] } }, subgraph),
      key,
    );
  }

  /** The headers that identify a principal; none for the public. */
  async headers(principal: string | null): Promise<Record<string, string>> {
    return principal === null ? {} : { authorization: `Bearer ${await this.token(principal)}` };
  }

  /** The headers by which the gateway sends a subgraph the caller identity. */
  async signed(subgraph: string, principal: string | null): Promise<Record<string, string>> {
    const parsed = principal === null ? null : parsePrincipal(principal);
    return { [IDENTITY_HEADER]: await this.parts.signer.sign(parsed, subgraph) };
  }

  token(principal: string): Promise<string> {
    let token = this.tokens.get(principal);
    if (!token) {
      token = this.issuer.token(parsePrincipal(principal), 3_600);
      this.tokens.set(principal, token);
    }
    return token;
  }
}

/** Environment of product processes that trust one development issuer and each other. */
export async function identityEnvironment(): Promise<{
  readonly environment: Record<string, string>;
  readonly token: (principal: string) => Promise<string>;
}> {
  const folder = mkdtempSync(join(tmpdir(), 'ordergraph-identity-'));
  const { identityKey, identityKeys, eventKeys } = await writeKeys(folder);
  const issuer = await DevelopmentIssuer.in(folder);
  return {
    environment: {
      ORDERGRAPH_AUTH: 'development',
      ORDERGRAPH_DATA: folder,
      ORDERGRAPH_IDENTITY_KEY: identityKey,
      ORDERGRAPH_IDENTITY_KEYS: identityKeys,
      ORDERGRAPH_EVENT_KEYS: eventKeys,
      ...Object.fromEntries(EVENT_READERS.map((name) => [eventKeyVariable(name), eventKeyIn(folder, name)])),
    },
    token: (principal) => issuer.token(parsePrincipal(principal), 3_600),
  };
}
