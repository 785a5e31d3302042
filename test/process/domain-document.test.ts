import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isEnumType } from 'graphql';
import { roleNames, roleSpec } from '#base/identity/roles';
import { packageRoot } from '#base/package-root';
import { Sensitivity } from '#kit/audit/access-log';
import { StateMachine } from '#kit/state/state-machine';
import { subgraphs } from '../../gateway/cli/subgraphs';

const read = (file: string): string => readFileSync(join(packageRoot, file), 'utf8');
const page = read('docs/domain.md');

/** Files under a folder whose text may cite a rule. */
function filesIn(folder: string): string[] {
  return readdirSync(join(packageRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesIn(path);
    return /\.(ts|md|graphql)$/.test(entry.name) && path !== 'docs/domain.md' ? [path] : [];
  });
}
const FILES = ['gateway', 'shared', 'subgraphs', 'test', 'docs'].flatMap(filesIn);

/** A quoted text before a function: in a test file, the title of a test or a group. */
const TITLE = /\(\s*(['"`])((?:(?!\1)[^\\\n]|\\.)+)\1,\s*(?:async\s*)?(?:\(|\w+\s*=>)/g;

/** The prose of a file: comments and titles of tests, or all of a document or schema. */
function proseOf(file: string): string {
  const source = read(file);
  if (!file.endsWith('.ts')) return source;
  const comments = source.match(/\/\*[\s\S]*?\*\/|\/\/.*/g) ?? [];
  return [...comments, ...[...source.matchAll(TITLE)].map(([, , title]) => title)].join('\n');
}

/** Ids of rules that a text names; "T1–T6" and "T1 to T6" name all between. */
function idsIn(text: string): Set<string> {
  const ids = new Set<string>();
  for (const [, letter, first, last = first] of text.matchAll(
    /(?<!\d-)\b([NTIFPW])([1-9]\d?)\b(?:(?:–|-| to )\1(\d+)\b)?/g,
  ))
    for (let number = Number(first); number <= Number(last); number++) ids.add(`${letter}${number}`);
  return ids;
}

/** Titles of a test file's tests and groups, each with the comment directly above it. */
function titlesIn(source: string): Map<string, string> {
  const starts = [...source.matchAll(/^[ \t]*(?:test|describe)\b/gm)].map(({ index }) => index);
  return new Map(
    starts.flatMap((start, place): [string, string][] => {
      const [match] = source.slice(start, starts[place + 1]).matchAll(TITLE);
      if (!match) return [];
      const above = source.slice(0, start).split('\n').slice(0, -1);
      const code = above.findLastIndex((line) => !/^\s*(?:\/\/|\/?\*)/.test(line));
      return [[match[2]!, above.slice(code + 1).join('\n')]];
    }),
  );
}

interface TestLink {
  readonly title: string;
  readonly file: string;
}
const linksIn = (text: string): TestLink[] =>
  [...text.matchAll(/\[([^\]]+)\]\(\.\.\/([^)\s]+\.test\.ts)\)/g)].map(([, title, file]) => ({
    title: title!,
    file: file!,
  }));

const titles = new Map(FILES.filter((file) => file.endsWith('.test.ts')).map((file) => [file, titlesIn(read(file))]));
const isThere = ({ title, file }: TestLink): boolean => titles.get(file)?.has(title) ?? false;

/** The rules of the page, each with the tests that cite it. */
const rules = new Map(
  [...page.matchAll(/^- \*\*([A-Z]\d+)\*\* ([\s\S]+?)(?=\n- |\n\n)/gm)].map(([, id, text]) => [id!, linksIn(text!)]),
);

/** Cells of the rows of the table whose header row begins with these cells. */
function tableOf(...header: string[]): string[][] {
  const lines = page.split('\n');
  const cells = (line: string) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
  const place = lines.findIndex(
    (line) => line.startsWith('|') && header.every((cell, column) => cells(line)[column] === cell),
  );
  const end = lines.findIndex((line, index) => index > place && !line.startsWith('|'));
  return lines.slice(place + 2, end).map(cells);
}
const codesIn = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);

test('cites for each rule existing tests that carry its id in title or comment', () => {
  expect(rules.size).toBeGreaterThan(25);
  const unheld = [...rules].flatMap(([id, tests]) => {
    if (tests.length === 0) return [`${id} names no test`];
    return tests.filter(isThere).flatMap(({ title, file }) => {
      const above = titles.get(file)!.get(title)!;
      return idsIn(`${title}\n${above}`).has(id) ? [] : [`"${title}" in ${file} does not name ${id}`];
    });
  });
  expect(unheld).toEqual([]);
});

test('cites only tests that exist', () => {
  const links = linksIn(page);
  expect(links.length).toBeGreaterThan(50);
  expect(links.filter((link) => !isThere(link))).toEqual([]);
});

