import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

interface Key {
  readonly jwk: JWK;
  readonly secret: CryptoKey;
}

/** An OpenID provider on its own port: discovery, keys that rotate, and outages when a test needs one. */
export class OidcProvider {
  private readonly keys: Key[] = [];
  /** Requests so far, by path. */
  readonly requests: string[] = [];
  isDown = false;
  /** Path of its keys. */
  keysPath = '/keys';
  /** A path whose response never ends, and how much of it has been sent. */
  flooded: string | undefined;
  floodedBytes = 0;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<OidcProvider> {
    const server = createServer((request, response) => {
      provider.requests.push(request.url!);
      if (provider.isDown) {
        response.writeHead(503).end();
        return;
      }
      if (request.url === provider.flooded) {
        provider.flood(response);
        return;
      }
      const { issuer } = provider;
      const answer =
        request.url === provider.keysPath
          ? { keys: provider.keys.map(({ jwk }) => jwk) }
          : { issuer, jwks_uri: `${issuer}${provider.keysPath}` };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    });
    const provider = new OidcProvider(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await provider.rotate();
    return provider;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get publicKey(): JWK {
    return this.keys.at(-1)!.jwk;
  }

  private flood(response: ServerResponse): void {
    const piece = `"${'x'.repeat(1024 * 1024)}",`;
    const more = () => {
      if (response.destroyed) return;
      this.floodedBytes += piece.length;
      response.write(piece, more);
    };
    response.setHeader('content-type', 'application/json').write('{"keys":[');
    more();
  }

  /** Signs with another key from now on. */
  async rotate(): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const jwk = { ...(await exportJWK(publicKey)), kid: `key-${this.keys.length + 1}`, alg: 'ES256', use: 'sig' };
    this.keys.push({ jwk, secret: privateKey });
  }

  /** Forgets the keys before the current one. */
  forget(): void {
    this.keys.splice(0, this.keys.length - 1);
  }

  /** @param claims that replace the default ones. */
  async token(claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const { jwk, secret } = this.keys.at(-1)!;
    return new SignJWT({
      iss: this.issuer,
      aud: 'ordergraph',
      sub: 'someone',
      iat: now,
      exp: now + 300,
      realm: { roles: ['gov-analyst'] },
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', kid: jwk.kid!, ...header })
      .sign(secret);
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
