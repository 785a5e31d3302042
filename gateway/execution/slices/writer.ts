import { type JsonText, LONG_TEXT } from '../../transport/json-text';

/** Writers that nobody uses, to be used again: making a buffer costs more than most of what is written into one. */
const idle: Writer[] = [];
const MOST_IDLE = 8;
const FIRST_BYTES = 16_384;
/** A buffer that has grown beyond is given away instead of being copied from. */
const MOST_KEPT_BYTES = 4 * 1_024 * 1_024;

/** Bytes that grow as they are written. */
export class Writer {
  bytes: Buffer;
  length = 0;

  private constructor(
    room: number,
    private readonly isGivenAway = false,
  ) {
    this.bytes = Buffer.allocUnsafeSlow(room);
  }

  static take(): Writer {
    const writer = idle.pop() ?? new Writer(FIRST_BYTES);
    writer.length = 0;
    return writer;
  }

  /**
   * For a long text, one with a buffer of about its size, which is given away.
   * @param expected how many bytes will be written, as far as one can see.
   */
  static for(expected: number): Writer {
    return expected < LONG_TEXT ? Writer.take() : new Writer(expected, true);
  }

  /** What has been written. The writer must not be used any more. */
  giveBack(): Buffer {
    if (this.isGivenAway || this.bytes.length > MOST_KEPT_BYTES) return this.bytes.subarray(0, this.length);
    const written = Buffer.allocUnsafe(this.length);
    this.bytes.copy(written, 0, 0, this.length);
    this.rest();
    return written;
  }

  /** As {@link giveBack}, as text. */
  giveBackText(): JsonText {
    if (this.length >= LONG_TEXT) return this.giveBack();
    const text = this.bytes.toString('utf8', 0, this.length);
    if (this.bytes.length <= MOST_KEPT_BYTES) this.rest();
    return text;
  }

  private rest(): void {
    if (idle.length < MOST_IDLE) idle.push(this);
  }

  copy(from: Buffer, start: number, end: number): void {
    const count = end - start;
    let at = this.length;
    if (at + count > this.bytes.length) this.grow(count);
    const { bytes } = this;
    // a call into native code costs more than copying a few bytes here
    if (count > 48) from.copy(bytes, at, start, end);
    else for (let i = start; i < end; i++) bytes[at++] = from[i]!;
    this.length += count;
  }

  text(text: Buffer): void {
    this.copy(text, 0, text.length);
  }

  byte(byte: number): void {
    if (this.length === this.bytes.length) this.grow(1);
    this.bytes[this.length++] = byte;
  }

  /** Writes once more what stands between two places. */
  again(start: number, end: number): void {
    if (this.length + end - start > this.bytes.length) this.grow(end - start);
    this.bytes.copyWithin(this.length, start, end);
    this.length += end - start;
  }

  private grow(count: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + count));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}
