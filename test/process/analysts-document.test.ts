import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '#base/package-root';
import { HiringRequest } from '../../subgraphs/workforce/position/position';
import { questionVariables } from '../questions/variables';
import { INSPECTOR } from '../support/identity';
import { killAll, requireCompiled, run } from '../support/processes';
import { programFor } from '../support/programs';
import { resembles } from '../support/shown-answer';
import { openWorld, type World } from '../support/world';

/** Sends the questions of docs/analysts.md as the callers that it names, compares the answers, and runs its Python program. */

const DOCS = join(packageRoot, 'docs');
const TEXT = readFileSync(join(DOCS, 'analysts.md'), 'utf8');
const PROGRAM = join(DOCS, 'examples', 'time_to_hire.py');
const ANALYST = 'role=analyst; subject=analyst-1';
const python = programFor(['python3'], 'Python', 'of the program of the analyst guide', 'Install python3');

const block = (language: string, text: string): string | undefined =>
  new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(text)?.[1];

interface Question {
  readonly title: string;
  readonly text: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly who: string;
  readonly answer: unknown;
}

function questionOf(section: string): Question {
  const title = section.slice(0, section.indexOf('\n'));
  const file = /\]\((\.\.\/test\/questions\/(\d+)[^)]*)\)/.exec(section);
  return {
    title,
    text: file ? readFileSync(join(DOCS, file[1]!), 'utf8') : block('graphql', section)!,
    variables: (file && questionVariables[file[2]!]) || {},
    who: section.includes('asked as Inspector general') ? INSPECTOR : ANALYST,
    answer: JSON.parse(block('json', section)!),
  };
}

const sections = TEXT.split(/^#{2,3} /m);
const questions = sections.filter((section) => /^\d+\. /.test(section)).map(questionOf);
/** Other sections that show a question with its answer. */
const examples = sections.filter((section) => !/^\d+\. /.test(section) && block('json', section)).map(questionOf);

let world: World;
let url: string;
let folder: string;
beforeAll(async () => {
  requireCompiled();
  world = await openWorld('sqlite');
  url = await world.server.listen({ port: 0, host: '127.0.0.1' });
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-guide-'));
});
afterAll(async () => {
  await killAll();
  await world?.close();
  rmSync(folder, { recursive: true, force: true });
});

const tokenFile = async (who: string): Promise<string> => {
  const { authorization } = await world.identity.headers(who);
  const file = join(folder, 'token.txt');
  writeFileSync(file, authorization!.replace('Bearer ', ''));
  return file;
};

test('has twenty questions, numbered, of which at least five are of its own', () => {
  expect(questions.map(({ title }) => Number.parseInt(title, 10))).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  expect(sections.filter((section) => /^\d+\. /.test(section) && block('graphql', section)).length).toBeGreaterThan(5);
  expect(examples.length).toBeGreaterThanOrEqual(2);
});

test.each([...questions, ...examples].map((question) => [question.title, question] as const))(
  'answers as shown: %s',
  async (_title, { text, variables, who, answer }) => {
    const { data, errors } = await world.ask(text, variables, who);
    expect(errors).toBeUndefined();
    if (!resembles({ data }, answer, true)) expect({ data }).toEqual(answer);
  },
);

test('gives its examples of withheld, missing, unset, and suppressed values, and of zero, as it says', async () => {
  const query = `{
    submissions { totalCount }
    sector(key: "nowhere") { name }
    determinations(first: 1, filter: { status: { eq: ISSUED } }) { nodes { rationale } }
    hiringRequests(first: 1, filter: { enteredOnDutyAt: { isNull: true } }) { nodes { enteredOnDutyAt } }
    executiveOrder(number: "14409") {
      submissionMetrics(asOf: "2026-06-02T04:00:00Z") { inWindow suppressed }
    }
    none: positions(filter: { agency: { eq: "nowhere" } }) { totalCount }
  }`;
  const { data, extensions } = await world.ask(query, {}, ANALYST);
  expect(data).toMatchObject({
    submissions: { totalCount: 0 },
    sector: null,
    determinations: { nodes: [{ rationale: null }] },
    hiringRequests: { nodes: [{ enteredOnDutyAt: null }] },
    executiveOrder: { submissionMetrics: { inWindow: null, suppressed: expect.arrayContaining(['inWindow']) } },
    none: { totalCount: 0 },
  });
  const { withheld } = extensions as unknown as { withheld: { coordinate: string; kind: string }[] };
  const kinds = withheld.map(({ coordinate, kind }) => `${coordinate} ${kind}`);
  expect(kinds).toContain('Query.submissions ROWS');
  expect(kinds).toContain('Determination.rationale FIELD');
  expect(kinds).toContain('SubmissionMetrics.inWindow SMALL_COUNTS');
  expect(kinds.join()).not.toMatch(/sector|enteredOnDutyAt|Query\.positions/i);
});

test('shows the refusal of a costly question in the words of the gateway', async () => {
  const query =
    '{ submissions(first: 500) { nodes { number determinations(first: 500) { nodes { outcome } } findings(first: 500) { nodes { id } } } } }';
  const { errors } = await world.ask(query, {}, ANALYST);
  expect(errors![0]!.extensions.code).toBe('OPERATION_TOO_COSTLY');
  expect(block('text', TEXT)!.trim().replaceAll('\n', ' ')).toBe(errors![0]!.message);
});

test('links to files that exist', () => {
  const links = [...TEXT.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, path]) => path!);
  expect(links.length).toBeGreaterThan(20);
  expect(links.filter((path) => !existsSync(join(DOCS, path)))).toEqual([]);
});

