import { initialMigration } from './migration';
import type { SubgraphPlan } from './plan';

/** Where the sources of a subgraph stand, which decides how they import the kit and which test runner they have. */
export type Place = 'project' | 'repository';

/** Sources by path from the folder of the subgraph. */
export function sourcesOf(plan: SubgraphPlan, place: Place): ReadonlyMap<string, string> {
  const from = importerOf(place);
  const { name, agency, type, noun, nouns, one, many, file } = plan;
  return new Map([
    ...(place === 'project' ? projectSources(plan) : []),
    [
      'subgraph.ts',
      `${imports([
        from('kit/collection/connection', 'rootsOf'),
        from('kit/subgraph/subgraph', 'Subgraph'),
        [`./agency`, 'Agency'],
        ['./exercise', 'exercise'],
        ['./migrations/migrations', 'migrations'],
        [`./${file}`, type],
        ['./policy', 'policies'],
        ['./roles', 'ROLES'],
      ])}
export const ${name} = new Subgraph({
  name: '${name}',
  description: '${capitalized(nouns)} of agencies.',
  owners: ['${agency.key}'],
  roles: ROLES,
  entities: [${type}],
  stubs: [Agency],
  resolvers: [rootsOf(${type}, { one: '${one}', many: '${many}' })],
  policies,
  migrations,
  exercise,
  references: [],
  importers: [],
});
`,
    ],
    [
      `${file}.ts`,
      `${imports([
        from('kit/model/fields', 'date', 'exerciseFlag', 'key', 'longText', 'refersTo', 'text'),
        from('kit/model/model', 'model'),
        ['./agency', 'Agency'],
      ])}
@model('${capitalized(article(noun))} of an agency.', { order: ['startsOn'] })
export class ${type} {
  @key('Short name, such as "spring-2027".', { as: 'slug', length: 60 }) id!: string;
  @text('Title.', { filter: true, order: true }) title!: string;
  @refersTo(() => Agency, 'Agency that holds it.', { as: 'agency' }) agencyKey!: string;
  @date('First day.', { filter: true, order: true }) startsOn!: string;
  @longText('Contact, for the government only.', { nullable: true, sensitivity: 'GOV' })
  contactNote!: string | null;
  @exerciseFlag() exercise!: boolean;
}
`,
    ],
    [
      'agency.ts',
      `${imports([
        from('kit/collection/connection', 'hasMany'),
        from('kit/model/model', 'stub', 'stubKey'),
        [`./${file}`, type],
      ])}
/** Agencies belong to other subgraphs, which resolve their names. This one has their key, and adds a list. */
@stub('Federal agency or component.', { key: 'key', keyOnly: true })
export class Agency {
  @stubKey('Short name in kebab case, such as "${agency.key}".') key!: string;
  @hasMany(() => ${type}, 'agencyKey', '${capitalized(nouns)} of the agency.') ${many}!: unknown;
}
`,
    ],
    [
      'policy.ts',
      `${imports([
        from('kit/model/model', 'type ModelClass'),
        from('kit/policy/policy', 'type Policy'),
        from('kit/policy/rule', 'government'),
        [`./${file}`, type],
      ])}
/**
 * Access rules. Whatever no rule allows is denied: only callers with a government role see ${nouns}. To publish them, replace
 * \`rows: government\` by \`rows: everyone\`; the note stays internal.
 */
export const policies: readonly (readonly [ModelClass, Policy])[] = [
  [${type}, { rows: government, GOV: government }],
];
`,
    ],
    ['roles.ts', `${imports([from('domain/roles', 'withSharedRoles')])}\nexport const ROLES = withSharedRoles({});\n`],
    [
      'exercise.ts',
      `${imports([from('kit/subgraph/exercise', 'type ExerciseScope', 'type ExerciseTable'), [`./${file}`, type]])}
const DAY = 86_400_000;

/** Agencies with invented ${nouns}. */
const AGENCIES = [${exerciseAgencies(agency.key)}];

/** Invents ${nouns}: one for each agency and each step of the scale, a week apart. */
export function exercise({ scale, asOf }: ExerciseScope): ExerciseTable[] {
  const rows = AGENCIES.flatMap((agencyKey, place) =>
    Array.from({ length: scale }, (_, step) => ({
      id: \`exercise-\${agencyKey}-\${step + 1}\`,
      title: \`Activity \${step + 1} of \${agencyKey} (exercise)\`,
      agencyKey,
      startsOn: new Date(Date.parse(asOf) - (7 * step + place) * DAY).toISOString().slice(0, 10),
      contactNote: 'Invented for the exercise.',
      exercise: true,
    })),
  );
  return [{ target: ${type}, rows }];
}
`,
    ],
    [
      'migrations/migrations.ts',
      `${imports([from('kit/database/migrations', 'type Migration'), ['./0001-initial', 'migration as m0001']])}
export const migrations: readonly Migration[] = [m0001];
`,
    ],
    ['migrations/0001-initial.ts', initialMigration(plan).replace("'#kit/", `'${from('kit/')[0]}`)],
    [`${name}.test.ts`, testOf(plan, place)],
  ]);
}

/** What only a subgraph of this project has. */
const projectSources = ({ type, port }: SubgraphPlan): [string, string][] => [
  [
    'registration.ts',
    `import type { Registration } from '#kit/subgraph/registration';

export const registration: Registration = { port: ${port} };
`,
  ],
  [
    'policy.expected.ts',
    `/** The policy in a second form, which test/security compares with it for every role. Groups: everyone, government. */
export const expected = { ${type}: { rows: 'government', GOV: 'government' } } as const;
`,
  ],
];

