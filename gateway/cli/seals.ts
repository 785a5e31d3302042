import type { Logger } from 'pino';
import { anchorOf } from '#kit/audit/anchor';
import { readSealKeys, type SealKeySource, SealKeys } from '#kit/audit/seal';
import { type SealBoard, SealExchange, type SealedRecord } from '#kit/audit/seal-exchange';

/** Public keys of those who seal records, where they are configured; read again when they are replaced. @throws OperatorError */
export function configuredKeys(log: Logger): SealKeySource | undefined {
  const { ORDERGRAPH_AUDIT_KEYS: file } = process.env;
  return file ? readSealKeys(file, log) : undefined;
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
  const known = audit ? undefined : configuredKeys(log);
  const exchange = new SealExchange({ audit, board, anchor, keys: known && new SealKeys([], known), log });
  exchange.start();
  return exchange;
}
