import { createHash } from 'node:crypto';
import type { GraphQLFormattedError } from 'graphql';
import { LRUCache } from 'lru-cache';

/** Maximum total characters of registered documents. */
const MAX_CHARACTERS = 30 * 1024 * 1024;
/** Maximum characters of a registered document; longer ones are executed only, so that one caller cannot evict everyone's documents. */
const MAX_DOCUMENT = 100_000;
/** Apollo Server's key prefix for automatic persisted queries. */
const PREFIX = 'apq:';

/** Documents that clients have registered as automatic persisted queries. Apollo Server adds them once they are valid. */
export class PersistedQueries {
  private readonly texts = new LRUCache<string, string>({
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (text, key) => text.length + key.length,
  });

  /** @param hash SHA-256 in hexadecimal */
  textOf(hash: string): string | undefined {
    return this.texts.get(`${PREFIX}${hash}`);
  }

  async get(key: string): Promise<string | undefined> {
    return this.texts.get(key);
  }

  async set(key: string, text: string): Promise<void> {
    if (text.length <= MAX_DOCUMENT) this.texts.set(key, text);
  }

  async delete(key: string): Promise<boolean> {
    return this.texts.delete(key);
  }
}

/**
 * Validates the `persistedQuery` extension by the protocol of automatic persisted queries. Apollo Server would reject the same requests
 * as internal errors, without a code.
 */
export function persistedQueryError(query: unknown, extensions: unknown): GraphQLFormattedError | undefined {
  if (!isObject(extensions)) return undefined;
  const { persistedQuery } = extensions;
  if (persistedQuery === undefined || persistedQuery === null) return undefined;
  if (!isObject(persistedQuery))
    return badRequest('extensions.persistedQuery must be an object with version and sha256Hash');
  const { version, sha256Hash } = persistedQuery;
  if (version !== 1) return badRequest('extensions.persistedQuery.version must be 1');
  if (typeof sha256Hash !== 'string')
    return badRequest('extensions.persistedQuery.sha256Hash must be a string: the SHA-256 of the query in hexadecimal');
  if (typeof query !== 'string') return undefined;
  const hash = createHash('sha256').update(query).digest('hex');
  if (hash === sha256Hash) return undefined;
  return {
    message: `extensions.persistedQuery.sha256Hash does not match the query, whose SHA-256 is ${hash}`,
    extensions: { code: 'PERSISTED_QUERY_MISMATCH' },
  };
}

const badRequest = (message: string): GraphQLFormattedError => ({ message, extensions: { code: 'BAD_REQUEST' } });

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
