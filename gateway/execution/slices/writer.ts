/** Bytes that grow as they are written. */
export class Writer {
  bytes: Buffer;
  length = 0;

  constructor(size = 4_096) {
    this.bytes = Buffer.allocUnsafeSlow(size);
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
