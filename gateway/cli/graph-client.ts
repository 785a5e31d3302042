import { readFile } from 'node:fs/promises';
import { decodeJwt } from 'jose';
import { OperatorError } from '#base/errors';
import { parsePrincipal } from '#base/identity/principal';
import type { Answer, Ask } from '../export/ask';
import { DevelopmentIssuer } from '../identity/development-issuer';

/** A running graph, and who asks. */
export interface CallerOptions {
  readonly url: string;
  /** Principal of the development issuer, such as `role=analyst`. */
  readonly as?: string;
  /** File with the token of the caller, instead of `as`. */
  readonly tokenFile?: string;
  /** Folder with the keys of the development issuer. */
  readonly dataFolder: string;
}

/** A client of a running graph. @throws OperatorError */
export async function clientOf({ url, as, tokenFile, dataFolder }: CallerOptions): Promise<Ask> {
  if (!URL.canParse(url)) throw new OperatorError(`"${url}" is not a valid URL`, 'Use --url http://127.0.0.1:4000');
  const address = new URL('/graphql', url);
  const token = tokenFile === undefined ? undefined : (await textOf(tokenFile, 'token')).trim();
  const issuer = token === undefined && as !== undefined ? await DevelopmentIssuer.in(dataFolder) : undefined;
  const bearer = async () => token ?? (issuer && (await issuer.token(parsePrincipal(as!), 3_600)));
  return async (request) => {
    const current = await bearer();
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(current ? { authorization: `Bearer ${current}` } : {}) },
      body: JSON.stringify(request),
    });
    const answer: unknown = await response.json().catch(() => null);
    if (typeof answer === 'object' && answer !== null && ('data' in answer || 'errors' in answer))
      return answer as Answer;
    throw new Error(`HTTP ${response.status} without an answer in GraphQL`);
  };
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
