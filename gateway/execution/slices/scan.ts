import { isUtf8 } from 'node:buffer';
import { type FieldLayout, Kept, Leaf, type Position, type ValueLayout } from './layout';
import { lengthened, type Numbers, numbersToGrow } from './numbers';

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const NULL = Buffer.from('null');
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const DATA = Buffer.from('"data":');
const ERRORS = Buffer.from('"errors":');
const MAX_INT = 2 ** 31;
/** Maximum nesting of custom scalar values. */
const MAX_DEPTH = 200;

/** The root of a response: the objects of a root fetch, or a list of entities under each alias. */
export interface RootLayout {
  readonly positions: readonly Position[];
  /** The root object of a root fetch. */
  readonly root?: Position;
  readonly entities?: readonly { readonly key: Buffer; readonly position: Position }[];
}

/**
 * A single scan of a subgraph response. It checks that the bytes are UTF-8 JSON of the requested layout, without errors and invalid
 * nulls, and records the place of each value without creating values. This is faster than `JSON.parse`, whose objects
 * must then be traversed and garbage-collected: see docs/performance.md.
 */
export class Scan {
  /** Records of objects by position; may have unused capacity at the end. */
  readonly records: Numbers[];
  readonly counts: number[];
  private at = 0;
  private readonly end: number;

  private constructor(
    readonly bytes: Buffer,
    { positions }: RootLayout,
  ) {
    this.end = bytes.length;
    this.records = positions.map(() => numbersToGrow(bytes.length));
    this.counts = positions.map(() => 0);
  }

  /** Undefined for any unexpected content: the general execution must then read the response. */
  static of(bytes: Buffer, layout: RootLayout): Scan | undefined {
    if (!isUtf8(bytes)) return undefined;
    const scan = new Scan(bytes, layout);
    return scan.response(layout) ? scan : undefined;
  }

  private response(layout: RootLayout): boolean {
    this.space();
    if (!this.take(OPEN)) return false;
    let hasData = false;
    do {
      this.space();
      if (this.key(DATA)) {
        if (hasData || !this.data(layout)) return false;
        hasData = true;
      } else if (this.key(ERRORS)) {
        if (!this.noErrors()) return false;
      } else if (!this.other()) return false;
    } while (this.another());
    if (!this.take(CLOSE)) return false;
    this.space();
    return hasData && this.at === this.end;
  }

  /** Accepts null or an empty list, which some servers send. */
  private noErrors(): boolean {
    if (!this.take(OPEN_LIST)) return this.text(NULL);
    this.space();
    return this.take(CLOSE_LIST);
  }

  /** Skips an irrelevant member such as `extensions`. Rejects names with escapes, which might hide a relevant one. */
  private other(): boolean {
    const { bytes, at } = this;
    if (!this.string() || bytes.subarray(at, this.at).includes(BACKSLASH)) return false;
    this.space();
    if (!this.take(COLON)) return false;
    this.space();
    return this.any(0);
  }

  private data({ root, entities = [] }: RootLayout): boolean {
    if (root) return this.record(root) >= 0;
    if (!this.take(OPEN)) return false;
    for (let i = 0; i < entities.length; i++) {
      const { key, position } = entities[i]!;
      if (i > 0 && !this.another()) return false;
      this.space();
      if (!this.key(key) || !this.list(position, true)) return false;
    }
    this.space();
    return this.take(CLOSE);
  }

  /** Scans a list of objects into consecutive records. */
  private list(position: Position, isItemNonNull: boolean): boolean {
    if (!this.take(OPEN_LIST)) return false;
    this.space();
    if (this.take(CLOSE_LIST)) return true;
    do {
      this.space();
      if (this.bytes[this.at] === OPEN) {
        if (this.record(position) < 0) return false;
      } else if (isItemNonNull || !this.text(NULL)) return false;
      else {
        const records = this.room(position);
        records[(this.counts[position.index]! - 1) * position.stride] = -1;
      }
    } while (this.another());
    return this.take(CLOSE_LIST);
  }

