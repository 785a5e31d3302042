import { withoutFormulas } from './formulas';

/** What an export says about itself before its rows. */
export interface Banner {
  readonly question: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** When the export began. */
  readonly asOf: string;
  /** Strictest sensitivity class of the fields, and the agencies that own them. Undefined if the graph has no classes. */
  readonly handling: { readonly class: string; readonly agencies: readonly string[] } | undefined;
  /** Rules that take something away from this caller, by coordinate; empty if the caller sees everything. */
  readonly withheld: readonly string[];
}

/** The banner of an export that begins now. @param extensions of the answer to its first page */
export function bannerOf(
  question: string,
  variables: Readonly<Record<string, unknown>>,
  extensions: { readonly sensitivity?: unknown; readonly withheld?: unknown },
): Banner {
  const withheld = (extensions.withheld ?? []) as readonly { coordinate: string; kind: string; why?: string }[];
  return {
    question,
    variables,
    asOf: new Date().toISOString(),
    handling: extensions.sensitivity as Banner['handling'],
    withheld: withheld.map(({ coordinate, kind, why }) => `${coordinate} ${kind}${why ? `: ${why}` : ''}`),
  };
}

/** A banner as the first lines of a CSV file. */
export function csvBanner({ question, variables, asOf, handling, withheld }: Banner): string {
  const lines = [
    ...(handling ? [`Handling: ${handling.class} (${handling.agencies.join(', ')})`] : []),
    `As of: ${asOf}`,
    ...withheld.map((rule) => `Withheld: ${rule}`),
    `Variables: ${JSON.stringify(variables)}`,
    ...question
      .trim()
      .split(/\r\n|[\r\n]/)
      .map((line) => `Question: ${line}`),
  ];
  return lines.map(csvComment).join('');
}

/** Separators of lines that are not quoted. */
const UNQUOTED_SEPARATORS: ReadonlySet<string> = new Set(',;\t"|');

/** A line that is no row. Programs may divide it at separators, since it is not quoted. */
export const csvComment = (line: string): string => `# ${withoutFormulas(line, UNQUOTED_SEPARATORS)}\r\n`;
