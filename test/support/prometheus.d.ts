declare module 'parse-prometheus-text-format' {
  export interface Metric {
    readonly name: string;
    readonly help: string;
    readonly type: string;
    readonly metrics: readonly { readonly value?: string; readonly labels?: Readonly<Record<string, string>> }[];
  }
  /** @throws Error at a line that is not in the text format. */
  export default function parse(text: string): Metric[];
}
