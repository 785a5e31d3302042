import 'reflect-metadata';
import fc from 'fast-check';
import { parsePrincipal } from '#base/identity/principal';
import { declareRoles } from '#base/identity/roles';
import { type Counted, Ratio } from '../model/value-object';
import { isShown, suppressedIn, withheldSmall, withoutSmallCells, withoutSmallCounts } from './suppression';

declareRoles({
  analyst: { description: 'Figures.', isGovernment: true, isStatistical: true },
  'agency-reviewer': { description: 'Reviews.', needs: 'agency', isGovernment: true },
  'intake-officer': { description: 'Intake.', isGovernment: true },
});

const counted = (entries: Record<string, Counted>): ReadonlyMap<string, Counted> => new Map(Object.entries(entries));
const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
const isSmall = (count: number) => count > 0 && count < 5;

test('hides counts of one to four, but neither zero nor larger ones', () => {
  const of = counted({ a: {}, b: {}, c: {} });
  expect(withoutSmallCounts({ a: 0, b: 4, c: 5, d: 1 }, { figures: of })).toEqual({ a: 0, b: null, c: 5, d: 1 });
});

test('hides a part whose complement is one to four', () => {
  const of = counted({ all: {}, some: { partOf: 'all' } });
  expect(withoutSmallCounts({ all: 20, some: 17 }, { figures: of })).toEqual({ all: 20, some: null });
  expect(withoutSmallCounts({ all: 20, some: 15 }, { figures: of })).toEqual({ all: 20, some: 15 });
  expect(withoutSmallCounts({ all: 20, some: 20 }, { figures: of })).toEqual({ all: 20, some: 20 });
});

test('hides shares and measures that depend on a count of one to four', () => {
  const of = counted({
    n: {},
    share: {},
    median: { over: 'n', isMeasure: true },
    mean: { over: 'share', isMeasure: true },
  });
  const share = Ratio.of(18, 20);
  expect(withoutSmallCounts({ n: 3, share, median: 2, mean: 1 }, { figures: of })).toEqual({
    n: null,
    share: null,
    median: null,
    mean: null,
  });
  // a measure is not a count: two days may be shown
  expect(withoutSmallCounts({ n: 9, share: Ratio.of(9, 20), median: 2, mean: 1 }, { figures: of })).toMatchObject({
    median: 2,
    mean: 1,
  });
});

test('names hidden figures, also those without a value that depend on a hidden one', () => {
  const of = counted({ n: {}, median: { over: 'n', isMeasure: true }, m: {}, mean: { over: 'm', isMeasure: true } });
  const shown = withoutSmallCounts({ n: 3, median: null, m: 0, mean: null }, { figures: of });
  expect(suppressedIn(shown)).toEqual(['median', 'n']);
  expect(suppressedIn(withoutSmallCounts({ n: 9, median: null, m: 0, mean: null }, { figures: of }))).toEqual([]);
});

test('does not modify the original object, which other readers may see whole', () => {
  const object = { a: 2 };
  withoutSmallCounts(object, { figures: counted({ a: {} }) });
  expect(object).toEqual({ a: 2 });
});

test('hides all small cells of a table, and never a single cell alone', () => {
  const of = counted({ count: {} });
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 12 }), { maxLength: 12 }), (counts) => {
      const cells = withoutSmallCells(
        counts.map((count) => ({ count })),
        { figures: of },
      ).map(({ count }) => count as number | null);
      const hidden = cells.filter((count) => count === null).length;
      expect(cells.some((count) => count !== null && isSmall(count))).toBe(false);
      expect(hidden === 1 && cells.length > 1).toBe(false);
      expect(hidden > 0).toBe(counts.some(isSmall));
      // shown cells are unchanged
      cells.forEach((count, place) => {
        if (count !== null) expect(count).toBe(counts[place]);
      });
    }),
  );
});

test('hides a cell in every period that has its month, if in one, so that two periods show nothing that one hides', () => {
  const of = counted({ count: { chosenBy: 'month' } });
  const month = fc.array(fc.nat({ max: 12 }), { minLength: 2, maxLength: 5 }).filter((counts) => sum(counts) >= 10);
  fc.assert(
    fc.property(fc.array(month, { minLength: 2, maxLength: 4 }), (months) => {
      const table = months.flatMap((counts, place) => counts.map((count, cell) => ({ month: place, cell, count })));
      const hidden = new Map<string, boolean>();
      for (let from = 0; from < months.length; from++)
        for (let until = from; until < months.length; until++) {
          const period = table.filter((cell) => cell.month >= from && cell.month <= until);
          for (const { month, cell, count } of withoutSmallCells(period, { figures: of })) {
            const key = `${month} ${cell}`;
            expect(hidden.get(key) ?? count === null).toBe(count === null);
            hidden.set(key, count === null);
          }
        }
    }),
  );
});

test('hides figures derived from a cell that is hidden to protect another', () => {
  const of = counted({ findings: {}, answered: { partOf: 'findings' }, median: { over: 'answered', isMeasure: true } });
  const cells = [
    { findings: 3, answered: 0, median: null },
    { findings: 20, answered: 10, median: 4 },
  ];
  expect(withoutSmallCells(cells, { figures: of })[1]).toEqual({ findings: null, answered: null, median: null });
});

test.each([
  ['role=analyst; subject=x', false, true],
  ['role=developer-submitter; organization=o; subject=x', false, false],
  ['role=agency-reviewer,analyst; agency=nsa; subject=x', true, true],
  ['role=intake-officer; subject=x', true, true],
  [undefined, false, false],
])('shows small counts to %s: %s; those hidden only from the public: %s', (text, all, governmentOnly) => {
  const who = text === undefined ? null : parsePrincipal(text);
  const figures = counted({ hidden: {}, open: { hiddenFrom: 'public' } });
  const withheld = withheldSmall(figures, who);
  expect([!withheld.has('hidden'), !withheld.has('open')]).toEqual([all, governmentOnly]);
  expect([isShown(3, who), isShown(5, who), isShown(0, who)]).toEqual([all, true, true]);
});

test('hides small counts from a government role that this process does not know', () => {
  const who = {
    ...parsePrincipal('role=analyst; subject=x'),
    roles: ['census' as never],
    governmentRoles: ['census' as never],
  };
  expect([isShown(2, who), isShown(5, who)]).toEqual([false, true]);
});
