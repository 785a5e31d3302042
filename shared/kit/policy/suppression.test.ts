import 'reflect-metadata';
import fc from 'fast-check';
import { parsePrincipal } from '#base/identity/principal';
import { declareRoles } from '#base/identity/roles';
import { type Counted, Ratio } from '../model/value-object';
import { isShown, withheldSmall, withoutSmallCells, withoutSmallCounts } from './suppression';

declareRoles({
  analyst: { description: 'Figures.', isGovernment: true, isStatistical: true },
  'agency-reviewer': { description: 'Reviews.', needs: 'agency', isGovernment: true },
  'intake-officer': { description: 'Intake.', isGovernment: true },
});

const counted = (entries: Record<string, Counted>): ReadonlyMap<string, Counted> => new Map(Object.entries(entries));
const isSmall = (count: number) => count > 0 && count < 5;

test('counts of one to four are not shown; none, and five or more, are', () => {
  const of = counted({ a: {}, b: {}, c: {} });
  expect(withoutSmallCounts({ a: 0, b: 4, c: 5, d: 1 }, { figures: of })).toEqual({ a: 0, b: null, c: 5, d: 1 });
});

test('nor is a part that leaves one to four', () => {
  const of = counted({ all: {}, some: { partOf: 'all' } });
  expect(withoutSmallCounts({ all: 20, some: 17 }, { figures: of })).toEqual({ all: 20, some: null });
  expect(withoutSmallCounts({ all: 20, some: 15 }, { figures: of })).toEqual({ all: 20, some: 15 });
  expect(withoutSmallCounts({ all: 20, some: 20 }, { figures: of })).toEqual({ all: 20, some: 20 });
});

test('nor a share, nor what was worked out over so few, nor what hangs on what is hidden', () => {
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
  // a measure is no count: two days are two days
  expect(withoutSmallCounts({ n: 9, share: Ratio.of(9, 20), median: 2, mean: 1 }, { figures: of })).toMatchObject({
    median: 2,
    mean: 1,
  });
});

test('what was worked out once is shown to the next as it is', () => {
  const object = { a: 2 };
  withoutSmallCounts(object, { figures: counted({ a: {} }) });
  expect(object).toEqual({ a: 2 });
});

test('of any table no hidden cell is left alone, and no small one is shown', () => {
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
      // what is shown is as it was
      cells.forEach((count, place) => {
        if (count !== null) expect(count).toBe(counts[place]);
      });
    }),
  );
});

test('with a cell that is hidden for another goes what is worked out from it', () => {
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
])('%s is told small counts: %s; those hidden from the public: %s', (text, all, most) => {
  const who = text === undefined ? null : parsePrincipal(text);
  const figures = counted({ hidden: {}, open: { hiddenFrom: 'public' } });
  const withheld = withheldSmall(figures, who);
  expect([!withheld.has('hidden'), !withheld.has('open')]).toEqual([all, most]);
  expect([isShown(3, who), isShown(5, who), isShown(0, who)]).toEqual([all, true, true]);
});
