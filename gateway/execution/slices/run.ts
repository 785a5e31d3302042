import { type JsonText, joined } from '../../transport/json-text';
import type { SubgraphAnswer } from '../../transport/transport';
import type { Calls } from '../calls';
import { RenderedData } from '../result';
import { type Numbers, numbersOf } from './numbers';
import {
  type RepresentationPart,
  type SliceEntities,
  type SliceFetch,
  type SliceNode,
  type SlicePlan,
  type Source,
  Write,
  type WritePlace,
} from './plan';
import { Representations } from './representations';
import { Scan } from './scan';
import { Writer } from './writer';

const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const NULL = Buffer.from('null');
const NULL_LIST = Buffer.from('[]');
const END = Buffer.from('}');
const NOTHING = Buffer.alloc(0);

/** The records of a source. */
interface Bound {
  readonly bytes: Buffer;
  readonly records: Numbers;
  /** Number of records. */
  readonly count: number;
  readonly stride: number;
  readonly link: Numbers | undefined;
}

/** Runs a sliced operation once, without parsing subgraph responses into objects. */
export class SliceRun {
  private readonly scans: (Scan | undefined)[];
  private readonly links: Numbers[];
  private isAmiss = false;

  constructor(
    private readonly plan: SlicePlan,
    private readonly calls: Calls,
  ) {
    this.scans = new Array(plan.fetches.length);
    this.links = new Array(plan.links);
  }

  /** The answer; undefined after any unexpected response. The general execution then reuses the calls. */
  async run(): Promise<RenderedData | undefined> {
    await this.node(this.plan.root);
    return this.isAmiss ? undefined : this.answer();
  }

  private node(node: SliceNode): Promise<void> | undefined {
    if (node.kind === 'Fetch') return this.fetch(node.fetch);
    if (node.kind === 'Sequence') return this.sequence(node.nodes);
    return Promise.all(node.nodes.map((child) => this.node(child))) as Promise<unknown> as Promise<void>;
  }

  private async sequence(nodes: readonly SliceNode[]): Promise<void> {
    for (const node of nodes) {
      if (this.isAmiss) return;
      await this.node(node);
    }
  }

  private fetch(sliced: SliceFetch): Promise<void> | undefined {
    const { fetch, entities } = sliced;
    const variablesText = this.calls.variables(fetch);
    if (entities.length === 0) return this.take(sliced, `{${variablesText}}`, []);
    const counts: Representations[] = [];
    const byVariable = new Map<string, Representations>();
    for (const entity of entities) {
      let representations = byVariable.get(entity.variable);
      if (!representations) {
        const maxCount = entities.reduce((sum, sibling) => sum + this.countOf(sibling), 0);
        representations = new Representations(maxCount, byVariable.size === 0 ? OPEN : COMMA, entity.member);
        byVariable.set(entity.variable, representations);
      }
      this.represent(entity, representations);
      counts.push(representations);
    }
    const all = [...byVariable.values()];
    if (all.every(({ count }) => count === 0)) return undefined;
    const last = variablesText === '' ? END : Buffer.from(`,${variablesText}}`);
    const texts = all.map((representations, i) => representations.text(i === all.length - 1 ? last : NOTHING));
    return this.take(sliced, joined(texts), counts);
  }

  private async take(sliced: SliceFetch, variables: JsonText, counts: readonly Representations[]): Promise<void> {
    let answer: SubgraphAnswer;
    try {
      answer = await this.calls.call(sliced.fetch, variables);
    } catch {
      // biome-ignore lint/plugin: the general execution gets the result of the same call and reports its failure
      this.isAmiss = true;
      return;
    }
    const scan = answer.bytes && scanOf(answer, answer.bytes, sliced);
    if (!scan || !sliced.entities.every(({ position }, i) => scan.counts[position.index] === counts[i]!.count))
      this.isAmiss = true;
    else this.scans[sliced.index] = scan;
  }

  private represent({ asked }: SliceEntities, representations: Representations): void {
    for (const { place, link, parts } of asked) {
      const [firstSource] = place.sources;
      const count = this.count(firstSource!);
      const numbers = numbersOf(count);
      this.links[link] = numbers;
      if (count === 0) continue;
      const { records, stride } = this.bind(firstSource!)!;
      const bound = parts.map(({ source }) => this.bind(source)!);
      for (let record = 0; record < count; record++)
        // null has no representation
        numbers[record] =
          records[record * stride] === -1 ? -1 : writeRepresentation(representations, parts, bound, record);
    }
  }

  /** Number of objects, including duplicates and nulls. */
  private countOf({ asked }: SliceEntities): number {
    let count = 0;
    for (const { place } of asked) count += this.count(place.sources[0]!);
    return count;
  }

  private count({ fetch, position }: Source): number {
    return this.scans[fetch]?.counts[position.index] ?? 0;
  }

