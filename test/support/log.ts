import type { Logger } from 'pino';
import { createLog } from '../../gateway/telemetry/log';

/** A log whose lines a test reads as objects. */
export function recordingLog(): { readonly log: Logger; readonly lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const log = createLog('info', 'test', { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { log, lines };
}
