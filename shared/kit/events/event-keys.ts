import { createPublicKey, type KeyObject } from 'node:crypto';
import type { JWK } from 'jose';
import type { Logger } from 'pino';
import { OperatorError } from '#base/errors';
import { isPublicKey, publicKey, watchKeys } from '#base/identity/keys';
import { type SigningKey, signingKeyOf } from '#base/identity/signed-identity';

/** Keys that sign messages on the event bus, separate for each subgraph, so that none can impersonate another. */
export interface EventKeys {
  /** Private key of a subgraph of this process. @throws OperatorError without one */
  signingKey(subgraph: string): SigningKey;
  /** Public key of a subgraph by id; undefined if the subgraph has no such key. */
  find(keyId: string, subgraph: string): KeyObject | undefined;
}

/** Public key of an event sender, as listed in `event-keys.json`. */
export type SenderKey = JWK & { readonly subgraph: string };

/** By key id and subgraph, since a process may sign for several subgraphs with one key. */
type Senders = ReadonlyMap<string, KeyObject>;

const senderId = (keyId: string, subgraph: string): string => `${subgraph} ${keyId}`;

/** @throws Error if the text is not a set of senders' public keys */
export function senderKeysIn(text: string): readonly SenderKey[] {
  const { keys } = (JSON.parse(text) ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys) || !keys.every(isSenderKey))
    throw new Error(
      'expected a set of event keys: {"keys": […]} of public Ed25519 keys, each with a "kid" and a "subgraph"',
    );
  const ids = keys.map(({ kid }: SenderKey) => kid);
  const shared = ids.find((kid, place) => ids.indexOf(kid) !== place);
  // the owner of a shared key could impersonate the other subgraph
  if (shared !== undefined) throw new Error(`the key "${shared}" is listed twice: each subgraph needs a separate key`);
  return keys as SenderKey[];
}

const sendersOf = (keys: readonly SenderKey[]): Senders =>
  new Map(
    keys.map(({ subgraph, ...jwk }) => [
      senderId(jwk.kid!, subgraph),
      createPublicKey({ key: jwk as never, format: 'jwk' }),
    ]),
  );

const isSenderKey = (key: SenderKey | null): boolean =>
  isPublicKey(key) && typeof key?.subgraph === 'string' && /^[a-z][a-z0-9-]{0,59}$/.test(key.subgraph);

/** Keys of one process that runs several subgraphs, or of a test. @param privateKeys by subgraph */
export function eventKeysOf(privateKeys: ReadonlyMap<string, JWK>): EventKeys {
  const secrets = new Map([...privateKeys].map(([subgraph, key]) => [subgraph, signingKeyOf(key)]));
  const senders = sendersOf([...privateKeys].map(([subgraph, key]) => ({ ...publicKey(key), subgraph })));
  return {
    signingKey: (subgraph) => secrets.get(subgraph) ?? missing(subgraph),
    find: (keyId, subgraph) => senders.get(senderId(keyId, subgraph)),
  };
}

/** For a process without events. */
export const NO_EVENT_KEYS: EventKeys = eventKeysOf(new Map());

function missing(subgraph: string): never {
  throw new OperatorError(
    `The ${subgraph} subgraph has no key for signing its events`,
    'Set ORDERGRAPH_<NAME>_EVENT_KEY to its file; `ordergraph keys FOLDER` creates it',
  );
}

export interface EventKeyFiles {
  /** Private keys of the subgraphs of this process, by name. */
  readonly own: ReadonlyMap<string, string>;
  /** Public keys of all senders. */
  readonly senders: string;
}

/** Keys from files. Reloads replaced files within a second, and at once for an unknown key id. @throws OperatorError */
export function readEventKeys({ own, senders }: EventKeyFiles, log?: Logger): EventKeys {
  const secrets = new Map(
    [...own].map(([subgraph, file]) => [
      subgraph,
      watchKeys(file, `the event key of ${subgraph}`, (text) => signingKeyOf(JSON.parse(text) as JWK), log),
    ]),
  );
  const senderKeys = watchKeys(
    senders,
    'the public event keys (ORDERGRAPH_EVENT_KEYS)',
    (text) => sendersOf(senderKeysIn(text)),
    log,
  );
  for (const [subgraph, { current }] of secrets)
    if (!senderKeys.current.has(senderId(current.id, subgraph)))
      throw new OperatorError(
        `The event key of ${subgraph} in "${own.get(subgraph)}" is not one of its public keys in "${senders}", so other subgraphs would reject its events`,
        'Use the files from one run of `ordergraph keys FOLDER`, with a separate key for each subgraph',
      );
  return {
    signingKey: (subgraph) => secrets.get(subgraph)?.current ?? missing(subgraph),
    find(keyId, subgraph) {
      const id = senderId(keyId, subgraph);
      const key = senderKeys.current.get(id);
      if (key) return key;
      senderKeys.look();
      return senderKeys.current.get(id);
    },
  };
}
