import type { Logger } from 'pino';
import { OperatorError } from '#base/errors';
import type { Principal } from '#base/identity/principal';
import type { GatewayConfig } from '../config';
import { Authenticator } from '../identity/authenticator';
import { DevelopmentIssuer, requireDevelopment } from '../identity/development-issuer';
import { Issuer, readIssuers, type TokenName } from '../identity/issuers';
import { Revocations } from '../identity/revocations';

/** Verifies callers' tokens. */
export interface Authentication {
  readonly authenticator: Authenticator;
  /** Set where the development issuer is configured. */
  readonly development?: DevelopmentIssuer;
}

/** The configured authentication of callers; undefined where it is off. @throws OperatorError */
export async function authenticationOf(
  { auth, host, nodeEnv, revokedTokens, maxRefusedTokens }: GatewayConfig,
  dataFolder: string,
  log: Logger,
  print: (text: string) => void,
): Promise<Authentication | undefined> {
  if (auth === '')
    throw new OperatorError(
      'No token issuers are configured',
      'Set --auth FILE for a file of issuers, --auth development, or --auth off to accept every caller as the public',
    );
  if (auth === 'off') {
    if (nodeEnv === 'production')
      log.warn('--auth off in production: tokens are ignored, and every caller is the public');
    return undefined;
  }
  const revocations = revokedTokens === '' ? undefined : new Revocations(revokedTokens, log);
  const options = {
    isRevoked: (token: TokenName, principal: Principal) => revocations?.has(token, principal) ?? false,
    maxInvalidTokens: maxRefusedTokens,
  };
  if (auth !== 'development') {
    const issuers = readIssuers(auth).map((settings) => Issuer.remote(settings, log));
    return { authenticator: new Authenticator(issuers, options) };
  }
  requireDevelopment(host, nodeEnv);
  const development = await DevelopmentIssuer.in(dataFolder);
  print(
    `DEVELOPMENT ISSUER: anyone who can read the data folder can take any identity. \`npm run token -- --role analyst --data ${dataFolder}\` prints a token.`,
  );
  return { authenticator: new Authenticator([development.issuer], options), development };
}
