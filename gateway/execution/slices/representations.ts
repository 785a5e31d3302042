import type { JsonText } from '../../transport/json-text';
import { type Numbers, numbersOf } from './numbers';
import { Writer } from './writer';

const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

/** Builds the text of a list of distinct representations. */
export class Representations {
  private readonly writer = Writer.take();
  /** Start and end of each. */
  private readonly bounds: Numbers;
  /** Number of a representation plus 1, by hash; open addressing, at most half full. */
  private readonly table: Numbers;
  private begun = 0;
  count = 0;

  /**
   * @param max maximum number of representations, including duplicates
   * @param before the byte before the member whose value is the list
   * @param member the member's name
   */
  constructor(max: number, before: number, member: Buffer) {
    this.bounds = numbersOf(max * 2);
    this.table = numbersOf(2 << (32 - Math.clz32(max)));
    this.writer.byte(before);
    this.writer.text(member);
    this.writer.byte(OPEN_LIST);
  }

  /** Begins a representation, which consists of all bytes written until `end`. */
  begin(): Writer {
    if (this.count > 0) this.writer.byte(COMMA);
    this.begun = this.writer.length;
    return this.writer;
  }

  /** Ends a representation. @returns its number */
  end(): number {
    const { writer, begun } = this;
    const slot = this.find(begun, writer.length);
    const entry = this.table[slot]!;
    if (entry !== 0) {
      // discards the duplicate
      writer.length = this.count > 0 ? begun - 1 : begun;
      return entry - 1;
    }
    this.bounds[this.count * 2] = begun;
    this.bounds[this.count * 2 + 1] = writer.length;
    this.count += 1;
    this.table[slot] = this.count;
    return this.count - 1;
  }

  /** The list as JSON with its surrounding text; nothing may be added afterwards. */
  text(tail: Buffer): JsonText {
    this.writer.byte(CLOSE_LIST);
    this.writer.text(tail);
    return this.writer.giveBackText();
  }

  /** The table slot of these bytes, or the free slot for them. */
  private find(start: number, end: number): number {
    const { table, bounds } = this;
    const { bytes } = this.writer;
    let hash = 0x811c9dc5;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    const mask = table.length - 1;
    for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const entry = table[slot]!;
      if (entry === 0 || isSame(bytes, bounds[entry * 2 - 2]!, bounds[entry * 2 - 1]!, start, end)) return slot;
    }
  }
}

function isSame(bytes: Buffer, a: number, aEnd: number, b: number, bEnd: number): boolean {
  if (aEnd - a !== bEnd - b) return false;
  for (let i = 0; i < aEnd - a; i++) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}
