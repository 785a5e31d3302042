import { compose } from '../../gateway/composition/compose';
import { NodeDirectory } from '../../gateway/nodes/directory';
import { agreementOf } from '../../gateway/ownership/agreement';
import { requireOwnership } from '../../gateway/ownership/ownership';
import { readSupergraph } from '../../gateway/supergraph/supergraph';
import { AGREEMENT, HOSTILE_CHANGES, type HostileChange, published, WORLD } from './hostile-schemas';

const consentOf = ({ by, act, coordinate, owner }: HostileChange) => ({
  ...{ by: owner, to: [by], act, coordinates: [coordinate], reason: 'Agreed.' },
});

const composed = (world: HostileChange['world'], consents: readonly ReturnType<typeof consentOf>[] = []) =>
  compose(published(world), {
    agreement: { ...AGREEMENT, consents: [...AGREEMENT.consents, ...consents] },
    before: published(WORLD),
  });

/** The message with which a composition is refused. */
const refusal = (...parameters: Parameters<typeof composed>): string => {
  try {
    return `composed:\n${composed(...parameters)}`;
  } catch (error) {
    return (error as Error).message;
  }
};

const served = (supergraph: string) => {
  const { document, join } = readSupergraph(supergraph);
  requireOwnership(document, join);
};

test('the agencies of the world agree', () => {
  expect(() => served(composed(WORLD))).not.toThrow();
});

test('at least 200 hostile changes are tried, of every kind', () => {
  expect(HOSTILE_CHANGES.length).toBeGreaterThanOrEqual(200);
  expect([...new Set(HOSTILE_CHANGES.map(({ act }) => act))].sort()).toEqual(
    [
      ...['AUTHORIZE', 'CHANGE', 'COST', 'DEPRECATE', 'EXTEND', 'HIDE', 'INTERFACE_OBJECT', 'KEY', 'NODE', 'OVERRIDE'],
      ...['PROVIDE', 'REQUIRE', 'SHARE', 'TAG'],
    ].sort(),
  );
});

/** Supergraphs have these only merged, without the subgraph: signatures vouch for them. */
const MERGED = new Set(['TAG', 'AUTHORIZE', 'COST', 'DEPRECATE', 'CHANGE']);

describe.each(
  HOSTILE_CHANGES.map(
    (change) => [`${change.by}: ${change.act} ${change.coordinate} (${change.form})`, change] as const,
  ),
)('%s', (_, change) => {
  const { by, act, coordinate, owner, world, agreed } = change;
  const needed = `needs the consent ${act} of ${owner}`;
  let supergraph: string;

  test('is refused, and the owner is named', () => {
    const message = refusal(world);
    expect(message).toContain(coordinate);
    expect(message).toContain(needed);
  });

  test('is accepted with the consent of its owner, and of no other', () => {
    const consent = consentOf(change);
    const { also } = change;
    const others = also ? [{ ...consent, act: also.act, coordinates: [also.coordinate] }] : [];
    supergraph = composed(agreed, [consent, ...others]);
    // each differs in one part; if one sufficed, all would
    const wrong = [
      { ...consent, by: 'outreach' },
      { ...consent, to: ['registry'] },
      { ...consent, coordinates: [`${coordinate}x`] },
      { ...consent, act: act === 'TAG' ? ('HIDE' as const) : ('TAG' as const) },
    ];
    expect(refusal(agreed, [...others, ...wrong])).toContain(needed);
  });

  if (!MERGED.has(act))
    test('is not served, even from a supergraph written by hand', () => {
      expect(() => served(supergraph)).not.toThrow();
      const without = supergraph.replace(
        new RegExp(`@consent\\(by: "${owner}", to: \\["${by}"\\], act: "${act}", coordinates: \\[.*?\\]\\)`),
        '',
      );
      expect(without).not.toBe(supergraph);
      expect(() => served(without)).toThrow(`the consent ${act} of `);
    });
});

