import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/** Estimated bytes of a parsed document per character of its text: measured, 36 to 55. */
const BYTES_A_CHARACTER = 60;
/** Estimated bytes of a document beside those of its text. */
const BYTES_A_DOCUMENT = 1_000;

/** Documents by their texts, or what was found instead. Their texts come from callers, so bytes are limited, not their number. */
export const parsedDocuments = <T extends object = DocumentNode>(maxBytes: number): LRUCache<string, T> =>
  new LRUCache<string, T>({
    maxSize: maxBytes,
    sizeCalculation: (_document, text) => BYTES_A_DOCUMENT + text.length * BYTES_A_CHARACTER,
  });
