import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { type CheckInput, check } from '../../gateway/check/check';
import type { ClientDocument } from '../../gateway/check/documents';
import { lint } from '../../gateway/check/lint';
import { PROGRAMS } from '../../gateway/cli/programs';
import { compose } from '../../gateway/composition/compose';
import { AGREEMENT, published, WORLD } from '../security/hostile-schemas';
import { killAll, requireCompiled, run } from '../support/processes';

const before = published(WORLD);
const supergraph = compose(before, { agreement: AGREEMENT });

const client = (name: string, text: string): ClientDocument => ({ client: 'dashboard@1.4', name, text });
const TITLES = client('Titles', 'query Titles { submissions(state: OPEN) { id title } }');
const PERIODS = client('Periods', 'query Periods { submissions(period: { from: "2026" }) { value { amount } } }');
const DOCUMENTS = [TITLES, PERIODS];

/** A report on a change of the schema of `submissions`. */
const checked = (from: string | RegExp, to: string, documents: CheckInput['documents'] = DOCUMENTS) => {
  const [submissions] = before;
  const sdl = submissions!.sdl.replace(from, to);
  if (sdl === submissions!.sdl && from !== '') throw new Error(`"${from}" is not in the schema`);
  return check({ before, supergraph, proposed: [{ ...submissions!, sdl }], agreement: AGREEMENT, documents });
};

test('nothing to say about a schema without a change', async () => {
  expect(await checked('', '')).toEqual({
    ...{
      passed: true,
      problems: [],
      changes: [],
      brokenDocuments: [],
      invalidDocuments: [],
      classChanges: [],
      costChanges: [],
      notes: [],
    },
    supergraph,
  });
});

test('names the documents that would stop working', async () => {
  const report = await checked('  title: String', '  heading: String');
  expect(report.passed).toBe(false);
  expect(report.brokenDocuments).toEqual([
    {
      client: 'dashboard@1.4',
      name: 'Titles',
      errors: [expect.stringMatching(/Cannot query field "title" on type "Submission"/)],
    },
  ]);
  expect(report.changes).toContainEqual(
    expect.objectContaining({
      ...{ level: 'BREAKING', coordinate: 'Submission.title', owner: 'submissions' },
      usedBy: ['dashboard@1.4: Titles'],
    }),
  );
});

describe('contracts', () => {
  const open = { description: 'Everyone.', include: [], exclude: [], classes: ['PUBLIC' as const] };
  const agreed = (contracts: Record<string, typeof open>) => ({ ...AGREEMENT, contracts });
  const withContract = compose(before, { agreement: agreed({ open }) });
  const [submissions] = before;
  const judge = (from: string, to: string, contracts: Record<string, typeof open>, old = withContract) => {
    const sdl = submissions!.sdl.replace(from, to);
    const proposed = from === '' ? [] : [{ ...submissions!, sdl }];
    return check({ before, supergraph: old, proposed, agreement: agreed(contracts), documents: DOCUMENTS });
  };

  test('are not in a report on a change that they do not notice, or that the whole graph notices', async () => {
    expect((await judge('', '', { open })).changes).toEqual([]);
    const { changes } = await judge('  title: String', '  heading: String', { open });
    expect(changes.filter(({ contract }) => contract !== undefined)).toEqual([]);
    expect(changes).toContainEqual(expect.objectContaining({ level: 'BREAKING', coordinate: 'Submission.title' }));
  });

  test('lose a part by another class, which breaks the clients whose documents work with them', async () => {
    const { passed, changes } = await judge(
      'title: String @sensitivity(class: PUBLIC)',
      'title: String @sensitivity(class: GOV)',
      { open },
    );
    expect(passed).toBe(false);
    expect(changes).toContainEqual({
      ...{ level: 'BREAKING', coordinate: 'Submission.title', owner: 'submissions', contract: 'open' },
      message: "Field 'title' was removed from object type 'Submission'",
      usedBy: ['dashboard@1.4: Titles'],
    });
  });

  test('gain a part by another class', async () => {
    const { changes } = await judge('String @sensitivity(class: PROPIN)', 'String @sensitivity(class: PUBLIC)', {
      open,
    });
    expect(changes).toContainEqual(
      expect.objectContaining({ level: 'SAFE', coordinate: 'Submission.weights', contract: 'open', usedBy: [] }),
    );
  });

  test('come and go', async () => {
    expect((await judge('', '', { open, second: open })).changes).toEqual([
      {
        level: 'SAFE',
        coordinate: 'second',
        message: 'the contract is new',
        owner: undefined,
        usedBy: [],
        contract: 'second',
      },
    ]);
    const { passed, changes } = await judge('', '', {});
    expect(passed).toBe(false);
    expect(changes).toEqual([
      {
        ...{
          level: 'BREAKING',
          coordinate: 'open',
          message: 'the contract is removed',
          owner: undefined,
          contract: 'open',
        },
        usedBy: ['dashboard@1.4: Titles', 'dashboard@1.4: Periods'],
      },
    ]);
  });

  test('that clients could not use are problems', async () => {
    const { passed, problems } = await judge('title: String', 'title(style: String! @tag(name: "x")): String', {
      open: { ...open, exclude: ['x' as never] },
    });
    expect(passed).toBe(false);
    expect(problems).toEqual([
      'contract "open" hides the required argument Submission.title(style:), but shows Submission.title: hide Submission.title, too, or show the argument',
    ]);
  });
});

