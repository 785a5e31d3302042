import type { GraphQLFormattedError } from 'graphql';

/** Maximum errors in one response. */
export const MAX_ERRORS = 1_000;
/** Maximum characters of all errors in one response, and of the message and extensions of one error. */
const MAX_CHARACTERS = 256 * 1024;
const MAX_MESSAGE = 4 * 1024;
const MAX_EXTENSIONS = 8 * 1024;

/**
 * Errors of one response, limited in number and size. A last error with the code `ERRORS_OMITTED` counts the omitted ones.
 */
export class ErrorList {
  private readonly listed: GraphQLFormattedError[] = [];
  private characters = 0;
  private omitted = 0;

  constructor(errors: Iterable<GraphQLFormattedError> = []) {
    for (const error of errors) this.add(error);
  }

  add(error: GraphQLFormattedError): void {
    const { count } = (error.extensions ?? {}) as { count?: unknown };
    if (error.extensions?.code === 'ERRORS_OMITTED' && typeof count === 'number') {
      this.omitted += count;
      return;
    }
    if (!this.isFull) {
      const { short, characters } = measured(error);
      this.characters += characters;
      if (this.characters <= MAX_CHARACTERS) {
        this.listed.push(short);
        return;
      }
    }
    this.omitted += 1;
  }

  /** Whether further errors are only counted. */
  get isFull(): boolean {
    return this.listed.length >= MAX_ERRORS || this.characters > MAX_CHARACTERS;
  }

  /** Counts errors without listing them. */
  omit(count: number): void {
    this.omitted += count;
  }

  /** Number of errors, including omitted ones. */
  get count(): number {
    return this.listed.length + this.omitted;
  }

  /** Listed errors, and one that counts the omitted ones. */
  toArray(): GraphQLFormattedError[] {
    if (this.omitted === 0) return [...this.listed];
    const message = `${this.omitted} more errors were omitted from this response`;
    return [...this.listed, { message, extensions: { code: 'ERRORS_OMITTED', count: this.omitted } }];
  }
}

/** Number of errors of a response, including omitted ones. */
export function countErrors(errors: readonly { readonly extensions?: Readonly<Record<string, unknown>> }[]): number {
  const { code, count } = errors.at(-1)?.extensions ?? {};
  return code === 'ERRORS_OMITTED' && typeof count === 'number' ? errors.length - 1 + count : errors.length;
}

/** Truncates a long message, and reduces large extensions to the code. Also returns the size. */
function measured(error: GraphQLFormattedError): { short: GraphQLFormattedError; characters: number } {
  const { message, path = [], extensions } = error;
  const ofExtensions = extensions ? JSON.stringify(extensions).length : 0;
  const ofPath = path.reduce<number>((sum, step) => sum + String(step).length + 3, 0);
  const [isLong, isLarge] = [message.length > MAX_MESSAGE, ofExtensions > MAX_EXTENSIONS];
  const characters = Math.min(message.length, MAX_MESSAGE) + (isLarge ? 0 : ofExtensions) + ofPath;
  if (!isLong && !isLarge) return { short: error, characters };
  const short = {
    ...error,
    message: isLong ? `${message.slice(0, MAX_MESSAGE)}…` : message,
    ...(isLarge ? { extensions: { code: String(extensions!.code).slice(0, 100) } } : {}),
  };
  return { short, characters };
}
