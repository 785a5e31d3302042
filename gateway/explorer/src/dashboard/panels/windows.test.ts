import { agenciesOf, perDay, type WindowNode, windowRows } from './windows';

const node = (parts: Partial<WindowNode>): WindowNode => ({
  id: 'sub_1',
  number: 'AIS-1',
  filedAt: '2026-11-01T15:00:00Z',
  windowOpensAt: '2026-11-10T15:00:00Z',
  windowClosesAt: '2026-12-10T15:00:00Z',
  windowPhase: 'OPEN',
  reviewSought: false,
  requestedAgencies: [],
  determinations: { nodes: [] },
  reviews: { totalCount: 0 },
  ...parts,
});
const rowsOf = (...nodes: WindowNode[]) => windowRows({ submissions: { totalCount: nodes.length, nodes } });

test('a window is usable from its opening or, if later, from the filing', () => {
  const [early, late] = rowsOf(node({}), node({ filedAt: '2026-11-20T15:00:00Z' }));
  expect(new Date(early!.usableFrom).toISOString()).toBe('2026-11-10T15:00:00.000Z');
  expect(new Date(late!.usableFrom).toISOString()).toBe('2026-11-20T15:00:00.000Z');
});

test('an agency that has not answered is “none yet”, never consent', () => {
  const [row] = rowsOf(
    node({
      requestedAgencies: [{ key: 'nsa' }, { key: 'doe' }],
      determinations: { nodes: [{ agency: { key: 'nsa' }, outcome: 'REVIEW_NOT_NECESSARY' }] },
    }),
  );
  expect(row!.outcomes).toEqual(
    new Map([
      ['nsa', 'REVIEW_NOT_NECESSARY'],
      ['doe', 'NONE_YET'],
    ]),
  );
  expect(row!.group).toBe('No review sought so far');
});

test('submissions without any determination are a group of their own', () => {
  expect(rowsOf(node({ requestedAgencies: [{ key: 'nsa' }] }))[0]!.group).toBe('No determination yet');
  expect(rowsOf(node({ reviewSought: true }))[0]!.group).toBe('A review is sought');
});

test('agencies are in the order of their names', () => {
  expect(agenciesOf(rowsOf(node({ requestedAgencies: [{ key: 'treasury' }, { key: 'cisa' }] })))).toEqual([
    'cisa',
    'treasury',
  ]);
});

test('openings and closings are counted by the day in New York', () => {
  const days = perDay(rowsOf(node({ windowClosesAt: '2026-12-11T03:00:00Z' }), node({})));
  expect(days.get('2026-11-10')).toEqual({ opening: 2, closing: 0 });
  expect(days.get('2026-12-10')).toEqual({ opening: 0, closing: 2 });
});