  /** Scans an object. @returns the number of its record; -1 if invalid */
  private record(position: Position): number {
    const record = this.room(position);
    const index = this.counts[position.index]! - 1;
    const base = index * position.stride;
    record[base] = this.at;
    if (!this.take(OPEN)) return -1;
    const { fields } = position;
    for (let i = 0; i < fields.length; i++) {
      if (i > 0 && !this.another()) return -1;
      this.space();
      if (!this.field(fields[i]!, record, base)) return -1;
    }
    this.space();
    if (!this.take(CLOSE)) return -1;
    record[base + 1] = this.at;
    return index;
  }

  private field(field: FieldLayout, record: Numbers, base: number): boolean {
    const slot = base + field.slot;
    const keyAt = this.at;
    if (!this.key(field.key)) return false;
    if (field.kept === Kept.Whole) {
      record[slot] = keyAt;
      record[slot + 1] = this.at;
      if (!this.value(field.value!, 0)) return false;
      record[slot + 2] = this.at;
      return true;
    }
    const position = field.position!;
    if (field.kept === Kept.Object) {
      if (this.bytes[this.at] !== OPEN) {
        record[slot] = -1;
        return !field.isNonNull && this.text(NULL);
      }
      const index = this.record(position);
      record[slot] = index;
      return index >= 0;
    }
    const first = this.counts[position.index]!;
    record[slot] = first;
    if (this.bytes[this.at] !== OPEN_LIST) {
      record[slot + 1] = -1;
      return !field.isNonNull && this.text(NULL);
    }
    if (!this.list(position, field.isItemNonNull)) return false;
    record[slot + 1] = this.counts[position.index]! - first;
    return true;
  }

  /** Makes room for one more record. */
  private room({ index, stride }: Position): Numbers {
    let records = this.records[index]!;
    const count = this.counts[index]! + 1;
    this.counts[index] = count;
    if (count * stride > records.length) {
      records = this.lengthened(records, count * stride);
      this.records[index] = records;
    }
    return records;
  }

  /** Separate from {@link room}, which V8 inlines only while it is small. */
  private lengthened(records: Numbers, needed: number): Numbers {
    // extrapolates the density so far, with a margin
    return lengthened(records, needed, Math.ceil((records.length * this.end * 1.05) / (this.at + 1)));
  }

  private value(layout: ValueLayout, depth: number): boolean {
    const first = this.bytes[this.at];
    if (first === 0x6e) return !layout.isNonNull && this.text(NULL);
    switch (layout.leaf) {
      case Leaf.String:
        return this.string();
      case Leaf.Int:
        return this.integer();
      case Leaf.Float:
        return this.number(false);
      case Leaf.Boolean:
        return this.text(TRUE) || this.text(FALSE);
      case Leaf.OneOf:
        for (let i = 0; i < layout.texts.length; i++) if (this.text(layout.texts[i]!)) return true;
        return false;
      case Leaf.List:
        return this.valueList(layout.item!, depth);
      case Leaf.Object:
        return this.object(layout, depth);
      default:
        return this.any(depth);
    }
  }

  private valueList(item: ValueLayout, depth: number): boolean {
    if (!this.take(OPEN_LIST)) return false;
    this.space();
    if (this.take(CLOSE_LIST)) return true;
    do {
      this.space();
      if (!this.value(item, depth)) return false;
    } while (this.another());
    return this.take(CLOSE_LIST);
  }

  private object({ keys, values }: ValueLayout, depth: number): boolean {
    if (!this.take(OPEN)) return false;
    for (let i = 0; i < keys.length; i++) {
      if (i > 0 && !this.another()) return false;
      this.space();
      if (!this.key(keys[i]!) || !this.value(values[i]!, depth)) return false;
    }
    this.space();
    return this.take(CLOSE);
  }

  /** Any JSON value. */
  private any(depth: number): boolean {
    if (depth > MAX_DEPTH) return false;
    switch (this.bytes[this.at]) {
      case QUOTE:
        return this.string();
      case 0x74:
        return this.text(TRUE);
      case 0x66:
        return this.text(FALSE);
      case 0x6e:
        return this.text(NULL);
      case OPEN_LIST:
        return this.anyList(depth + 1);
      case OPEN:
        return this.anyObject(depth + 1);
      default:
        return this.number(true);
    }
  }

  private anyList(depth: number): boolean {
    this.at += 1;
    this.space();
    if (this.take(CLOSE_LIST)) return true;
    do {
      this.space();
      if (!this.any(depth)) return false;
    } while (this.another());
    return this.take(CLOSE_LIST);
  }

