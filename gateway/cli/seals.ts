import type { JWK } from 'jose';
import type { Logger } from 'pino';
import { readIdentityKeys } from '#base/identity/keys';
import { anchorOf } from '#kit/audit/anchor';
import { SealKeys } from '#kit/audit/seal';
import { type SealBoard, SealExchange, type SealedRecord } from '#kit/audit/seal-exchange';

/** Public keys of those who seal records, where they are configured. @throws OperatorError */
export function configuredKeys(): readonly JWK[] | undefined {
  const { ORDERGRAPH_AUDIT_KEYS: file } = process.env;
  return file ? readIdentityKeys(file).current.keys : undefined;
}

/**
 * Shows the seals of a record to other processes and to the anchor that ORDERGRAPH_AUDIT_ANCHOR names, and takes in theirs.
 * @param audit undefined of a gateway, which brings the seals of all records to its anchor
 * @returns undefined where no bus and no anchor is configured
 */
export function exchangeSeals(
  audit: SealedRecord | undefined,
  board: SealBoard | undefined,
  log: Logger,
  place = process.env.ORDERGRAPH_AUDIT_ANCHOR,
): SealExchange | undefined {
  const anchor = place ? anchorOf(place) : undefined;
  if (!audit && anchor && !board) log.warn('ORDERGRAPH_AUDIT_ANCHOR needs EVENTS_URL: no seals of records reach it');
  if (audit ? !board && !anchor : !board || !anchor) return undefined;
  const known = audit ? undefined : configuredKeys();
  const exchange = new SealExchange({ audit, board, anchor, keys: known && new SealKeys(known), log });
  exchange.start();
  return exchange;
}
