import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';

const GRACE_MS = 15_000;

/** Ends the process well on SIGINT and SIGTERM: what is under way is finished, within 15 seconds. */
export function closeOnSignal(log: Logger, close: () => Promise<void>): void {
  closeWithGrace({ delay: GRACE_MS, logger: false }, async ({ signal, err }) => {
    if (err) log.error({ err }, 'ending after an unexpected error');
    else log.info({ signal }, 'ending');
    await close();
  });
}
