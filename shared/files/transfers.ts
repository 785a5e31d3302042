import type { IncomingMessage } from 'node:http';
import type { PassThrough } from 'node:stream';
import { RequestError } from '../errors';
import type { MinRate } from '../http/slow-readers';

/** What callers may have under way of files, each way. */
export interface TransferLimits extends MinRate {
  /** Transfers of one caller at once; 0 for any number. */
  readonly perCaller: number;
}

/**
 * What a subgraph allows. Clients are held to the limits of their gateway; it passes on what it has of them in pieces, and must not be taken
 * for slow itself.
 */
export const TRANSFERS_OF_GATEWAYS: TransferLimits = { perCaller: 32, bytesPerSecond: 1_024, windowMs: 120_000 };

/** Transfers of all callers at once, each way. */
export const MAX_TRANSFERS = 512;

/** The transfers in one direction: those in the other are never kept waiting by them. */
export class Transfers {
  private readonly byCaller = new Map<string, number>();
  private all = 0;

  constructor(
    private readonly what: string,
    private readonly perCaller: number,
  ) {}

  /** @returns what ends the transfer; again, it does nothing @throws RequestError TOO_MANY_TRANSFERS */
  begin(caller: string): () => void {
    const own = this.byCaller.get(caller) ?? 0;
    if (this.perCaller > 0 && own >= this.perCaller)
      throw tooMany(`You have ${own} ${this.what} under way, and may have ${this.perCaller}`);
    if (this.all >= MAX_TRANSFERS) throw tooMany(`${this.all} ${this.what} are under way, and no more are possible`);
    this.byCaller.set(caller, own + 1);
    this.all += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.all -= 1;
      const left = this.byCaller.get(caller)! - 1;
      if (left > 0) this.byCaller.set(caller, left);
      else this.byCaller.delete(caller);
    };
  }
}

const tooMany = (why: string): RequestError =>
  new RequestError('TOO_MANY_TRANSFERS', `${why}: try again when one has ended`);

/**
 * Watches the rate at which a body comes, until it has come or broken off.
 * @param isWaiting whether whoever takes it keeps it waiting @param onTooSlow is called with the bytes that came in a window
 */
export function watchRate(
  request: IncomingMessage,
  { bytesPerSecond, windowMs }: MinRate,
  isWaiting: () => boolean,
  onTooSlow: (bytes: number) => void,
): void {
  if (bytesPerSecond === 0) return;
  const least = (bytesPerSecond * windowMs) / 1_000;
  let bytes = 0;
  let wasWaiting = false;
  const count = (chunk: Buffer) => {
    bytes += chunk.length;
  };
  const timer = setInterval(() => {
    const waits = isWaiting();
    if (bytes < least && !waits && !wasWaiting) {
      stop();
      onTooSlow(bytes);
    }
    bytes = 0;
    wasWaiting = waits;
  }, windowMs).unref();
  const stop = () => {
    clearInterval(timer);
    request.off('data', count);
  };
  request.on('data', count).once('end', stop).once('close', stop);
}

/** Ends an upload that is too slow: destroys its content with the error. */
export function requireRate(request: IncomingMessage, content: PassThrough, rate: MinRate): void {
  // whoever takes the content may not have begun to
  content.on('error', () => {});
  watchRate(
    request,
    rate,
    () => content.writableNeedDrain || content.destroyed,
    (bytes) =>
      content.destroy(
        new RequestError(
          'TRANSFER_TOO_SLOW',
          `${bytes} bytes came in ${rate.windowMs / 1_000} s, and ${rate.bytesPerSecond} a second have to; nothing was kept, so upload it again`,
        ),
      ),
  );
}