type Import = readonly [path: string, ...names: string[]];

/** Imports a module of the kit: by a name of this package, or as a package of another repository. */
const importerOf =
  (place: Place) =>
  (module: string, ...names: string[]): Import => [
    place === 'project' ? `#${module}` : `ordergraph/${module}`,
    ...names,
  ];

/** Import declarations in the order of the formatter. */
function imports(of: readonly Import[]): string {
  const rank = (path: string) =>
    path.startsWith('node:') ? 0 : path.startsWith('.') ? 3 : path.startsWith('#') ? 2 : 1;
  return of
    .toSorted(([one], [other]) => rank(one) - rank(other) || compareNaturally(one, other))
    .map(([path, ...names]) => declaration(path, names))
    .join('');
}

function declaration(path: string, names: readonly string[]): string {
  const areTypes = names.every((name) => name.startsWith('type '));
  const listed = (areTypes ? names.map((name) => name.slice('type '.length)) : names).join(', ');
  return `import ${areTypes ? 'type ' : ''}{ ${listed} } from '${path}';\n`;
}

const compareNaturally = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

export const capitalized = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}`;
const article = (noun: string): string => `${/^[aeio]/.test(noun) ? 'an' : 'a'} ${noun}`;

const exerciseAgencies = (key: string): string =>
  [key, ...['nasa', 'epa', 'gsa'].filter((other) => other !== key).slice(0, 2)].map((each) => `'${each}'`).join(', ');

/** Tests in the words of Jest in this project, and of Node's test runner in another. */
function testOf({ name, agency, nouns, many }: SubgraphPlan, place: Place): string {
  const from = importerOf(place);
  const isProject = place === 'project';
  const equal = (actual: string, expected: string) =>
    isProject ? `expect(${actual}).toEqual(${expected});` : `deepEqual(${actual}, ${expected});`;
  const [before, after] = isProject ? ['beforeAll', 'afterAll'] : ['before', 'after'];
  return `${imports([
    ...(isProject
      ? []
      : ([
          ['node:assert/strict', 'deepEqual'],
          ['node:test', 'after', 'before', 'test'],
        ] as Import[])),
    ['node:fs', 'mkdtempSync', 'rmSync'],
    ['node:os', 'tmpdir'],
    ['node:path', 'join'],
    from('base/identity/principal', 'parsePrincipal'),
    from('domain/exercise/store', 'replaceExerciseRows'),
    from('kit/database/draft-migration', 'pendingStatements'),
    from('kit/subgraph/subgraph', 'type OpenSubgraph'),
    ['./exercise', 'exercise'],
    ['./subgraph', name],
  ])}
const ANALYST = 'role=analyst; subject=ann';
const LIST = '{ ${many} { totalCount nodes { slug contactNote } } }';

const folder = mkdtempSync(join(tmpdir(), '${name}-'));
let open: OpenSubgraph;
${before}(async () => {
  open = await ${name}.open({
    databaseUrl: join(folder, 'test.sqlite'),
    // in these tests, a header says who calls; gateways sign it
    door: { enter: async ({ caller }) => (typeof caller === 'string' ? parsePrincipal(caller) : null) },
  });
  const rows = exercise({ seed: 'test', scale: 1, asOf: '2026-11-23T15:00:00.000Z' });
  await replaceExerciseRows(open.database, ${name}.parts.entities, rows);
});
${after}(async () => {
  await open.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Asks as a caller; without one, as the public. */
async function ask(query: string, caller?: string, variables?: Record<string, unknown>) {
  const { data, errors } = await open.execute({ query, variables, headers: { caller } });
  ${equal('errors', 'undefined')}
  return JSON.parse(JSON.stringify(data));
}

test('shows ${nouns} to the government, and none to the public', async () => {
  const seen = await ask(LIST, ANALYST);
  ${equal(`seen.${many}.totalCount`, '3')}
  ${equal(`seen.${many}.nodes[0].contactNote`, "'Invented for the exercise.'")}
  ${equal('await ask(LIST)', `{ ${many}: { totalCount: 0, nodes: [] } }`)}
});

test('lists the ${nouns} of an agency that another subgraph names by its key', async () => {
  const query = \`query ($of: [_Any!]!) {
    _entities(representations: $of) { ... on Agency { ${many} { nodes { slug } } } }
  }\`;
  const of = [{ __typename: 'Agency', key: '${agency.key}' }];
  const { _entities } = await ask(query, ANALYST, { of });
  ${equal(`_entities[0].${many}.nodes`, `[{ slug: 'exercise-${agency.key}-1' }]`)}
});

test('adds one list to agencies, and leaves their other fields to their owner', () => {
  const [, fields] = /^type Agency[^{]*\\{\\n([\\s\\S]*?)^\\}/m.exec(${name}.sdl)!;
  const names = [...fields!.matchAll(/^ {2}(\\w+)/gm)].map(([, field]) => field);
  ${equal('names', `['key', '${many}']`)}
});

test('marks all exercise data', () => {
  const rows = exercise({ seed: 'test', scale: 2, asOf: '2026-11-23T15:00:00.000Z' }).flatMap((table) => table.rows);
  ${equal("rows.filter((row) => !('exercise' in row && row.exercise === true))", '[]')}
});

test('has a migration for everything that its types need', async () => {
  const { entities, migrations } = ${name}.parts;
  const url = join(folder, 'drafted.sqlite');
  ${equal(`await pendingStatements({ url, name: '${name}', entities, migrations })`, '[]')}
});
`;
}