  private anyObject(depth: number): boolean {
    this.at += 1;
    this.space();
    if (this.take(CLOSE)) return true;
    do {
      this.space();
      if (!this.string()) return false;
      this.space();
      if (!this.take(COLON)) return false;
      this.space();
      if (!this.any(depth)) return false;
    } while (this.another());
    return this.take(CLOSE);
  }

  private string(): boolean {
    const { bytes, end } = this;
    let at = this.at;
    if (bytes[at] !== QUOTE) return false;
    at += 1;
    while (at < end) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        this.at = at + 1;
        return true;
      }
      if (byte < 0x20) return false;
      if (byte === BACKSLASH) {
        const length = escapeLength(bytes, at);
        if (length === 0) return false;
        at += length;
      } else at += 1;
    }
    return false;
  }

  /** A GraphQL Int. */
  private integer(): boolean {
    const { bytes } = this;
    const start = this.at;
    const isNegative = bytes[start] === MINUS;
    let at = isNegative ? start + 1 : start;
    const digits = at;
    let value = 0;
    for (let byte = bytes[at]; byte !== undefined && byte >= ZERO && byte <= NINE; byte = bytes[++at])
      value = value * 10 + byte - ZERO;
    const count = at - digits;
    const next = bytes[at];
    // 1.0 and 1e3 are integers, too; the general execution handles them
    if (count === 0 || count > 15 || (bytes[digits] === ZERO && (count > 1 || isNegative))) return false;
    if (next === DOT || next === 0x65 || next === 0x45) return false;
    if (isNegative ? value > MAX_INT : value >= MAX_INT) return false;
    this.at = at;
    return true;
  }

  /** @param isAny whether to allow exponents, whose values may exceed doubles */
  private number(isAny: boolean): boolean {
    const { bytes } = this;
    let at = this.at;
    if (bytes[at] === MINUS) at += 1;
    const whole = at;
    at = afterDigits(bytes, at);
    if (at === whole || at - whole > 300 || (bytes[whole] === ZERO && at - whole > 1)) return false;
    if (bytes[at] === DOT) {
      const fraction = at + 1;
      at = afterDigits(bytes, fraction);
      if (at === fraction) return false;
    }
    if (bytes[at] === 0x65 || bytes[at] === 0x45) {
      if (!isAny) return false;
      at += 1;
      if (bytes[at] === MINUS || bytes[at] === 0x2b) at += 1;
      const exponent = at;
      at = afterDigits(bytes, exponent);
      if (at === exponent) return false;
    }
    this.at = at;
    return true;
  }

  private key(key: Buffer): boolean {
    const { bytes, at } = this;
    const length = key.length;
    for (let i = 0; i < length - 1; i++) if (bytes[at + i] !== key[i]) return false;
    this.at = at + length - 1;
    this.space();
    if (bytes[this.at] !== COLON) {
      this.at = at;
      return false;
    }
    this.at += 1;
    this.space();
    return true;
  }

  private text(text: Buffer): boolean {
    const { bytes, at } = this;
    for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
    this.at = at + text.length;
    return true;
  }

  private take(byte: number): boolean {
    if (this.bytes[this.at] !== byte) return false;
    this.at += 1;
    return true;
  }

  /** Whether another member follows. */
  private another(): boolean {
    this.space();
    return this.take(COMMA);
  }

  private space(): void {
    let byte = this.bytes[this.at];
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = this.bytes[++this.at];
  }
}

function afterDigits(bytes: Buffer, from: number): number {
  let at = from;
  for (let byte = bytes[at]; byte !== undefined && byte >= ZERO && byte <= NINE; ) byte = bytes[++at];
  return at;
}

/** Length of an escape in a string; 0 if invalid. */
function escapeLength(bytes: Buffer, at: number): number {
  switch (bytes[at + 1]) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return 2;
    case 0x75:
      for (let i = 2; i < 6; i++) if (!isHex(bytes[at + i])) return 0;
      return 6;
    default:
      return 0;
  }
}

const isHex = (byte: number | undefined): boolean =>
  byte !== undefined &&
  ((byte >= ZERO && byte <= NINE) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66));
