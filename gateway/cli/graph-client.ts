import { readFile } from 'node:fs/promises';
import { buildSchema, type GraphQLSchema } from 'graphql';
import { decodeJwt } from 'jose';
import { OperatorError, RequestError } from '#base/errors';
import { readPrivateKey } from '#base/identity/keys';
import { type Principal, parsePrincipal } from '#base/identity/principal';
import { IDENTITY_HEADER, IdentitySigner } from '#base/identity/signed-identity';
import { type Answer, type Ask, secondsOf } from '../export/ask';
import { DevelopmentIssuer } from '../identity/development-issuer';
import { REGISTRY_SUBGRAPH } from './programs';

/** A running graph, and who asks. */
export interface CallerOptions {
  readonly url: string;
  /** Principal of the development issuer, such as `role=analyst; subject=me`. */
  readonly as?: string;
  /** File with the token of the caller, instead of `as`. */
  readonly tokenFile?: string;
  /** Folder with the keys of the development issuer. */
  readonly dataFolder: string;
  /** Private key of a gateway, with which `as` is signed: `url` is that of the registry itself, which works without a gateway. */
  readonly identityKey?: string;
}

/** A client of a running graph. @throws OperatorError */
export async function clientOf(options: CallerOptions): Promise<Ask> {
  const { address, headers } = await accessOf(options, '/graphql');
  return async (request) => {
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(await headers()) },
      body: JSON.stringify(request),
    });
    const answer: unknown = await response.json().catch(() => null);
    if (typeof answer === 'object' && answer !== null && ('data' in answer || 'errors' in answer))
      return {
        ...answer,
        status: response.status,
        retryAfterSeconds: secondsOf(response.headers.get('retry-after')),
      } as Answer;
    throw new Error(`HTTP ${response.status} without an answer in GraphQL`);
  };
}

/** The schema of a running graph; undefined where the caller may not read it. @throws OperatorError */
export async function schemaOf(options: CallerOptions): Promise<GraphQLSchema | undefined> {
  const { address, headers } = await accessOf(options, '/schema.graphql');
  const response = await fetch(address, { headers: await headers() }).catch(() => undefined);
  return response?.ok ? buildSchema(await response.text(), { assumeValid: true }) : undefined;
}

/** Address of a path of the graph, and headers that identify the caller now. @throws OperatorError */
async function accessOf(
  { url, as, tokenFile, dataFolder, identityKey }: CallerOptions,
  path: string,
): Promise<{ address: URL; headers: () => Promise<Record<string, string>> }> {
  if (!URL.canParse(url)) throw new OperatorError(`"${url}" is not a valid URL`, 'Use --url http://127.0.0.1:4000');
  if (identityKey !== undefined) return { address: new URL(path, url), headers: await signedBy(identityKey, as) };
  const token = tokenFile === undefined ? undefined : (await textOf(tokenFile, 'token')).trim();
  const issuer = token === undefined && as !== undefined ? await DevelopmentIssuer.in(dataFolder) : undefined;
  const principal = issuer && principalNamed(as!);
  const bearer = async () => token ?? (principal && (await issuer!.token(principal, 3_600)));
  const headers = async (): Promise<Record<string, string>> => {
    const current = await bearer();
    return current ? { authorization: `Bearer ${current}` } : {};
  };
  return { address: new URL(path, url), headers };
}

/** Headers of a gateway that asks the registry for a caller. @throws OperatorError */
async function signedBy(keyFile: string, as: string | undefined): Promise<() => Promise<Record<string, string>>> {
  if (as === undefined)
    throw new OperatorError('No caller is named', 'Use --as "role=operator; subject=NAME" with --identity-key');
  const principal = principalNamed(as);
  const signer = await IdentitySigner.of(readPrivateKey(keyFile, 'the key of --identity-key'));
  return async () => ({ [IDENTITY_HEADER]: await signer.sign(principal, REGISTRY_SUBGRAPH) });
}

/** The principal of --as. @throws OperatorError */
function principalNamed(as: string): Principal {
  try {
    return parsePrincipal(as);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    throw new OperatorError(`--as names no caller: ${error.message}`, 'Use --as "role=operator; subject=NAME"');
  }
}

/** The text of a file that the command line names. @param what for the error @throws OperatorError */
export async function textOf(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`Cannot read the ${what}: ${(error as Error).message}`, 'Check the name of the file');
  }
}

/** Who asks, as a text that stays the same when the token is renewed. */
export async function callerOf({ as, tokenFile }: CallerOptions): Promise<string> {
  if (tokenFile === undefined) return as ?? '';
  const token = (await textOf(tokenFile, 'token')).trim();
  try {
    const { iat: _iat, exp: _exp, nbf: _nbf, jti: _jti, ...claims } = decodeJwt(token);
    return JSON.stringify(Object.entries(claims).sort());
  } catch {
    // not a JWT: another token is another caller
    return token;
  }
}
