import { agenciesOf, notDrawn, perDay, type WindowNode, type WindowsAnswer, windowRows } from './windows';

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
const answerOf = (nodes: WindowNode[], parts: object = {}): WindowsAnswer => ({
  submissions: { totalCount: nodes.length, nodes, opening: null, closing: null, ...parts },
});
const rowsOf = (...nodes: WindowNode[]) => windowRows(answerOf(nodes));

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

test('openings and closings are those of all windows, also of those that are not drawn', () => {
  const group = (name: string, from: string, count: number) => ({ [name]: { from }, aggregates: { count } });
  const answer = answerOf([node({})], {
    totalCount: 7,
    opening: { nodes: [group('windowOpensAt', '2026-11-10', 7)] },
    closing: { nodes: [group('windowClosesAt', '2026-12-10', 2), group('windowClosesAt', '2026-11-10', 5)] },
  });
  expect(perDay(answer)).toEqual(
    new Map([
      ['2026-11-10', { opening: 7, closing: 5 }],
      ['2026-12-10', { opening: 0, closing: 2 }],
    ]),
  );
  expect(notDrawn(answer)).toBe(6);
});