describe('other ways to the same', () => {
  const [head = ''] = published(WORLD)[0]!.sdl.split('type Money');
  /** A new subgraph with these definitions. */
  const outreach = (body: string, change: (header: string) => string = (same) => same) => ({
    name: 'outreach',
    sdl: `${change(head.replaceAll('submissions', 'outreach'))}${body}`,
    file: 'outreach.graphql',
  });
  const P = '@sensitivity(class: PUBLIC)';
  const KEY = `@key(fields: "id") { id: ID! ${P}`;
  const ROOT = `type Query { hello: String ${P} }`;
  const changed = (name: string, from: string, to: string) =>
    published(WORLD).map((subgraph) =>
      subgraph.name === name ? { ...subgraph, sdl: subgraph.sdl.replace(from, to) } : subgraph,
    );
  const withNew = (body: string, change?: (header: string) => string) => [...published(WORLD), outreach(body, change)];

  test.each<[string, () => ReturnType<typeof published>, string]>([
    [
      'a directive by the name of its feature',
      () =>
        changed('reviews', ',"@inaccessible"', '').map((subgraph) => ({
          ...subgraph,
          sdl: subgraph.sdl.replace('  name: String @shareable', '  name: String @shareable @federation__inaccessible'),
        })),
      'registry',
    ],
    [
      'a type extension',
      () => changed('reviews', 'type Review implements', 'extend enum Phase { LOST }\ntype Review implements'),
      'reviews extends Phase (adds "LOST"), which registry owns: it needs the consent EXTEND of registry',
    ],
    [
      'root types of other names',
      () =>
        withNew(
          `schema { query: Root } type Root { total: Money @shareable ${P} } type Money @shareable { amount: Int ${P} }`,
        ),
      'outreach also resolves Query.total, which submissions owns: it needs the consent SHARE of submissions',
    ],
    [
      'an override of a subgraph that does not exist',
      () =>
        withNew(
          `type Agency @key(fields: "key") { key: ID! ${P} name: String @shareable @override(from: "elsewhere") ${P} } ${ROOT}`,
        ),
      'outreach also resolves Agency.name, which registry owns: it needs the consent SHARE of registry',
    ],
    [
      'an override of a subgraph in another case',
      () =>
        withNew(
          `type Agency @key(fields: "key") { key: ID! ${P} name: String @shareable @override(from: "Registry") ${P} } ${ROOT}`,
        ),
      'outreach also resolves Agency.name, which registry owns: it needs the consent SHARE of registry',
    ],
    [
      'a key of a type without keys',
      () =>
        withNew(
          `type Detail @key(fields: "risk") { risk: String @external @sensitivity(class: ISVI) copy: String ${P} } ${ROOT}`,
        ),
      'outreach adds a key to Detail (its key is "risk"), which submissions owns: it needs the consent KEY of submissions',
    ],
    [
      'a key with a value above the clearance',
      () =>
        withNew(
          `type Submission @key(fields: "id") @key(fields: "contact") { id: ID! ${P} contact: String @external @sensitivity(class: PII) } ${ROOT}`,
        ),
      'outreach requires values of Submission.contact (for the key of Submission; its class PII is above the clearance of outreach)',
    ],
    [
      'a context on an interface of one’s own',
      () =>
        withNew(`interface Evil @context(name: "here") { weights: String ${P} }
          type Submission implements Evil ${KEY} weights: String @external @sensitivity(class: PROPIN) note: Note ${P} }
          type Note ${KEY} copy(of: String @fromContext(field: "$here { weights }")): String @sensitivity(class: PROPIN) } ${ROOT}`),
      'outreach requires values of Submission.weights',
    ],
    [
      'an interface that another’s type implements',
      () =>
        withNew(`interface Evil { id: ID! ${P} } type Submission implements Evil ${KEY} extra: String ${P} } ${ROOT}`),
      'outreach extends Submission (implements "Evil"), which submissions owns: it needs the consent EXTEND of submissions',
    ],
    [
      'references with directives',
      () =>
        withNew(
          `extend type Developer @key(fields: "key") { key: ID! @external @deprecated(reason: "x") @tag(name: "x") ${P} extra: Int ${P} } ${ROOT}`,
        ),
      'outreach tags Developer.key',
    ],
    [
      'a nested key with the name of a field',
      () =>
        withNew(`type Submission @key(fields: "id") @key(fields: "developer { name }") {
          id: ID! ${P} developer: Developer @external ${P} name: String ${P} title: String @shareable ${P} }
          type Developer @key(fields: "key") { key: ID! ${P} name: String @external ${P} } ${ROOT}`),
      'outreach also resolves Submission.title',
    ],
    [
      'a directive of one’s own on another’s input',
      () =>
        withNew(
          `directive @mine on INPUT_OBJECT input Period @mine { from: String until: String = "now" } type Query { hello(period: Period): String ${P} }`,
          (header) =>
            header
              .replace(
                '@composeDirective(name: "@owner")',
                '@composeDirective(name: "@owner") @composeDirective(name: "@mine")',
              )
              .replace(
                'extend schema',
                'extend schema @link(url: "https://outreach.example/mine/v1.0", import: ["@mine"])',
              ),
        ),
      'outreach has another definition of Period (@mine), which registry owns',
    ],
    [
      'who resolves global ids',
      () =>
        withNew(
          `directive @nodeId(prefix: String!, subgraphs: [String!]!) on OBJECT type Query { hello: String ${P} }`,
          (header) =>
            header
              .replace(
                '@composeDirective(name: "@owner")',
                '@composeDirective(name: "@owner") @composeDirective(name: "@nodeId")',
              )
              .replace(
                'extend schema',
                'extend schema @link(url: "https://ordergraph.example/node/v1.0", import: ["@nodeId"])',
              ),
        ),
      'outreach: links "https://ordergraph.example/node/v1.0", which only the graph states',
    ],
    [
      'an agreement in a schema',
      () =>
        changed(
          'reviews',
          '@composeDirective(name: "@owner")',
          '@composeDirective(name: "@owner") @link(url: "https://ordergraph.example/Ownership/v1.0", import: ["@consent"])',
        ),
      'reviews: links "https://ordergraph.example/Ownership/v1.0", which only the graph states',
    ],
    [
      'classes that are not composed',
      () => withNew(ROOT, (header) => header.replace('@composeDirective(name: "@sensitivity")', '')),
      'outreach: @sensitivity is not composed: add @composeDirective(name: "@sensitivity")',
    ],
    [
      'a weaker class for what follows from another’s field',
      () =>
        withNew(
          `directive @derivedFrom(fields: [String!]!, coarsened: String) on FIELD_DEFINITION
           type Submission ${KEY} hint: Int ${P} @derivedFrom(fields: ["Submission.weights"], coarsened: "trust me") } ${ROOT}`,
        ),
      'outreach publishes in a weaker class what follows from Submission.weights (as Submission.hint, of class PUBLIC), which submissions owns: it needs the consent COARSEN of submissions',
    ],
    [
      'global ids of a type without keys',
      () =>
        withNew(
          `type Money @shareable @node(prefix: "mon_") @tag(name: "x") { amount: Int ${P} currency(short: Boolean = true): String ${P} } type Query { hello: Money ${P} }`,
        ),
      'outreach tags Money',
    ],
    [
      'global ids of an entity that had none',
      () =>
        withNew(
          `type Developer @key(fields: "key") @node(prefix: "dev_") { key: ID! ${P} id: ID! @shareable ${P} } ${ROOT}`,
        ),
      'outreach resolves global ids of Developer, which submissions owns: it needs the consent NODE of submissions',
    ],
    [
      'an addition that another subgraph makes, too',
      () => [
        ...changed('reviews', '  LAST\n', '  LAST\n  LOST\n'),
        outreach(`enum Phase { FIRST LAST LOST } type Query { hello: Phase ${P} }`),
      ],
      'outreach extends Phase (adds "LOST"), which registry owns',
    ],
    [
      'a key that another subgraph has, too',
      () => [
        ...changed(
          'reviews',
          'type Agency @key(fields: "key")',
          'type Agency @key(fields: "key") @key(fields: "name")',
        ),
        outreach(
          `type Agency @key(fields: "key") @key(fields: "name") { key: ID! ${P} name: String @shareable ${P} } ${ROOT}`,
        ),
      ],
      'outreach also resolves Agency.name, which registry owns',
    ],
    [
      'values of the objects of another’s interface',
      () => [
        ...changed(
          'submissions',
          'type Mutation {',
          `interface Doc { text: String ${P} } type Memo implements Doc { text: String @sensitivity(class: PROPIN) }\ntype Mutation {`,
        ).map((subgraph) =>
          subgraph.name === 'submissions'
            ? { ...subgraph, sdl: subgraph.sdl.replace('  title: String @', `  doc: Doc ${P}\n  title: String @`) }
            : subgraph,
        ),
        outreach(
          `interface Doc { text: String ${P} } type Submission ${KEY} doc: Doc @external ${P} copy: String ${P} @requires(fields: "doc { text }") } ${ROOT}`,
        ),
      ],
      'outreach: Submission.copy has class PUBLIC but is derived from Memo.text, which has class PROPIN',
    ],
    ...['$ here { weights }', '#x\\n$here { weights }', ',$#x\\nhere weights'].map(
      (field): [string, () => ReturnType<typeof published>, string] => [
        `a context written as ${JSON.stringify(field)}`,
        () =>
          withNew(`type Submission @context(name: "here") ${KEY} weights: String @external @sensitivity(class: PROPIN) note: Note ${P} }
            type Note ${KEY} copy(of: String @fromContext(field: "${field}")): String @sensitivity(class: PROPIN) } ${ROOT}`),
        'outreach requires values of Submission.weights',
      ],
    ),
    [
      'a second id',
      () => withNew(`type Developer @key(fields: "key") { key: ID! ${P} name: String @shareable ${P} } ${ROOT}`),
      'outreach also resolves Developer.name, which submissions owns',
    ],
    [
      'a feature that is called like that of global ids',
      () =>
        withNew(`directive @mine on FIELD_DEFINITION type Query { hello: String @mine ${P} }`, (header) =>
          header
            .replace(
              '@composeDirective(name: "@owner")',
              '@composeDirective(name: "@owner") @composeDirective(name: "@nodeId")',
            )
            .replace(
              'extend schema',
              'extend schema @link(url: "https://ordergraph.example/node/v2.0", import: ["@nodeId"])',
            ),
        ),
      'outreach: links "https://ordergraph.example/node/v2.0", which only the graph states',
    ],
  ])('%s', (_, subgraphs, message) => {
    expect(() => compose(subgraphs(), { agreement: AGREEMENT, before: published(WORLD) })).toThrow(message);
  });

  test('one consent to an override does not let a third subgraph answer', () => {
    const third = {
      by: 'registry',
      to: ['outreach'],
      act: 'OVERRIDE',
      coordinates: ['Agency.name'],
      reason: 'Agreed.',
    } as const;
    const fields = `type Agency @key(fields: "key") { key: ID! ${P} name: String @shareable @override(from: "registry") ${P} } ${ROOT}`;
    const copy = {
      ...outreach(`type Agency @key(fields: "key") { key: ID! ${P} name: String @shareable ${P} } ${ROOT}`),
      name: 'third',
    };
    const all = [...withNew(fields), { ...copy, sdl: copy.sdl.replaceAll('"outreach"', '"third"') }];
    const agreement = { ...AGREEMENT, consents: [...AGREEMENT.consents, third] };
    expect(() => compose(all, { agreement, before: published(WORLD) })).toThrow('third also resolves Agency.name');
  });

  test('a feature of another URL that is called "node" hides no global ids', () => {
    const supergraph = compose(
      withNew(`directive @mine on FIELD_DEFINITION type Query { hello: String @mine ${P} }`, (header) =>
        header
          .replace(
            '@composeDirective(name: "@owner")',
            '@composeDirective(name: "@owner") @composeDirective(name: "@mine")',
          )
          .replace(
            'extend schema',
            'extend schema @link(url: "https://evil.example/node/v1.0", import: [{ name: "@other", as: "@mine" }])',
          ),
      ),
      { agreement: AGREEMENT },
    );
    expect(NodeDirectory.of(readSupergraph(supergraph).document)?.candidate('sub_1')?.type.name).toBe('Submission');
  });

  test('what was owned before is owned in the supergraph, too', () => {
    const copy = outreach(`type Developer @key(fields: "key") { key: ID! ${P} extra: Int ${P} } ${ROOT}`);
    const all = [
      ...changed(
        'submissions',
        'type Developer @key(fields: "key")',
        'type Developer @tag(name: "x") @key(fields: "key")',
      ),
      copy,
    ];
    const supergraph = compose(all, { agreement: AGREEMENT, before: published(WORLD) });
    expect(supergraph).toMatch(/@owns\(subgraph: "submissions", coordinates: \[[^\]]*"Developer"/);
    expect(() => served(supergraph)).not.toThrow();
  });

  test('names of properties are names', () => {
    const [submissions] = published(WORLD);
    const strange = {
      ...outreach(
        `type Submission ${KEY} weights: String @external @sensitivity(class: PROPIN) copy: String @requires(fields: "weights") @sensitivity(class: PROPIN) } ${ROOT}`,
      ),
      name: 'constructor',
    };
    expect(submissions).toBeDefined();
    const all = [...published(WORLD), { ...strange, sdl: strange.sdl.replaceAll('"outreach"', '"constructor"') }];
    expect(() => compose(all, { agreement: AGREEMENT })).toThrow('constructor requires values of Submission.weights');
  });

  test('a field set that is not one is a problem with a place', () => {
    expect(() =>
      compose(withNew(`type Box @key(fields: "id {") { id: ID! ${P} } ${ROOT}`), { agreement: AGREEMENT }),
    ).toThrow(/outreach\.graphql:\d+:\d+/);
  });

  test('a description cannot hide the agreement', () => {
    const all = changed('reviews', 'extend schema', '""" x\n{\ny """\nschema').map((subgraph) =>
      subgraph.name === 'reviews'
        ? { ...subgraph, sdl: subgraph.sdl.replace('["nsa"])', '["nsa"]) { query: Query }') }
        : subgraph,
    );
    expect(() => served(compose(all, { agreement: AGREEMENT }))).not.toThrow();
  });

  test('a supergraph with a field without a class, or two types of one prefix, is not served', () => {
    const supergraph = composed(WORLD);
    expect(() => served(supergraph.replace(/ @sensitivity\(class: PROPIN\)/, ''))).toThrow(
      'Submission.weights has no sensitivity class',
    );
    const twice = readSupergraph(supergraph.replace('prefix: "rev_"', 'prefix: "sub_"')).document;
    expect(() => NodeDirectory.of(twice)).toThrow('the global id prefix "sub_" is that of two types');
  });
});

describe('what needs no consent', () => {
  test.each([
    ['an owner adds a value to an enum of answers', 'registry', '  FIRST\n', '  FIRST\n  SECOND\n'],
    [
      'a field of one’s own on another’s type',
      'reviews',
      '  reviews: [Review!]',
      '  score: Int @sensitivity(class: GOV)\n  reviews: [Review!]',
    ],
  ])('%s', (_, name, from, to) => {
    const all = published(WORLD).map((subgraph) =>
      subgraph.name === name ? { ...subgraph, sdl: subgraph.sdl.replace(from, to) } : subgraph,
    );
    expect(() => served(compose(all, { agreement: AGREEMENT, before: published(WORLD) }))).not.toThrow();
  });
});

test('a subgraph with a clearance may require values of its classes only', () => {
  const change = HOSTILE_CHANGES.find(
    ({ act, coordinate }) => act === 'REQUIRE' && coordinate === 'Submission.weights',
  )!;
  const cleared = (...classes: ('GOV' | 'PROPIN')[]) =>
    compose(published(change.world), { agreement: { ...AGREEMENT, clearances: { [change.by]: classes } } });
  expect(() => served(cleared('PROPIN'))).not.toThrow();
  expect(() => cleared('GOV')).toThrow('its class PROPIN is above the clearance of outreach');
  expect(() => served(cleared('PROPIN').replace('classes: ["PROPIN"]', 'classes: ["GOV"]'))).toThrow(
    'its class PROPIN is above the clearance of outreach',
  );
});

test('a consent that has ended does not count', () => {
  const text = JSON.stringify({
    consents: [{ by: 'a', to: ['b'], act: 'SHARE', coordinates: ['T.f'], reason: 'r', until: '2026-01-31' }],
  });
  expect(agreementOf(text, 'agreement.json', '2026-01-31').consents).toHaveLength(1);
  expect(agreementOf(text, 'agreement.json', '2026-02-01').consents).toHaveLength(0);
});

test.each([
  ['no JSON', '{', /agreement.json is not JSON/],
  ['a list', '[]', /the file must be an object/],
  ['an unknown key', '{"consent": []}', /the file has the unknown key "consent"; did you mean "consents"/],
  [
    'an unknown act',
    '{"consents":[{"by":"a","to":["b"],"act":"SHAR","coordinates":[],"reason":"r"}]}',
    /consents\[0\].act must be one of .*; did you mean "SHARE"/,
  ],
  [
    'no reason',
    '{"consents":[{"by":"a","to":["b"],"act":"SHARE","coordinates":[]}]}',
    /consents\[0\].reason must be a text/,
  ],
  [
    'a date of another form',
    '{"consents":[{"by":"a","to":["b"],"act":"SHARE","coordinates":[],"reason":"r","until":"1/2/27"}]}',
    /consents\[0\].until must be a date such as "2027-01-31"/,
  ],
  ['an unknown class', '{"clearances":{"a":["SECRET"]}}', /clearances.a\[0\] must be one of PUBLIC, GOV/],
])('an agreement with %s is refused', (_, text, message) => {
  expect(() => agreementOf(text, 'agreement.json', '2026-01-01')).toThrow(message);
});
