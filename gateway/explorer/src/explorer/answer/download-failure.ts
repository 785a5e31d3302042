/** An error of a download, as the gateway sends it. */
export interface Failure {
  readonly message: string;
  readonly extensions?: { readonly code?: string };
}

/** The failure in the last line of an export that broke off: docs/exports.md. Undefined for a row. */
export function failureIn(line: string): Failure | undefined {
  const [, code, message] = /^# Incomplete: (\w+): (.*?)\r?$/.exec(line) ?? [];
  if (message !== undefined) return { message, extensions: { code } };
  if (!line.startsWith('{"error":')) return undefined;
  try {
    const { error } = JSON.parse(line) as { error?: { code: string; message: string } };
    return error && { message: error.message, extensions: { code: error.code } };
  } catch {
    return undefined;
  }
}

/** What readers can do, by the code of an error; others have messages that say so. */
const WORDS: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: 'your sign-in has ended. Sign in again, and then download again.',
  BUDGET_EXHAUSTED: 'your requests of this minute are used up. Try again in a minute.',
  TOO_MANY_REQUESTS: 'you have sent too many requests. Try again in a minute.',
  TOO_MANY_TRANSFERS: 'your other downloads are still running. Wait until one is complete.',
  SERVER_STOPPING: 'the server is restarting. Try again.',
  INTERNAL_SERVER_ERROR: 'an unexpected error ended it, which the log of the gateway has. Try again later.',
};

/** Sources that do not answer now. */
const AWAY = /^(SUBGRAPH_|DATABASE_|DOWNSTREAM_|RECORD_UNAVAILABLE)/;

/** A failure in words for readers, without the names that programs use. */
export function failureWords({ message, extensions }: Failure): string {
  const code = extensions?.code ?? '';
  return WORDS[code] ?? (AWAY.test(code) ? 'a source of the data does not answer now. Try again later.' : message);
}
