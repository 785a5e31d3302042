import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';

const GRACE_MS = 15_000;

/** Ends the process well on SIGINT and SIGTERM: what is under way is finished, within a time. */
export function closeOnSignal(log: Logger, close: () => Promise<void>, graceMs = GRACE_MS): void {
  closeWithGrace({ delay: graceMs, logger: false }, async ({ signal, err }) => {
    if (err) log.error({ err }, 'ending after an unexpected error');
    else log.info({ signal }, 'ending');
    await close();
  });
}