test('a value that may become null breaks clients, although their documents stay valid', async () => {
  const strict = before.map((subgraph) => ({
    ...subgraph,
    sdl: subgraph.sdl.replace('  title: String @', '  title: String! @'),
  }));
  const report = await check({
    ...{ before: strict, supergraph: compose(strict, { agreement: AGREEMENT }), proposed: [before[0]!] },
    ...{ agreement: AGREEMENT, documents: DOCUMENTS },
  });
  expect([report.passed, report.brokenDocuments]).toEqual([false, []]);
  expect(report.changes).toEqual([
    expect.objectContaining({ level: 'BREAKING', coordinate: 'Submission.title', usedBy: ['dashboard@1.4: Titles'] }),
  ]);
});

test.each([
  [
    'an argument',
    '(first: Int = 10, state: State, period: Period)',
    '(first: Int = 10, period: Period)',
    'Query.submissions.state',
    'Titles',
  ],
  ['an argument that no document gives', '(zone: String = "ET")', '', 'Submission.launch.zone', undefined],
  ['a field that no document selects', /.* {2}contact: .*\n/, '', 'Submission.contact', undefined],
])('finds the users of %s', async (_, from, to, coordinate, user) => {
  const report = await checked(from, to);
  const change = report.changes.find(({ level }) => level === 'BREAKING');
  expect(change).toMatchObject({ coordinate, usedBy: user === undefined ? [] : [`dashboard@1.4: ${user}`] });
  expect(report.passed).toBe(user === undefined);
});

test('without documents, nothing shows that a change breaks no client', async () => {
  const [submissions] = before;
  const proposed = [{ ...submissions!, sdl: submissions!.sdl.replace(/ {2}contact: .*\n/, '') }];
  expect((await check({ before, supergraph, proposed, agreement: AGREEMENT })).passed).toBe(false);
  expect((await check({ before, supergraph, proposed: [], agreement: AGREEMENT })).passed).toBe(true);
});

test('documents that do not work now either say nothing of clients', async () => {
  for (const documents of [[], [client('Broken', '{ nothing }')], [client('Text', 'not GraphQL {')]]) {
    const report = await checked(/ {2}contact: .*\n/, '', documents);
    expect([report.passed, report.invalidDocuments.length]).toEqual([false, documents.length]);
  }
});

describe('a client that sends variables uses all parts of their types', () => {
  const document = client(
    'All',
    'query All($period: Period, $state: State) { submissions(period: $period, state: $state) { id } }',
  );
  const strip = (from: string, to: string) =>
    before.map((subgraph) => ({ ...subgraph, sdl: subgraph.sdl.replace(from, to) }));

  test.each([
    ['an input field', '  from: String\n', '  from: Int\n', 'Period.from'],
    ['a required input field', '  from: String\n', '  from: String\n  zone: String!\n', 'Period.zone'],
    ['an enum value', '  CLOSED\n', '', 'State.CLOSED'],
  ])('%s', async (_, from, to, coordinate) => {
    const report = await check({
      before,
      supergraph,
      proposed: strip(from, to),
      agreement: AGREEMENT,
      documents: [document],
    });
    expect(report.problems).toEqual([]);
    expect(report.changes).toContainEqual(expect.objectContaining({ level: 'BREAKING', coordinate }));
    expect(report.passed).toBe(false);
  });
});