(python ? describe : describe.skip)('time_to_hire.py', () => {
  const compute = async (...flags: string[]) =>
    (await promisify(execFile)('python3', [PROGRAM, ...flags])).stdout.trim().split('\n');

  /** Lines of the program, from the rows of the exercise. */
  function expected(): string[] {
    const days = new Map<string, number[]>();
    for (const { authority, needValidatedAt, enteredOnDutyAt } of world.rows(HiringRequest)) {
      if (!needValidatedAt || !enteredOnDutyAt) continue;
      const between = (Date.parse(String(enteredOnDutyAt)) - Date.parse(String(needValidatedAt))) / 86_400_000;
      days.set(authority, [...(days.get(authority) ?? []), between]);
    }
    const median = (values: number[]) => {
      const sorted = values.toSorted((a, b) => a - b);
      return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
    };
    return [...days].sort().map(([authority, values]) => `${authority},${values.length},${median(values).toFixed(1)}`);
  }

  test('exports all pages of a graph with a token, and computes the medians, again from the file', async () => {
    const csv = join(folder, 'written.csv');
    const [heading, ...lines] = await compute(csv, '--url', url, '--token-file', await tokenFile(ANALYST));
    expect(heading).toBe('authority,hires,median_days');
    expect(lines).toEqual(expected());
    expect(lines.length).toBeGreaterThan(2);
    expect(readFileSync(csv, 'utf8')).toMatch(/^# Handling: /);
    expect((await compute(csv)).slice(1)).toEqual(lines);
  });

  test('reads a file of the export command, with and without its first lines', async () => {
    const question = join(folder, 'hires.graphql');
    writeFileSync(question, /QUESTION = """([\s\S]*?)"""/.exec(readFileSync(PROGRAM, 'utf8'))![1]!);
    for (const flags of [[], ['--no-banner']]) {
      const file = join(folder, `hires${flags.length}.csv`);
      const caller = ['--url', url, '--token-file', await tokenFile(ANALYST)];
      const program = run(['export', question, ...caller, '--csv', '--out', file, ...flags]);
      expect([await program.ended, program.output()]).toEqual([0, expect.stringMatching(/\d+ rows in /)]);
      expect(readFileSync(file, 'utf8').startsWith('# Handling')).toBe(flags.length === 0);
      expect((await compute(file)).slice(1)).toEqual(expected());
    }
  });

  test('computes nothing from an export that broke off, or after an error', async () => {
    const file = join(folder, 'broken.csv');
    writeFileSync(file, '# Handling: GOV (opm)\nid,authority\nx,EXCEPTED\n# Incomplete: SUBGRAPH_TIMEOUT: no answer\n');
    const failure = (text: string) => ({ code: 1, stdout: '', stderr: expect.stringContaining(text) });
    await expect(compute(file)).rejects.toMatchObject(failure('not complete'));
    const token = join(folder, 'invalid.txt');
    writeFileSync(token, 'a.b.c');
    const flags = ['--url', url, '--token-file', token];
    await expect(compute(join(folder, 'none.csv'), ...flags)).rejects.toMatchObject(failure('UNAUTHENTICATED'));
  });
});