  private bind({ fetch, position, link }: Source): Bound | undefined {
    const scan = this.scans[fetch];
    if (!scan) return undefined;
    return {
      bytes: scan.bytes,
      records: scan.records[position.index]!,
      count: scan.counts[position.index]!,
      stride: position.stride,
      link: link < 0 ? undefined : this.links[link],
    };
  }

  private answer(): RenderedData {
    const bound = this.plan.places.map(({ sources }) => sources.map((source) => this.bind(source)));
    // the response repeats data already read, except for keys
    const writing = new Writing(
      bound,
      this.scans.reduce((sum, scan) => sum + (scan?.bytes.length ?? 0), 0),
    );
    return writing.answer(this.plan.answer);
  }
}

function writeRepresentation(
  representations: Representations,
  parts: readonly RepresentationPart[],
  bound: readonly Bound[],
  record: number,
): number {
  const writer = representations.begin();
  for (let i = 0; i < parts.length; i++) {
    const { head, field } = parts[i]!;
    const { bytes, records, stride, link } = bound[i]!;
    const base = (link ? link[record]! : record) * stride + field.slot;
    writer.text(head);
    writer.copy(bytes, records[base + 1]!, records[base + 2]!);
  }
  writer.byte(CLOSE);
  return representations.end();
}

/** Scans a response once for all requests that share it. */
function scanOf(answer: SubgraphAnswer, bytes: Buffer, { layout }: SliceFetch): Scan | undefined {
  if (answer.scanned?.by !== layout) answer.scanned = { by: layout, result: Scan.of(bytes, layout) };
  return answer.scanned.result as Scan | undefined;
}

/** Writes the answer place by place. */
class Writing {
  private readonly out: Writer;
  /** Start and end of written records, by place and record. */
  private readonly written = new Map<number, Numbers>();

  /** @param expected estimated number of bytes */
  constructor(
    private readonly bound: readonly (readonly (Bound | undefined)[])[],
    expected: number,
  ) {
    this.out = Writer.for(expected);
  }

  answer(place: WritePlace): RenderedData {
    const { out } = this;
    out.text(RenderedData.HEAD);
    this.object(place, 0);
    out.byte(CLOSE);
    return RenderedData.ofBody(out.giveBack());
  }

  private object(place: WritePlace, record: number): void {
    if (place.isRepeated) this.once(place, record);
    else this.fields(place, record);
  }

  /** Writes a record once; copies it for further paths. */
  private once(place: WritePlace, record: number): void {
    const { out } = this;
    let written = this.written.get(place.index);
    if (!written) {
      const firstSource = this.bound[place.index]![0]!;
      written = numbersOf(firstSource.count * 2);
      this.written.set(place.index, written);
    }
    const end = written[record * 2 + 1]!;
    if (end > 0) {
      out.again(written[record * 2]!, end);
      return;
    }
    written[record * 2] = out.length;
    this.fields(place, record);
    written[record * 2 + 1] = out.length;
  }

  private fields({ index, steps, tail }: WritePlace, record: number): void {
    const { out } = this;
    const sources = this.bound[index]!;
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]!;
      out.text(step.head);
      const { bytes, records, stride, link } = sources[step.source]!;
      const base = (link ? link[record]! : record) * stride;
      switch (step.write) {
        case Write.Run:
          out.copy(bytes, records[base + step.slot]!, records[base + step.endSlot]!);
          break;
        case Write.Object: {
          const inner = records[base + step.slot]!;
          if (inner < 0) out.text(NULL);
          else this.object(step.objects!, inner);
          break;
        }
        case Write.List:
          this.list(step.objects!, records[base + step.slot]!, records[base + step.slot + 1]!);
          break;
        default:
          this.choice(sources, step.choices, record);
      }
    }
    out.text(tail);
  }

  private list(place: WritePlace, first: number, count: number): void {
    const { out } = this;
    if (count < 0) {
      out.text(NULL);
      return;
    }
    if (count === 0) {
      out.text(NULL_LIST);
      return;
    }
    const firstSource = this.bound[place.index]![0]!;
    out.byte(OPEN_LIST);
    for (let record = first; record < first + count; record++) {
      if (record > first) out.byte(COMMA);
      if (firstSource.records[record * firstSource.stride] === -1) out.text(NULL);
      else this.object(place, record);
    }
    out.byte(CLOSE_LIST);
  }

  private choice(
    sources: readonly (Bound | undefined)[],
    choices: readonly { readonly source: number; readonly slot: number }[],
    record: number,
  ): void {
    for (let i = 0; i < choices.length; i++) {
      const { bytes, records, stride, link } = sources[choices[i]!.source]!;
      const base = (link ? link[record]! : record) * stride + choices[i]!.slot;
      const start = records[base + 1]!;
      // null never replaces a value
      if (bytes[start] === 0x6e && i < choices.length - 1) continue;
      this.out.copy(bytes, start, records[base + 2]!);
      return;
    }
  }
}