test('a root type that is gone breaks its operations', async () => {
  const report = await checked(/type Mutation \{[\s\S]*?\n\}\n/, '', [
    client('Withdraw', 'mutation Withdraw { withdraw(id: 1) { id } }'),
  ]);
  expect(report.brokenDocuments).toEqual([
    { client: 'dashboard@1.4', name: 'Withdraw', errors: ['The graph has no mutation type.'] },
  ]);
});

test('an interface that a type leaves breaks fragments on it', async () => {
  const report = await checked('type Server implements Asset @key', 'type Server @key', [
    client('Assets', 'query Assets { asset { ... on Asset { label } } }'),
  ]);
  expect(report.passed).toBe(false);
});

test('a document is not left out because another of its name does not work', async () => {
  const documents = [TITLES, client('Titles', '{ nothing }'), PERIODS];
  const report = await checked('  title: String', '  heading: String', documents);
  expect(report.brokenDocuments).toEqual([expect.objectContaining({ name: 'Titles' })]);
});

test('a field that is read by an interface is in use', async () => {
  const document = client('Assets', 'query Assets { asset { label } }');
  const report = await checked(/(type Server [\s\S]*?label: String)/, '$1 @authenticated', [document]);
  expect([report.passed, report.changes.map(({ coordinate }) => coordinate)]).toEqual([false, ['Server.label']]);
});

test('a class that keeps readers out breaks their clients', async () => {
  const report = await checked(
    '  title: String @sensitivity(class: PUBLIC)',
    '  title: String @sensitivity(class: ISVI)',
  );
  expect([report.passed, report.classChanges]).toEqual([
    false,
    [{ coordinate: 'Submission.title', from: 'PUBLIC', to: 'ISVI' }],
  ]);
  expect(
    (
      await checked(
        '  launch(zone: String = "ET"): String @sensitivity(class: GOV)',
        '  launch(zone: String = "ET"): String @sensitivity(class: PUBLIC)',
      )
    ).passed,
  ).toBe(true);
});

test('rules of access, and prefixes of global ids, are changes', async () => {
  const document = client('Titles', 'query Titles { submissions { title } }');
  const rule = await checked('  title: String', '  title: String @authenticated', [document]);
  expect(rule.changes).toEqual([
    expect.objectContaining({ coordinate: 'Submission.title', usedBy: ['dashboard@1.4: Titles'] }),
  ]);
  const prefix = await checked('@node(prefix: "sub_")', '@node(prefix: "smn_")', [document]);
  expect([rule.passed, prefix.passed]).toEqual([false, false]);
});

test('problems have their place, and the other subgraph', async () => {
  const report = await checked('  title: String', '  reviews: String @shareable');
  expect(report.passed).toBe(false);
  expect(report.problems).toContainEqual(
    expect.stringMatching(
      /^submissions\.graphql:\d+:3: submissions also resolves Submission\.reviews, which reviews owns/,
    ),
  );
});

test('shows changed classes', async () => {
  const report = await checked(
    '  title: String @sensitivity(class: PUBLIC)',
    '  title: String @sensitivity(class: GOV)',
  );
  expect(report.classChanges).toEqual([{ coordinate: 'Submission.title', from: 'PUBLIC', to: 'GOV' }]);
  expect(report.passed).toBe(false);
});

test.each([
  ['  title: String', '  title: String @cost(weight: 7)', 'Submission.title', '@cost(weight: 7)', 80],
  [
    'period: Period): [Submission!]',
    'period: Period): [Submission!] @listSize(assumedSize: 500)',
    'Query.submissions',
    '@listSize(assumedSize: 500)',
    500,
  ],
  [
    '(first: Int = 10, state: State, ',
    '(first: Int = 10, state: State @cost(weight: 3), ',
    'Query.submissions(state:)',
    '@cost(weight: 3)',
    13,
  ],
])('names a changed cost, and what documents that pay it cost: %s', async (from, to, coordinate, cost, estimate) => {
  const report = await checked(from, to, [TITLES]);
  expect(report.changes).toEqual([
    {
      ...{ level: 'DANGEROUS', coordinate, message: `its cost changes from nothing to ${cost}` },
      ...{ owner: 'submissions', usedBy: ['dashboard@1.4: Titles'] },
    },
  ]);
  expect(report.costChanges).toEqual([{ client: 'dashboard@1.4', name: 'Titles', from: 10, to: estimate }]);
  expect(report.passed).toBe(true);
});

