import { Writer } from './writer';

const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

/** The text of a list of representations, each in it once. */
export class Representations {
  private readonly writer = Writer.take();
  /** Where each begins and ends. */
  private readonly bounds: number[] = [];
  /** By hash, the number of a representation and one; open addressing. */
  private table: number[] = empty(16);
  private begun = 0;
  count = 0;

  constructor() {
    this.writer.byte(OPEN_LIST);
  }

  /** Begins a representation; what is written until `end` is its text. */
  begin(): Writer {
    if (this.count > 0) this.writer.byte(COMMA);
    this.begun = this.writer.length;
    return this.writer;
  }

  /** The number of what has been written since `begin`. */
  end(): number {
    const { writer, begun } = this;
    let slot = this.find(begun, writer.length);
    const known = this.table[slot]!;
    if (known !== 0) {
      // as if it had not been begun
      writer.length = this.count > 0 ? begun - 1 : begun;
      return known - 1;
    }
    if (this.count * 2 >= this.table.length) {
      this.enlarge();
      slot = this.find(begun, writer.length);
    }
    this.bounds.push(begun, writer.length);
    this.count += 1;
    this.table[slot] = this.count;
    return this.count - 1;
  }

  /** The list as JSON; nothing may be added afterwards. */
  text(): string {
    this.writer.byte(CLOSE_LIST);
    return this.writer.giveBackText();
  }

  /** Where in the table these bytes are, or belong. */
  private find(start: number, end: number): number {
    const { table, bounds } = this;
    const { bytes } = this.writer;
    let hash = 0x811c9dc5;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    const mask = table.length - 1;
    for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const known = table[slot]!;
      if (known === 0 || isSame(bytes, bounds[known * 2 - 2]!, bounds[known * 2 - 1]!, start, end)) return slot;
    }
  }

  private enlarge(): void {
    this.table = empty(this.table.length * 4);
    for (let i = 0; i < this.count; i++) this.table[this.find(this.bounds[i * 2]!, this.bounds[i * 2 + 1]!)] = i + 1;
  }
}

const empty = (length: number): number[] => new Array<number>(length).fill(0);

function isSame(bytes: Buffer, a: number, aEnd: number, b: number, bEnd: number): boolean {
  if (aEnd - a !== bEnd - b) return false;
  for (let i = 0; i < aEnd - a; i++) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}
