import * as oauth from 'oauth4webapi';
import { config } from './config';
import { caller, expiryOf } from './session';

/** What must survive the visit to the issuer. */
interface Pending {
  readonly state: string;
  readonly verifier: string;
  /** Path that the reader comes back to. */
  readonly from: string;
}

const PENDING = 'ordergraph.sign-in';
/** Path that the issuer sends people back to; registered there. */
const REDIRECT_PATH = '/signed-in';

const redirectUri = (): string => new URL(REDIRECT_PATH, location.origin).href;

async function serverOf(issuer: string): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer);
  const options = { [oauth.allowInsecureRequests]: url.hostname === 'localhost' || url.hostname === '127.0.0.1' };
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, options));
}

/** Sends the reader to the issuer: authorization code with PKCE. */
export async function signIn(): Promise<void> {
  const { issuer, clientId, scope } = config.signIn!;
  const server = await serverOf(issuer);
  const pending: Pending = {
    state: oauth.generateRandomState(),
    verifier: oauth.generateRandomCodeVerifier(),
    from: location.pathname + location.search,
  };
  sessionStorage.setItem(PENDING, JSON.stringify(pending));
  const target = new URL(server.authorization_endpoint!);
  target.search = new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUri(),
    response_type: 'code',
    scope,
    state: pending.state,
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: 'S256',
  }).toString();
  location.assign(target);
}

/** Whether the issuer has sent the reader back to this page. */
export const isReturning = (): boolean => location.pathname === REDIRECT_PATH;

/** Completes the sign-in and returns to where it began. @throws Error in words */
export async function completeSignIn(): Promise<void> {
  const stored = sessionStorage.getItem(PENDING);
  if (!stored || !config.signIn) throw new Error('This sign-in was not started in this tab: sign in again');
  sessionStorage.removeItem(PENDING);
  const { state, verifier, from } = JSON.parse(stored) as Pending;
  const { issuer, clientId } = config.signIn;
  const server = await serverOf(issuer);
  const client: oauth.Client = { client_id: clientId };
  const parameters = oauth.validateAuthResponse(server, client, new URL(location.href), state);
  const insecure = { [oauth.allowInsecureRequests]: new URL(issuer).protocol === 'http:' };
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    parameters,
    redirectUri(),
    verifier,
    insecure,
  );
  const result = await oauth.processAuthorizationCodeResponse(server, client, response);
  const claims = result.id_token === undefined ? undefined : oauth.getValidatedIdTokenClaims(result);
  caller.value = {
    name: String(claims?.name ?? claims?.email ?? claims?.sub ?? 'signed in'),
    token: result.access_token,
    expiresAt: result.expires_in ? Date.now() + result.expires_in * 1_000 : expiryOf(result.access_token),
  };
  location.replace(from);
}
