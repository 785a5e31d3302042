import { buildSchema } from 'graphql';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { columnTypesOf } from './column-types';
import { pagedOperation } from './paged-operation';
import { BANNER_KEY, GROUP_ROWS, ParquetFile } from './parquet';
import { Table } from './table';

const SCHEMA = buildSchema(`
  scalar DateTime
  scalar Date
  type Query { root: Root }
  type Root { things: Things other: Edges }
  type Things { nodes: [Thing!]! }
  type Edges { edges: [Edge!]! }
  type Edge { node: Named }
  interface Named { id: ID! }
  type Thing implements Named { id: ID! n: Int f: Float b: Boolean at: DateTime day: Date tags: [Int!] inner: Inner many: Inners kind: Kind }
  type Inner { n: Int }
  type Inners { nodes: [Inner!]! }
  enum Kind { A B }
`);

const planOf = (text: string, { unfold, list }: { unfold?: string; list?: string } = {}) => {
  const operation = pagedOperation(text, { pageSize: 7, list });
  const table = new Table(operation.selection, unfold);
  return { operation, table };
};
const typesOf = (text: string, options: { unfold?: string; list?: string } = {}) => {
  const { operation, table } = planOf(text, options);
  return Object.fromEntries(columnTypesOf(table, operation, SCHEMA).map((type, place) => [table.columns[place], type]));
};

const asFile = (bytes: readonly Uint8Array[]): ArrayBuffer => {
  const all = Buffer.concat(bytes);
  return all.buffer.slice(all.byteOffset, all.byteOffset + all.length) as ArrayBuffer;
};

test('gives columns the types of the schema, and text where lists are joined or nothing is known', () => {
  const fields = 'id n f b at day tags kind inner { n } many { nodes { n } } ... on Thing { later: n }';
  expect(typesOf(`{ root { l: things { nodes { ${fields} } } } }`)).toEqual({
    ...{ id: 'STRING', n: 'INT32', f: 'DOUBLE', b: 'BOOLEAN', at: 'TIMESTAMP', day: 'STRING', tags: 'STRING' },
    ...{ kind: 'STRING', 'inner.n': 'INT32', 'many.nodes.n': 'STRING', later: 'INT32' },
  });
  expect(typesOf('{ root { things { nodes { id many { nodes { n } } } } } }', { unfold: 'many.nodes' })).toEqual({
    ...{ id: 'STRING', 'many.nodes.n': 'INT32' },
  });
  expect(typesOf('{ root { other { edges { node { id ... on Thing { n unknown } } } } } }')).toEqual({
    ...{ id: 'STRING', n: 'INT32', unknown: 'STRING' },
  });
  const { operation, table } = planOf('{ root { things { nodes { n } } } }');
  expect(columnTypesOf(table, operation, undefined)).toEqual(['STRING']);
});

test('writes a large list in row groups, of which it holds one at a time', async () => {
  const PAGES = 201;
  const { operation, table } = planOf('{ root { things { nodes { id n at } } } }');
  const file = new ParquetFile(table, columnTypesOf(table, operation, SCHEMA));
  const at = '2026-01-02T03:04:05.678Z';
  const objectOf = (n: number) => ({ id: `thing-${n}`, n: n % 7 === 0 ? null : n, at });
  const content = [file.start(null)];
  let mostRows = 0;
  for (let page = 0; page < PAGES; page += 1) {
    const pieces = [...file.add(Array.from({ length: 500 }, (_, place) => objectOf(page * 500 + place)))];
    expect(pieces.reduce((sum, { rows }) => sum + rows, 0)).toBe(500);
    content.push(...pieces.map((piece) => piece.content as Uint8Array));
    mostRows = Math.max(mostRows, file.waitingRows);
  }
  // what waits at the end of a page: less than a group
  expect(mostRows).toBe(GROUP_ROWS - 500);
  const before = content.filter((part) => part.length > 0).length;
  content.push(file.finish());
  expect(file.waitingRows).toBe(0);
  // the header, and each full group as soon as it is full
  expect(before).toBe(1 + Math.floor((PAGES * 500) / GROUP_ROWS));
  const whole = asFile(content);
  const { row_groups: groups, num_rows: rows } = parquetMetadata(whole);
  expect(groups.map((group) => Number(group.num_rows))).toEqual([...Array(10).fill(GROUP_ROWS), 500]);
  expect(Number(rows)).toBe(PAGES * 500);
  const values = await parquetReadObjects({ file: whole, rowStart: 99_998, rowEnd: 100_002 });
  expect(values).toEqual([99_998, 99_999, 100_000, 100_001].map((n) => ({ ...objectOf(n), at: new Date(at) })));
});

test('keeps the banner in the metadata, and is readable without rows', async () => {
  const { operation, table } = planOf('{ root { things { nodes { n } } } }');
  const file = new ParquetFile(table, columnTypesOf(table, operation, SCHEMA));
  const banner = { question: 'q', variables: {}, asOf: 'now', handling: undefined, withheld: [] };
  const whole = asFile([file.start(banner), file.finish()]);
  const { key_value_metadata: metadata } = parquetMetadata(whole);
  expect(metadata).toEqual([{ key: BANNER_KEY, value: JSON.stringify(banner) }]);
  expect(await parquetReadObjects({ file: whole })).toEqual([]);
});
