/**
 * Compares versions part by part, after a leading "v": numbers by value, other parts as text; a missing part is 0.
 * @returns a negative number if `a` is earlier, 0 if they are equal; null if a letter meets a number or nothing, since vendors mean different
 * things: 1.0-rc1 is earlier than 1.0, and 1.0.2k later than 1.0.2
 */
export function compareVersions(a: string, b: string): number | null {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let place = 0; place < Math.max(left.length, right.length); place += 1) {
    const [x, y] = [left[place] ?? '0', right[place] ?? '0'];
    if (isNumber(x) !== isNumber(y)) return null;
    const order = isNumber(x) ? Number(x) - Number(y) : x < y ? -1 : x > y ? 1 : 0;
    if (order !== 0) return order;
  }
  return 0;
}

const partsOf = (version: string): string[] =>
  version
    .toLowerCase()
    .replace(/^v(?=\d)/, '')
    .match(/\d+|[a-z]+/g) ?? [];
const isNumber = (part: string): boolean => /^\d+$/.test(part);

/** A range of versions; null where it has no limit. */
interface VersionRange {
  readonly versionFrom: string | null;
  readonly versionBefore: string | null;
}

/** Whether a version may be in a range. A version that is unknown, or cannot be compared, may be. */
export function mayInclude({ versionFrom, versionBefore }: VersionRange, version: string | null): boolean {
  if (version === null) return true;
  const from = versionFrom === null ? null : compareVersions(version, versionFrom);
  const before = versionBefore === null ? null : compareVersions(version, versionBefore);
  return (from === null || from >= 0) && (before === null || before < 0);
}
