import type { FormattedExecutionResult } from 'graphql';

/** The data of an answer as JSON text. Apollo Server passes it through; {@link stringifyResult} writes it. */
export class RenderedData {
  static readonly HEAD = Buffer.from('{"data":');

  private last: { readonly members: string; readonly body: Buffer } | undefined;

  private constructor(
    private readonly written: string | undefined,
    /** The complete body of a response with only data, if it was written as such. */
    readonly body: Buffer | undefined,
  ) {}

  /** @param text JSON of the data. */
  static ofText(text: string): RenderedData {
    return new RenderedData(text, undefined);
  }

  /** @param body UTF-8 of `{"data":…}`. */
  static ofBody(body: Buffer): RenderedData {
    return new RenderedData(undefined, body);
  }

  get text(): string {
    return this.written ?? this.body!.toString('utf8', RenderedData.HEAD.length, this.body!.length - 1);
  }

  /** Length of the text, in characters or bytes. */
  get length(): number {
    return this.written?.length ?? this.body!.length;
  }

  get isNull(): boolean {
    return this.body ? this.body.length === RenderedData.HEAD.length + 'null}'.length : this.written === 'null';
  }

  /**
   * UTF-8 of `{<members>,"data":…}`. One copy is cheaper than Node's bookkeeping for a response in two chunks. Answers that share
   * the data and have equal members share the copy.
   */
  bodyWith(members: string): Buffer {
    if (this.last?.members === members) return this.last.body;
    const body = this.copyWith(`{${members},`);
    this.last = { members, body };
    return body;
  }

  private copyWith(head: string): Buffer {
    if (!this.body) return Buffer.from(`${head}"data":${this.written}}`);
    const whole = Buffer.allocUnsafe(Buffer.byteLength(head) + this.body.length - 1);
    this.body.copy(whole, whole.write(head), 1);
    return whole;
  }

  /** For plug-ins that inspect answers. */
  toJSON(): unknown {
    return JSON.parse(this.text);
  }
}

/** Serializes a response without serializing its data again. */
export function stringifyResult({ data, ...rest }: FormattedExecutionResult): string {
  if (!(data instanceof RenderedData)) return JSON.stringify({ ...rest, data });
  let text = '{';
  for (const [name, value] of Object.entries(rest)) {
    const json = JSON.stringify(value);
    if (json !== undefined) text += `${JSON.stringify(name)}:${json},`;
  }
  return `${text}"data":${data.text}}`;
}
