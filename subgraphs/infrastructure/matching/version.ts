/**
 * Compares versions part by part: numbers by value, other parts as text; a missing part is 0.
 * @returns a negative number if `a` is earlier, 0 if they are equal
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let place = 0; place < Math.max(left.length, right.length); place += 1) {
    const [x, y] = [left[place] ?? '0', right[place] ?? '0'];
    const order = isNumber(x) && isNumber(y) ? Number(x) - Number(y) : x < y ? -1 : x > y ? 1 : 0;
    if (order !== 0) return order;
  }
  return 0;
}

const partsOf = (version: string): string[] => version.toLowerCase().match(/\d+|[a-z]+/g) ?? [];
const isNumber = (part: string): boolean => /^\d+$/.test(part);

/** A range of versions; null where it has no limit. */
interface VersionRange {
  readonly versionFrom: string | null;
  readonly versionBefore: string | null;
}

/** Whether a version may be in a range. An unknown version may be. */
export function mayInclude({ versionFrom, versionBefore }: VersionRange, version: string | null): boolean {
  if (version === null) return true;
  return (
    (versionFrom === null || compareVersions(version, versionFrom) >= 0) &&
    (versionBefore === null || compareVersions(version, versionBefore) < 0)
  );
}