describe('the linter', () => {
  const found = async (sdl: string) =>
    (await lint([{ name: 'outreach', file: 'schema.graphql', sdl }]))!.map((finding) => finding.split('\n')[0]);

  test('finds missing descriptions, unusual names, and deprecations without a reason, with their places', async () => {
    const schema = `type Query {
  "Events."
  events(Per_day: Int): Event @deprecated
}
"An event."
type Event {
  eventName: String
}
`;
    expect(await found(schema)).toEqual([
      'schema.graphql:3:10: Input value "Per_day" should be in camelCase format',
      'schema.graphql:3:10: Description is required for input value "Per_day" in field "events"',
      'schema.graphql:3:32: Deprecation reason is required for field "events" in type "Query".',
      'schema.graphql:7:3: Field "eventName" starts with the name of the parent type "Event"',
      'schema.graphql:7:3: Description is required for field "eventName" in type "Event"',
    ]);
    const before = { name: 'outreach', sdl: schema.replace('  eventName: String\n', '  size: Int\n') };
    const changed = await lint([{ name: 'outreach', file: 'schema.graphql', sdl: schema }], [before]);
    expect(changed!.map((finding) => finding.split(':')[1])).toEqual(['7', '7']);
  });

  test('finds nothing in the schemas of this repository, and leaves syntax errors to composition', async () => {
    const own = PROGRAMS.map((name) => ({
      ...{ name, sdl: readFileSync(join(packageRoot, 'subgraphs', name, 'schema.graphql'), 'utf8') },
    }));
    expect(await lint(own)).toEqual([]);
    expect(await found('type {')).toEqual([]);
  });
});

test('the same inputs give the same report', async () => {
  const [first, second] = [
    await checked('  title: String', '  heading: String'),
    await checked('  title: String', '  heading: String'),
  ];
  expect(JSON.stringify(second)).toBe(JSON.stringify(first));
});

describe('the command', () => {
  beforeAll(requireCompiled);
  afterEach(killAll);

  const folder = mkdtempSync(join(tmpdir(), 'ordergraph-check-'));
  const write = (file: string, text: string) => {
    writeFileSync(join(folder, file), text);
    return join(folder, file);
  };
  const command = async (...flags: string[]) => {
    const checking = run(['check-schema', ...flags]);
    const code = await checking.ended;
    return { code, output: checking.output() };
  };
  const withFiles = before.map(({ name, sdl }) => `${name}=${write(`${name}.graphql`, sdl)}`);
  const agreement = write('agreement.json', JSON.stringify(AGREEMENT));
  const base = ['--with', ...withFiles, '--agreement', agreement];

  test('passes a change that no document uses, and fails one that a document uses', async () => {
    const documents = write('manifest.json', JSON.stringify({ one: TITLES.text }));
    const proposed = (from: RegExp, to: string) =>
      `submissions=${write('proposed.graphql', before[0]!.sdl.replace(from, to))}`;
    const unused = await command(
      proposed(/.* {2}contact: .*\n/, ''),
      ...base,
      '--documents',
      `dashboard@2=${documents}`,
    );
    expect(unused).toEqual({
      code: 0,
      output: expect.stringMatching(/Breaking changes:\n- Submission\.contact: [\s\S]*\nPassed\n$/),
    });
    const used = await command(
      proposed(/ {2}title: String/, '  heading: String'),
      ...base,
      '--documents',
      `dashboard@2=${documents}`,
    );
    expect(used).toEqual({
      code: 1,
      output: expect.stringMatching(
        /would stop working:\n- dashboard@2: Titles: Cannot query field "title"[\s\S]*Failed: clients would break/,
      ),
    });
    const json = await command(proposed(/ {2}title: String/, '  heading: String'), ...base, '--json');
    expect([json.code, JSON.parse(json.output).passed]).toEqual([1, false]);
  });

  test.each([
    ['a missing file', ['submissions=nowhere.graphql'], 'the schema of "submissions" does not exist'],
    [
      'a source of documents without a client',
      [withFiles[0]!, ...base, '--documents', 'manifest.json'],
      '"manifest.json" is not a source of documents',
    ],
    [
      'an agreement that is not JSON',
      [withFiles[0]!, '--with', ...withFiles, '--agreement', withFiles[0]!.split('=')[1]!],
      'is not JSON',
    ],
  ])('refuses %s', async (_, flags, message) => {
    expect(await command(...flags)).toEqual({ code: 1, output: expect.stringContaining(message) });
  });
});
