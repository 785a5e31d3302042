import type { FormattedExecutionResult } from 'graphql';

/** The data of an answer, written as JSON already. Apollo Server hands it through; {@link stringifyResult} writes it out. */
export class RenderedData {
  static readonly HEAD = Buffer.from('{"data":');

  private last: { readonly members: string; readonly body: Buffer } | undefined;

  private constructor(
    private readonly written: string | undefined,
    /** The whole body of a response that has data and nothing else, where it exists as such. */
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

  /** Of the text, in characters or bytes, whichever is known. */
  get length(): number {
    return this.written?.length ?? this.body!.length;
  }

  get isNull(): boolean {
    return this.body ? this.body.length === RenderedData.HEAD.length + 'null}'.length : this.written === 'null';
  }

  /**
   * UTF-8 of `{<members>,"data":…}`; copying is cheaper than what Node keeps of a response that is written in two pieces. Those who share
   * the data and are told the same beside it share the copy.
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

  /** For plug-ins that look into answers. */
  toJSON(): unknown {
    return JSON.parse(this.text);
  }
}

/** The body of a response, without turning data into text a second time. */
export function stringifyResult({ data, ...rest }: FormattedExecutionResult): string {
  if (!(data instanceof RenderedData)) return JSON.stringify({ ...rest, data });
  let text = '{';
  for (const [name, value] of Object.entries(rest)) {
    const json = JSON.stringify(value);
    if (json !== undefined) text += `${JSON.stringify(name)}:${json},`;
  }
  return `${text}"data":${data.text}}`;
}
