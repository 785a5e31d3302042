import { LONG_TEXT } from './json-text';

/** Collects the chunks of a body; copies those of a long one immediately instead of holding them. */
export class Received {
  length = 0;
  private readonly pieces: Buffer[] = [];
  private whole: Buffer | undefined;

  /** @param expected announced length of the body; NaN if unknown */
  add(piece: Buffer, expected: number): void {
    const at = this.length;
    this.length += piece.length;
    if (this.length < LONG_TEXT) {
      this.pieces.push(piece);
      return;
    }
    if (!this.whole || this.whole.length < this.length)
      this.whole = this.copied(expected >= this.length ? expected : this.length * 2);
    // copied at once: chunks held by many requests would survive V8's young-generation collections
    piece.copy(this.whole, at);
  }

  /** The complete body; nothing may be added afterwards. */
  bytes(): Buffer {
    const { pieces, whole, length } = this;
    if (whole) return whole.subarray(0, length);
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }

  /** Releases the body. */
  drop(): void {
    this.pieces.length = 0;
    this.whole = undefined;
  }

  /** The bytes so far, copied into a buffer with room for more. */
  private copied(room: number): Buffer {
    const larger = Buffer.allocUnsafeSlow(room);
    this.whole?.copy(larger);
    let at = 0;
    for (const piece of this.pieces) at += piece.copy(larger, at);
    this.pieces.length = 0;
    return larger;
  }
}
