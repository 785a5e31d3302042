import type { Entry } from './entry';
import { linesOf } from './lines';

/** An attempt without a recorded change. */
export type Attempt = Entry & { readonly kind: 'attempt'; readonly key: string };

/** Milliseconds before the end of a record within which an attempt may still have been in progress. */
const UNDER_WAY_MS = 3_600_000;
/** Lines before the end to check in any case, since the clock may have been changed. */
const UNDER_WAY_LINES = 10_000;

/** Attempts at the end of a record without a following change. @param files of the record, oldest first */
export async function unsettledAttempts(files: readonly string[]): Promise<Attempt[]> {
  const attempts = new Map<string, Attempt>();
  let [lastAt, lastNumber] = ['', 0];
  // the file may have become a part meanwhile
  for (const file of files.slice(-2))
    for await (const text of linesOf(file)) {
      if (!text.includes('"kind":"attempt"') && !text.includes('"kind":"change"')) continue;
      const entry = entryOf(text);
      if (!entry) continue;
      [lastAt, lastNumber] = [entry.at, entry.number];
      if (entry.kind === 'attempt' && entry.key !== undefined) attempts.set(entry.key, entry as Attempt);
      else if (entry.kind === 'change' && entry.key !== undefined && completes(entry)) attempts.delete(entry.key);
    }
  const since = Date.parse(lastAt) - UNDER_WAY_MS;
  return [...attempts.values()].filter(
    ({ at, number }) => Date.parse(at) >= since || number > lastNumber - UNDER_WAY_LINES,
  );
}

/** Whether a change is the last of its call. */
const completes = ({ part }: { readonly part?: readonly [place: number, of: number] }): boolean =>
  part === undefined || part[0] === part[1];

/** Undefined for a line that a crash truncated. */
function entryOf(text: string): Entry | undefined {
  try {
    return JSON.parse(text) as Entry;
  } catch {
    return undefined;
  }
}
