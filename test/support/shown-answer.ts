const kindOf = (value: unknown): string => (value === null ? 'null' : typeof value);

/**
 * Whether an answer has the fields of one that a document shows, with values of their kinds. The values depend on the exercise, and shown lists are
 * short. @param isPart whether the document may leave out fields
 */
export function resembles(actual: unknown, shown: unknown, isPart = false): boolean {
  if (Array.isArray(shown))
    return (
      Array.isArray(actual) && shown.every((item) => actual.some((candidate) => resembles(candidate, item, isPart)))
    );
  if (kindOf(shown) !== 'object') return kindOf(actual) === kindOf(shown);
  if (kindOf(actual) !== 'object') return false;
  const [fields, shownFields] = [actual, shown].map((object) => new Map(Object.entries(object as object)));
  return (
    (isPart || [...shownFields!.keys()].join() === [...fields!.keys()].join()) &&
    [...shownFields!].every(([name, value]) => fields!.has(name) && resembles(fields!.get(name), value, isPart))
  );
}
