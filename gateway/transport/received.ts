import { LONG_TEXT } from './json-text';

/** What has come of a body, piece by piece; the pieces of a long one are not held until the last has come. */
export class Received {
  length = 0;
  private readonly pieces: Buffer[] = [];
  private whole: Buffer | undefined;

  /** @param expected how long it will be; NaN where nobody says so. */
  add(piece: Buffer, expected: number): void {
    const at = this.length;
    this.length += piece.length;
    if (this.length < LONG_TEXT) {
      this.pieces.push(piece);
      return;
    }
    if (!this.whole || this.whole.length < this.length)
      this.whole = this.copied(expected >= this.length ? expected : this.length * 2);
    // copied at once: what many requests hold for a while outlives V8's collections of what is new
    piece.copy(this.whole, at);
  }

  /** All of it; nothing may be added afterwards. */
  bytes(): Buffer {
    const { pieces, whole, length } = this;
    if (whole) return whole.subarray(0, length);
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }

  /** It is not wanted any more. */
  drop(): void {
    this.pieces.length = 0;
    this.whole = undefined;
  }

  /** What has come, with room for so many bytes. */
  private copied(room: number): Buffer {
    const larger = Buffer.allocUnsafeSlow(room);
    this.whole?.copy(larger);
    let at = 0;
    for (const piece of this.pieces) at += piece.copy(larger, at);
    this.pieces.length = 0;
    return larger;
  }
}
