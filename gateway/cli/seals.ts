import type { Logger } from 'pino';
import { anchorOf } from '#kit/audit/anchor';
import { readSealKeys, type SealKeySource, SealKeys } from '#kit/audit/seal';
import { type SealBoard, SealExchange, type SealedRecord } from '#kit/audit/seal-exchange';
import type { AnchorSettings } from './settings';

/** The configured public keys that verify seals, reloaded when the file changes. @throws OperatorError */
export const configuredKeys = (
  { auditKeys }: Pick<AnchorSettings, 'auditKeys'>,
  log: Logger,
): SealKeySource | undefined => (auditKeys === '' ? undefined : readSealKeys(auditKeys, log));

/**
 * Sends the seals of a record to other processes and to the configured anchor, and receives theirs.
 * @param audit undefined for a gateway, which forwards the seals of all records to its anchor
 * @returns undefined where the bus or the anchor that this needs is not configured
 */
export function exchangeSeals(
  audit: SealedRecord | undefined,
  board: SealBoard | undefined,
  settings: AnchorSettings,
  log: Logger,
): SealExchange | undefined {
  const anchor = settings.auditAnchor === '' ? undefined : anchorOf(settings.auditAnchor);
  if (!audit && anchor && !board)
    log.warn('ORDERGRAPH_AUDIT_ANCHOR has no effect without ORDERGRAPH_EVENTS_URL: no seals reach it');
  if (audit ? !board && !anchor : !board || !anchor) return undefined;
  const publicKeys = audit ? undefined : configuredKeys(settings, log);
  const exchange = new SealExchange({ audit, board, anchor, keys: publicKeys && new SealKeys([], publicKeys), log });
  exchange.start();
  return exchange;
}
