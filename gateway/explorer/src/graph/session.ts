import { computed, effect, signal } from '@preact/signals';
import { config } from './config';

/** Someone who asks. */
export interface Caller {
  readonly name: string;
  /** Access token; undefined for the public. */
  readonly token: string | undefined;
  /** When the token expires, in milliseconds since 1970. */
  readonly expiresAt?: number;
}

export const PUBLIC: Caller = { name: 'the public', token: undefined };

/** Identities that the page offers without signing in. */
export const callers: readonly Caller[] = [
  PUBLIC,
  ...(config.callers ?? []).map(({ name, token }) => ({ name, token, expiresAt: expiryOf(token) })),
];

const CHOSEN = 'ordergraph.caller';
const SIGNED_IN = 'ordergraph.signed-in';

/** The caller of this page: a chosen identity of the development issuer, or the person who signed in. */
export const caller = signal<Caller>(storedCaller());

/** Whether the token of the caller has expired, as far as the page knows. */
export const isExpired = signal(false);

effect(() => {
  const { name, token, expiresAt } = caller.value;
  if (callers.includes(caller.value)) sessionStorage.setItem(CHOSEN, name);
  else sessionStorage.setItem(SIGNED_IN, JSON.stringify({ name, token, expiresAt }));
  isExpired.value = false;
});

/** Notes that the graph no longer accepts the token. */
export function expire(): void {
  isExpired.value = true;
}

export function signOut(): void {
  sessionStorage.removeItem(SIGNED_IN);
  caller.value = PUBLIC;
}

export const headers = computed((): Readonly<Record<string, string>> => {
  const { token } = caller.value;
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
});

function storedCaller(): Caller {
  const signedIn = sessionStorage.getItem(SIGNED_IN);
  if (signedIn) return JSON.parse(signedIn) as Caller;
  const name = sessionStorage.getItem(CHOSEN);
  return callers.find((candidate) => candidate.name === name) ?? defaultCaller();
}

/** Pages of a development graph begin with someone who sees figures. */
function defaultCaller(): Caller {
  return callers.find(({ name }) => name === 'Analyst') ?? PUBLIC;
}

/** Expiry in a JSON Web Token; undefined if it has none. Only for what the page says: the graph verifies tokens. */
export function expiryOf(token: string): number | undefined {
  try {
    const payload = token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/');
    const { exp } = JSON.parse(atob(payload)) as { exp?: number };
    return exp === undefined ? undefined : exp * 1_000;
  } catch {
    return undefined;
  }
}
