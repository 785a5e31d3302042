import { type JsonText, LONG_TEXT } from '../../transport/json-text';

/** Idle writers for reuse: allocating a buffer costs more than most writes. */
const idle: Writer[] = [];
const MAX_IDLE = 8;
const FIRST_BYTES = 16_384;
/** Maximum size of a reused buffer; larger ones are handed over instead of copied. */
const MAX_REUSED_BYTES = 4 * 1_024 * 1_024;

/** A growing byte buffer. */
export class Writer {
  bytes: Buffer;
  length = 0;

  private constructor(
    room: number,
    private readonly isHandedOver = false,
  ) {
    this.bytes = Buffer.allocUnsafeSlow(room);
  }

  static take(): Writer {
    const writer = idle.pop() ?? new Writer(FIRST_BYTES);
    writer.length = 0;
    return writer;
  }

  /**
   * A writer for a text of estimated size; a long one gets its own buffer, which is handed over at the end.
   * @param expected estimated number of bytes
   */
  static for(expected: number): Writer {
    return expected < LONG_TEXT ? Writer.take() : new Writer(expected, true);
  }

  /** The written bytes. The writer must not be used afterwards. */
  giveBack(): Buffer {
    if (this.isHandedOver || this.bytes.length > MAX_REUSED_BYTES) return this.bytes.subarray(0, this.length);
    const written = Buffer.allocUnsafe(this.length);
    this.bytes.copy(written, 0, 0, this.length);
    this.rest();
    return written;
  }

  /** Like {@link giveBack}, as text. */
  giveBackText(): JsonText {
    if (this.length >= LONG_TEXT) return this.giveBack();
    const text = this.bytes.toString('utf8', 0, this.length);
    if (this.bytes.length <= MAX_REUSED_BYTES) this.rest();
    return text;
  }

  private rest(): void {
    if (idle.length < MAX_IDLE) idle.push(this);
  }

  copy(from: Buffer, start: number, end: number): void {
    const count = end - start;
    let at = this.length;
    if (at + count > this.bytes.length) this.grow(count);
    const { bytes } = this;
    // a native call costs more than copying a few bytes here
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

  /** Writes the bytes between two positions again. */
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
