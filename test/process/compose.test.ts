import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killAll, requireCompiled, run } from '../support/processes';

const folder = mkdtempSync(join(tmpdir(), 'ordergraph-compose-'));
const at = (file: string) => join(folder, file);

const FILES: Record<string, string> = {
  'good.graphql': 'type Query { a: String }',
  'other.graphql': 'type Query { b: String }',
  'conflicting.graphql': 'type Query {\n  a: Int\n}',
  'unfinished.graphql': 'type Query {\n  a: String\n  b:\n}',
  'open.graphql': 'type Query { a: String ',
  'stray.graphql': '\n\n  type Query } { a: String }',
  'windows.graphql': 'type Query {\r\n  a: String\r\n  ?\r\n}',
  'text.graphql': 'This is not a schema',
  'binary.graphql': '\u0000\u0001',
  'comment.graphql': '# nothing else\n',
  'empty.graphql': '',
  'blank.graphql': ' \n\t\n',
  'unknown-type.graphql': 'type Query {\n  a: Strin\n}',
  'long.graphql': `type Query {\n  a${'b'.repeat(300)}: String\n}`,
  'link.graphql': 'extend schema @link(url: 5)\ntype Query { a: String }',
};

beforeAll(() => {
  requireCompiled();
  for (const [file, text] of Object.entries(FILES)) writeFileSync(at(file), text);
  mkdirSync(at('folder.graphql'));
});
afterEach(killAll);

async function composeAll(...sources: string[]) {
  // a source names its file relative to the folder, as name=FILE
  const composing = run(['compose', ...sources.map((source) => source.replace(/=(?=[^=]+$)/, `=${folder}/`))]);
  const code = await composing.ended;
  const output = composing.output().replaceAll(`${folder}/`, '');
  return { code, output, problems: [...output.matchAll(/^- (.*)$/gm)].map(([, problem]) => problem) };
}

const MALFORMED =
  'is not a source: use name=file or name@url=file; names have letters, digits, _ and -, and begin with a letter';

test.each<[string[], string[]]>([
  [['a=unfinished.graphql'], ['unfinished.graphql:4:1: Syntax Error: Expected Name, found "}".']],
  [['a=open.graphql'], ['open.graphql:1:24: Syntax Error: Expected Name, found <EOF>.']],
  [['a=stray.graphql'], ['stray.graphql:3:14: Syntax Error: Unexpected "}".']],
  [['a=windows.graphql'], ['windows.graphql:3:3: Syntax Error: Unexpected character: "?".']],
  [['a=text.graphql'], ['text.graphql:1:1: Syntax Error: Unexpected Name "This".']],
  [['a=binary.graphql'], ['binary.graphql:1:1: Syntax Error: Unexpected character: U+0000.']],
  [['a=comment.graphql'], ['comment.graphql:2:1: Syntax Error: Unexpected <EOF>.']],
  [['a=empty.graphql'], ['empty.graphql: the schema is empty']],
  [['a=blank.graphql'], ['blank.graphql: the schema is empty']],
  [['a=long.graphql'], ['long.graphql:2:3: the name "abbbbbbbbbbbbbbbbbbb…" has 301 characters, and the limit is 250']],
  [['a=missing.graphql'], ['missing.graphql: the schema of "a" does not exist']],
  [['a=folder.graphql'], ['folder.graphql: the schema of "a" is a directory, not a file']],
  [['a=good.graphql', 'a=other.graphql'], ['the subgraph name "a" is used 2 times: good.graphql, other.graphql']],
  [
    ['a=good.graphql', 'b=other.graphql', 'a=good.graphql', 'a=other.graphql'],
    ['the subgraph name "a" is used 3 times: good.graphql, good.graphql, other.graphql'],
  ],
  [['good.graphql'], [`"good.graphql" ${MALFORMED}`]],
  [['1a=good.graphql'], [`"1a=good.graphql" ${MALFORMED}`]],
  [['=good.graphql'], [`"=good.graphql" ${MALFORMED}`]],
  [['a@=good.graphql'], [`"a@=good.graphql" ${MALFORMED}`]],
  [['a='], [`"a=" ${MALFORMED}`]],
  [['a@http://h.example/'], [`"a@http://h.example/" ${MALFORMED}`]],
  [
    [
      'a=good.graphql',
      'b',
      'c=missing.graphql',
      'd=unfinished.graphql',
      'e=empty.graphql',
      'd=folder.graphql',
      'f=text.graphql',
    ],
    [
      `"b" ${MALFORMED}`,
      'missing.graphql: the schema of "c" does not exist',
      'folder.graphql: the schema of "d" is a directory, not a file',
      'the subgraph name "d" is used 2 times: unfinished.graphql, folder.graphql',
      'unfinished.graphql:4:1: Syntax Error: Expected Name, found "}".',
      'empty.graphql: the schema is empty',
      'text.graphql:1:1: Syntax Error: Unexpected Name "This".',
    ],
  ],
  [['a=unknown-type.graphql'], ['[a] Unknown type Strin (unknown-type.graphql:2:6)']],
  [
    ['a=link.graphql', 'b=good.graphql'],
    [
      'link.graphql: The schema links "5", which is no URL of a feature and its version, such as https://specs.example/name/v1.0',
    ],
  ],
  [
    ['a=good.graphql', 'b=conflicting.graphql'],
    [
      'Type of field "Query.a" is incompatible across subgraphs: it has type "String" in subgraph "a" but type "Int" in subgraph "b" (good.graphql:1:14, conflicting.graphql:2:3)',
    ],
  ],
])('ordergraph compose %j reports every problem without a stack trace, exits with 1', async (sources, problems) => {
  const result = await composeAll(...sources);
  expect(result.problems).toEqual(problems);
  expect(result.output).not.toMatch(/^\s+at |node_modules|\bdist\b/m);
  expect(result.output).toMatch(/^ {2}Fix the (sources|schemas) named above; the supergraph is unchanged$/m);
  expect(result.code).toBe(1);
});

test('ordergraph compose writes a supergraph of valid sources and exits with 0', async () => {
  const { code, output } = await composeAll('a=good.graphql', 'b@http://h.example/graphql=other.graphql');
  expect(output).toContain('@join__graph(name: "b", url: "http://h.example/graphql")');
  expect(code).toBe(0);
});
