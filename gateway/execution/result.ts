import type { FormattedExecutionResult } from 'graphql';

/** The data of an answer that is text already. Apollo Server hands it through; {@link stringifyResult} writes it out. */
export class RenderedData {
  constructor(readonly text: string) {}

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
