import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Role } from '../identity/principal';
import type { Protected } from '../policy/policy';
import type { Entry } from './entry';
import { filesOfRecord, recordName, recordsIn } from './parts';

/** What is looked for in the records of a subgraph; what is not said does not matter. */
export interface Sought {
  readonly kind?: 'read' | 'attempt' | 'change';
  readonly subject?: string;
  readonly agency?: string;
  /** Key of an object that was read or changed. */
  readonly object?: string;
  /** Keys of objects of which at least one was read. */
  readonly objects?: ReadonlySet<string>;
  /** Roles of which the caller had at least one. */
  readonly roles?: ReadonlySet<Role>;
  readonly type?: string;
  readonly sensitivity?: Protected;
  /** Id of the client's request. */
  readonly request?: string;
  /** RFC 3339, UTC: from then on, and before then. */
  readonly from?: string;
  readonly until?: string;
}

/** Where an entry stands among all of a subgraph: when, in which record, and there its number. */
export type Position = readonly [at: string, record: string, number: number];

export interface Found {
  readonly position: Position;
  readonly entry: Entry;
}

const isBefore = ([at, record, number]: Position, other: Position): boolean =>
  at !== other[0] ? at < other[0] : record !== other[1] ? record < other[1] : number < other[2];

/** Which of the entries that fit: at most so many, between two others, from the newest on or from the oldest on. */
export interface Span {
  readonly most: number;
  /** Only entries before this one. */
  readonly before?: Position;
  /** Only entries after this one. */
  readonly after?: Position;
  readonly oldest?: boolean;
}

/** The newest entries that fit, or the oldest; newest first in either case. */
export async function searchRecords(folder: string, subgraph: string, sought: Sought, span: Span): Promise<Found[]> {
  const { most, oldest = false } = span;
  const found = await Promise.all(recordsIn(folder, subgraph).map((record) => entriesOf(record, sought, span)));
  const sorted = found.flat().sort((a, b) => (isBefore(a.position, b.position) ? 1 : -1));
  return oldest ? sorted.slice(Math.max(0, sorted.length - most)) : sorted.slice(0, most);
}

async function entriesOf(record: string, sought: Sought, span: Span): Promise<Found[]> {
  const name = recordName(record);
  const files = filesOfRecord(record);
  const found: Found[] = [];
  // a record grows at its end, so its last part has what is newest
  for (const file of span.oldest ? files : files.toReversed()) {
    const { matches, first } = await matchesIn(file, name, sought, { ...span, most: span.most - found.length });
    found.push(...matches);
    const isPast = !span.oldest && first !== undefined && sought.from !== undefined && first < sought.from;
    if (found.length >= span.most || isPast) break;
  }
  return found;
}

/** The last that fit of one file, or the first, and when its first entry was written. */
async function matchesIn(file: string, record: string, sought: Sought, { most, before, after, oldest }: Span) {
  const matches: Found[] = [];
  let first: string | undefined;
  const needed = Object.entries(sought).flatMap(([name, value]) =>
    typeof value !== 'string' || name === 'from' || name === 'until' || name === 'kind' ? [] : [JSON.stringify(value)],
  );
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    // most lines are told apart by their text
    if (first !== undefined && !needed.every((value) => text.includes(value))) continue;
    const entry = entryOf(text);
    if (!entry) continue;
    first ??= entry.at;
    const position: Position = [entry.at, record, entry.number];
    if (!fits(entry, sought) || (before && !isBefore(position, before)) || (after && !isBefore(after, position)))
      continue;
    matches.push({ position, entry });
    if (oldest && matches.length >= most) break;
    if (matches.length > most) matches.shift();
  }
  return { matches, first };
}

/** Undefined for a line that is being written. */
function entryOf(text: string): Entry | undefined {
  try {
    return JSON.parse(text) as Entry;
  } catch {
    return undefined;
  }
}

function fits(entry: Entry, sought: Sought): boolean {
  const { kind, subject, agency, object, objects, roles, type, sensitivity, request, from, until } = sought;
  if (entry.kind === 'checkpoint' || (kind !== undefined && entry.kind !== kind)) return false;
  if (from !== undefined && entry.at < from) return false;
  if (until !== undefined && entry.at >= until) return false;
  if (subject !== undefined && entry.who?.subject !== subject) return false;
  if (agency !== undefined && entry.who?.agency !== agency) return false;
  if (request !== undefined && entry.origin?.request !== request) return false;
  if (roles !== undefined && !entry.who?.roles.some((role) => roles.has(role))) return false;
  if (
    objects !== undefined &&
    !(entry.kind === 'read' && entry.objects.some(({ keys }) => keys.some((key) => objects.has(key))))
  )
    return false;
  if (object === undefined && type === undefined && sensitivity === undefined) return true;
  if (entry.kind === 'change') return type === undefined && sensitivity === undefined && entry.object === object;
  if (entry.kind !== 'read') return false;
  const isOf = (one: { readonly type: string; readonly sensitivity: Protected }) =>
    (type === undefined || one.type === type) && (sensitivity === undefined || one.sensitivity === sensitivity);
  return (
    entry.objects.some((one) => isOf(one) && (object === undefined || one.keys.includes(object))) ||
    (object === undefined && (entry.uses ?? []).some(isOf))
  );
}
