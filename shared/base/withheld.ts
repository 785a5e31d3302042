import { CLASSES, type Sensitivity } from './sensitivity';

/** Response header in which a subgraph lists what the caller's rights limit in its answer. */
export const WITHHELD_HEADER = 'ordergraph-withheld';

/** Maximum bytes of the header, so that proxies accept it. */
export const MAX_HEADER_BYTES = 8 * 1024;
/** Maximum entries of an answer. */
export const MAX_ENTRIES = 50;
/** Maximum characters of the words of a rule. */
const MAX_WHY = 800;
/** Maximum roles of one entry. */
const MAX_ROLES = 50;
/** Maximum characters of a coordinate. */
const MAX_COORDINATE = 200;

/** Kinds of entries, the most important first. */
export const WITHHELD_KINDS = ['ROWS', 'FIELD', 'SMALL_COUNTS'] as const;
export type WithheldKind = (typeof WITHHELD_KINDS)[number];

/** A rule that limits what the caller reads at a coordinate, whether or not it hides anything there. */
export interface WithheldEntry {
  /** `Type.field`, or `Type` for objects that another subgraph references. */
  readonly coordinate: string;
  readonly kind: WithheldKind;
  /** Sensitivity class of the field, or of the objects. */
  readonly class?: Sensitivity;
  /** Whether the caller reads some of the objects or values here, or none. */
  readonly readable: 'SOME' | 'NONE';
  /** The rule in words. */
  readonly why: string;
  /** Roles to which the rule grants more, and groups of roles such as `@government`. */
  readonly grantedTo: readonly string[];
}

/** Entries, and the number of those beyond the limits. */
export interface WithheldList {
  readonly entries: readonly WithheldEntry[];
  readonly omitted: number;
}

const rank = ({ kind, coordinate }: WithheldEntry): string => `${WITHHELD_KINDS.indexOf(kind)} ${coordinate}`;

/** Entries in order of kind and coordinate, one of each. */
export function sortedEntries(entries: Iterable<WithheldEntry>): WithheldEntry[] {
  const byRank = new Map<string, WithheldEntry>();
  for (const entry of entries) if (!byRank.has(rank(entry))) byRank.set(rank(entry), entry);
  return [...byRank].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}

/** Text of the header: entries as `[coordinate, kind, class, readable, place of the rule]`, and rules as `[why, ...roles]`. */
export function writeWithheld(all: Iterable<WithheldEntry>): string {
  const sorted = sortedEntries(all);
  const rules: string[] = [];
  const entries: string[] = [];
  // for the names, brackets, and the number of omitted entries
  let length = 50;
  for (const { coordinate, kind, class: of = '', readable, why, grantedTo } of sorted.slice(0, MAX_ENTRIES)) {
    const rule = ascii(JSON.stringify([shortened(why), ...grantedTo]));
    const known = rules.indexOf(rule);
    const place = known < 0 ? rules.length : known;
    const entry = ascii(JSON.stringify([coordinate, kind, of, readable, place]));
    length += entry.length + 1 + (known < 0 ? rule.length + 1 : 0);
    if (length > MAX_HEADER_BYTES) break;
    if (known < 0) rules.push(rule);
    entries.push(entry);
  }
  const omitted = sorted.length - entries.length;
  return `{"rules":[${rules.join(',')}],"entries":[${entries.join(',')}]${omitted > 0 ? `,"omitted":${omitted}` : ''}}`;
}

const shortened = (why: string): string => (why.length > MAX_WHY ? `${why.slice(0, MAX_WHY - 3)}...` : why);

const ascii = (text: string): string =>
  text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/**
 * Reads a header that anyone may have written. Drops entries that are invalid or whose coordinate is unknown.
 * @returns undefined if the header is malformed
 */
export function readWithheld(text: string, isCoordinate: (coordinate: string) => boolean): WithheldList | undefined {
  if (text.length > MAX_HEADER_BYTES) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { rules, entries, omitted } = value as Readonly<Record<string, unknown>>;
  if (!Array.isArray(rules) || !Array.isArray(entries)) return undefined;
  const readRules = rules.map(readRule);
  return {
    entries: entries.slice(0, MAX_ENTRIES).flatMap((entry) => readEntry(entry, readRules, isCoordinate) ?? []),
    omitted: Number.isSafeInteger(omitted) && (omitted as number) > 0 ? Math.min(omitted as number, 1_000_000) : 0,
  };
}

const ROLE = /^@?[a-z][a-z0-9-]{0,49}$/;
const COORDINATE = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)?$/;

type ReadRule = Pick<WithheldEntry, 'why' | 'grantedTo'>;

function readRule(rule: unknown): ReadRule | undefined {
  if (!Array.isArray(rule) || rule.length === 0 || rule.length > MAX_ROLES + 1) return undefined;
  const [why, ...grantedTo] = rule as unknown[];
  // no line breaks or other control characters
  if (typeof why !== 'string' || why.length > MAX_WHY || /[^\P{C}]/u.test(why)) return undefined;
  if (!grantedTo.every((role) => typeof role === 'string' && ROLE.test(role))) return undefined;
  return { why, grantedTo: grantedTo as string[] };
}

function readEntry(
  entry: unknown,
  rules: readonly (ReadRule | undefined)[],
  isCoordinate: (coordinate: string) => boolean,
): WithheldEntry | undefined {
  if (!Array.isArray(entry)) return undefined;
  const [coordinate, kind, of, readable, place] = entry as unknown[];
  if (typeof coordinate !== 'string' || coordinate.length > MAX_COORDINATE || !COORDINATE.test(coordinate))
    return undefined;
  const known = WITHHELD_KINDS.find((candidate) => candidate === kind);
  const sensitivity = CLASSES.find((candidate) => candidate === of);
  const rule = Number.isSafeInteger(place) ? rules[place as number] : undefined;
  if (readable !== 'SOME' && readable !== 'NONE') return undefined;
  if (!known || !rule || (of !== '' && !sensitivity) || !isCoordinate(coordinate)) return undefined;
  return { coordinate, kind: known, ...(sensitivity ? { class: sensitivity } : {}), readable, ...rule };
}