test('lists every rule that code, tests, schemas, and documents cite', () => {
  const cited = FILES.flatMap((file) => [...idsIn(proseOf(file))].map((id) => [file, id] as const));
  expect(new Set(cited.map(([, id]) => id)).size).toBeGreaterThan(20);
  expect(cited.filter(([, id]) => !rules.has(id))).toEqual([]);
});

test('finds no citation of a document outside the project', () => {
  const ELSEWHERE =
    /\bsections? [\d, and]+ of the (?:domain|design)\b|\b(?:of|in|by|from) the design\b|\bthe design'?s\b/i;
  expect(FILES.flatMap((file) => proseOf(file).match(ELSEWHERE) ?? [])).toEqual([]);
});

/** All tables of transitions that subgraphs export. */
const machines = FILES.filter((file) => file.startsWith('subgraphs/') && /= new StateMachine\b/.test(read(file)))
  .filter((file) => !file.endsWith('.test.ts'))
  .flatMap((file) => Object.values<unknown>(require(join(packageRoot, file))))
  .filter((value) => value instanceof StateMachine) as StateMachine<string>[];

/** An actor as the page names it: "hiring manager" for HIRING_MANAGER. */
const wordsOf = (actor: string): string => actor.toLowerCase().replaceAll('_', ' ');

/** A table of transitions as the page draws it: what changes the state, who causes it, and its guards. */
function diagramOf({ name, states, transitions, terminal }: StateMachine<string>): string {
  const moves = transitions.flatMap((row) =>
    StateMachine.origins(row)
      .filter((from) => from !== row.to)
      .map((from) => {
        const guards = (row.guards ?? []).map((guard) => guard.name).join(', ');
        const actors = row.by.map(wordsOf).join(' or ');
        return `${from ?? '[*]'} --> ${row.to}: ${row.trigger} (${actors})${guards && ` [${guards}]`}`;
      }),
  );
  const isBorn = transitions.some(({ from }) => from === null);
  const lines = [...(isBorn ? [] : [`[*] --> ${states[0]}`]), ...moves, ...terminal.map((state) => `${state} --> [*]`)];
  return `---\ntitle: ${name}\n---\nstateDiagram-v2\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

test('draws exactly the tables of transitions as diagrams', () => {
  expect(machines.length).toBeGreaterThan(5);
  const diagrams = [...page.matchAll(/^```mermaid\n([\s\S]*?)```$/gm)].map(([, diagram]) => diagram!);
  expect(diagrams.toSorted()).toEqual(machines.map(diagramOf).sort());
});

test('mentions every guard and every state of a lifecycle', () => {
  const mentioned = new Set(page.match(/\w+/g));
  const names = machines.flatMap(({ states }) => states);
  expect(names.filter((name) => !mentioned.has(name))).toEqual([]);
  // a diagram names a guard; the text says when it holds
  const explained = new Set(codesIn(page.replace(/^```[\s\S]*?^```$/gm, '')));
  const guards = machines.flatMap(({ transitions }) => transitions.flatMap((row) => row.guards ?? []));
  expect(guards.map(({ name }) => name).filter((name) => !explained.has(name))).toEqual([]);
});

test('lists the states that sources report as the schema does', () => {
  const rows = tableOf('enum', 'states');
  expect(rows.length).toBeGreaterThan(3);
  for (const [name, states] of rows) {
    const types = subgraphs.map(({ schema }) => schema.getType(codesIn(name!)[0]!)).filter(isEnumType);
    expect([name, codesIn(states!)]).toEqual([name, types[0]?.getValues().map((value) => value.name)]);
  }
});

test('lists every role with the claim that a token needs for it', () => {
  const rows = tableOf('role', 'has to name').map(([role, needs]) => [codesIn(role!)[0], codesIn(needs!)[0] ?? null]);
  const declared = roleNames().map((role) => [role, roleSpec(role)!.needs ?? null]);
  expect(rows.toSorted()).toEqual(declared.toSorted());
});

test('lists every mutation with the actors who may call it', () => {
  const listed = [...page.matchAll(/^- \*\*([a-z ]+)\*\*: ([\s\S]+?)(?=\n- |\n\n)/gm)];
  const specs = subgraphs.flatMap(({ parts }) => parts.mutations ?? []);
  const actors = [...new Set(specs.flatMap(({ by }) => by))];
  expect(listed.map(([, actor]) => actor!).sort()).toEqual(actors.map(wordsOf).sort());
  for (const [, actor, names] of listed) {
    const mutations = specs.filter(({ by }) => by.map(wordsOf).includes(actor!)).map(({ name }) => name);
    expect([actor, codesIn(names!).sort()]).toEqual([actor, mutations.sort()]);
  }
});

test('lists every sensitivity class in the table of classes', () => {
  expect(tableOf('class').map(([name]) => codesIn(name!)[0])).toEqual(Object.keys(Sensitivity));
});
