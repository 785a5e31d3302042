import type { IncomingMessage } from 'node:http';
import type { PassThrough } from 'node:stream';
import { RequestError } from '../errors';
import type { MinRate } from '../http/slow-readers';

/** Limits on file transfers, for each direction. */
export interface TransferLimits extends MinRate {
  /** Maximum concurrent transfers of one caller; 0 disables the limit. */
  readonly perCaller: number;
}

/**
 * Default limits of a subgraph. A gateway enforces stricter ones on clients and forwards their bytes in bursts, so the subgraph must not
 * treat the gateway itself as slow.
 */
export const TRANSFERS_OF_GATEWAYS: TransferLimits = { perCaller: 32, bytesPerSecond: 1_024, windowMs: 120_000 };

/** Maximum concurrent transfers of all callers, for each direction. */
export const MAX_TRANSFERS = 512;

/** Transfers in one direction, which never block those in the other. */
export class Transfers {
  private readonly byCaller = new Map<string, number>();
  private all = 0;

  constructor(
    private readonly what: string,
    private readonly perCaller: number,
  ) {}

  /** @returns a function that ends the transfer, once @throws RequestError TOO_MANY_TRANSFERS */
  begin(caller: string): () => void {
    const current = this.byCaller.get(caller) ?? 0;
    if (this.perCaller > 0 && current >= this.perCaller)
      throw tooMany(`You have ${current} ${this.what} in progress; the maximum is ${this.perCaller}`);
    if (this.all >= MAX_TRANSFERS)
      throw tooMany(`${this.all} ${this.what} are in progress; the maximum is ${MAX_TRANSFERS}`);
    this.byCaller.set(caller, current + 1);
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
 * Watches the rate at which a body arrives, until its end.
 * @param isWaiting whether the consumer causes the delay @param onTooSlow receives the bytes that arrived in the window
 */
export function watchRate(
  request: IncomingMessage,
  { bytesPerSecond, windowMs }: MinRate,
  isWaiting: () => boolean,
  onTooSlow: (bytes: number) => void,
): void {
  if (bytesPerSecond === 0) return;
  const minBytes = (bytesPerSecond * windowMs) / 1_000;
  let bytes = 0;
  let wasWaiting = false;
  const count = (chunk: Buffer) => {
    bytes += chunk.length;
  };
  const timer = setInterval(() => {
    const waits = isWaiting();
    if (bytes < minBytes && !waits && !wasWaiting) {
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

/** Destroys the content of an upload that is too slow, with an error. */
export function requireRate(request: IncomingMessage, content: PassThrough, rate: MinRate): void {
  // the consumer may not have a listener yet
  content.on('error', () => {});
  watchRate(
    request,
    rate,
    () => content.writableNeedDrain || content.destroyed,
    (bytes) =>
      content.destroy(
        new RequestError(
          'TRANSFER_TOO_SLOW',
          `${bytes} bytes arrived in ${rate.windowMs / 1_000} s, but ${rate.bytesPerSecond} per second are required; the upload was discarded, so upload the file again`,
        ),
      ),
  );
}
