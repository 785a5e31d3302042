import { type DocumentNode, parse, visit } from 'graphql';
import { bulkTables, workTables } from '#kit/events/tables';
import { isBulk } from '#kit/mutation/bulk';
import { Subgraph } from '#kit/subgraph/subgraph';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { compose } from '../../gateway/composition/compose';
import { gateVocabulary, wordsOf } from '../../gateway/composition/voluntary';
import { Determination } from '../../subgraphs/reviews/determination/determination';

const documents = new Map<string, DocumentNode>(subgraphs.map(({ name, sdl }) => [name, parse(sdl)]));

describe.each(subgraphs.map(({ name }) => name))('the schema of %s', (name) => {
  const document = documents.get(name)!;

  test('describes every type, field, argument and enum value', () => {
    const bare: string[] = [];
    const check = (node: { name: { value: string }; description?: { value: string } }) => {
      if (!node.description?.value.trim()) bare.push(node.name.value);
    };
    visit(document, {
      ObjectTypeDefinition: check,
      InputObjectTypeDefinition: check,
      EnumTypeDefinition: check,
      ScalarTypeDefinition: check,
      FieldDefinition: check,
      InputValueDefinition: (node) => (node.name.value === 'class' ? undefined : check(node)),
      EnumValueDefinition: check,
    });
    expect(bare).toEqual([]);
  });

  test('declares the sensitivity of every field of an object', () => {
    const unclassified: string[] = [];
    visit(document, {
      ObjectTypeDefinition(type) {
        for (const field of type.fields ?? [])
          if (!field.directives?.some((directive) => directive.name.value === 'sensitivity'))
            unclassified.push(`${type.name.value}.${field.name.value}`);
      },
    });
    expect(unclassified).toEqual([]);
  });
});

const withWork = subgraphs
  .map(({ parts }) => parts)
  .flatMap((parts) =>
    (['mutations', 'handlers', 'schedule'] as const).flatMap((kind) =>
      parts[kind]?.length ? [[parts.name, kind, parts] as const] : [],
    ),
  );

test.each(withWork)('rejects in %s a subgraph with %s but without a table they need', (_name, kind, parts) => {
  const only = { mutations: [], handlers: [], schedule: [], [kind]: parts[kind] };
  for (const table of workTables) {
    const entities = parts.entities.filter((entity) => entity !== table);
    expect(() => new Subgraph({ ...parts, ...only, entities })).toThrow(
      /add "\.\.\.workTables" of #kit\/events\/tables/,
    );
  }
  expect(() => new Subgraph({ ...parts, ...only })).not.toThrow();
});

const withBulk = subgraphs.flatMap(({ parts }) =>
  parts.mutations?.some(isBulk) ? [[parts.name, parts] as const] : [],
);

test.each(withBulk)('rejects in %s a bulk mutation without a table that it needs', (_name, parts) => {
  for (const table of bulkTables)
    expect(() => new Subgraph({ ...parts, entities: parts.entities.filter((entity) => entity !== table) })).toThrow(
      /add "\.\.\.bulkTables" of #kit\/events\/tables/,
    );
});

test.each(subgraphs.flatMap(({ parts }) => (parts.mutations?.length ? [[parts.name, parts] as const] : [])))(
  'rejects in %s a mutation that no role may call',
  (_name, parts) => {
    for (const mutation of parts.mutations!) {
      const others = Object.entries(parts.actors!).filter(([, actor]) => !mutation.by.includes(actor));
      expect(() => new Subgraph({ ...parts, mutations: [mutation], actors: Object.fromEntries(others) })).toThrow(
        new RegExp(`no caller can call ${mutation.name}: add the role to "actors"`),
      );
    }
    expect(() => new Subgraph({ ...parts, actors: undefined })).toThrow(/No role of subgraph \w+ acts as/);
  },
);

describe('N4: names nothing near models, submissions, and reviews as a gate', () => {
  const published = subgraphs.map(({ name, sdl }) => ({ name, sdl }));
  const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])';

  test('composes the schemas of the four programs', () => {
    expect(gateVocabulary(published)).toEqual([]);
  });

  test.each([
    ['submissions', 'extend type Mutation { approveSubmission(id: ID!): Boolean }', 'Mutation.approveSubmission'],
    ['submissions', 'enum Stage { FILED ON_HOLD }', 'Stage.ON_HOLD'],
    ['reviews', 'input ReleaseInput { licenceNumber: String }', 'ReleaseInput.licenceNumber'],
    ['reviews', 'type LaunchGate { id: ID }', 'LaunchGate'],
    ['reviews', 'extend type Query { reviews2(blocked: Boolean): Int }', 'Query.blocked'],
  ])('rejects the name of a gate in a change of %s: %s', (name, sdl, coordinate) => {
    const changed = published.map((subgraph) =>
      subgraph.name === name ? { ...subgraph, sdl: `${subgraph.sdl}\n${sdl}` } : subgraph,
    );
    expect(gateVocabulary(changed)).toEqual([expect.stringContaining(`${name}: ${coordinate} `)]);
    expect(() => compose(changed)).toThrow(
      /Names that would turn the voluntary framework into a gate[\s\S]*choose descriptive names/,
    );
  });

  test('rejects the name of a gate anywhere in a subgraph that extends submissions', () => {
    const extension = {
      name: 'reviews-treasury',
      sdl: `${LINK} type Submission @key(fields: "id") { id: ID! treasury: TreasuryView }
            type TreasuryView { cleared: Boolean aggregate: Int threshold: Int clearinghouse: String }`,
    };
    expect(gateVocabulary([...published, extension])).toEqual(['reviews-treasury: TreasuryView.cleared ("cleared")']);
  });

  test('allows such names in subgraphs that only refer to submissions', () => {
    const referring = {
      name: 'budget',
      sdl: `${LINK} type Submission @key(fields: "id", resolvable: false) { id: ID! }
            type Query { line(id: ID!): Line } type Line { approved: Boolean submission: Submission }`,
    };
    expect(gateVocabulary([...published, referring])).toEqual([]);
    expect(gateVocabulary([{ name: 'shop', sdl: 'type Query { a: Int } type Review { approved: Boolean }' }])).toEqual(
      [],
    );
  });

  test('keeps terms of hiring and disclosure out of the framework', () => {
    const changed = published.map((subgraph) =>
      subgraph.name === 'workforce'
        ? { ...subgraph, sdl: `${subgraph.sdl}\nextend type Review { clearance: String, posts: Int }` }
        : subgraph,
    );
    // a subgraph that extends reviews is read as a whole; a legal hold keeps the data of a candidate
    const ofReview = gateVocabulary(changed).filter((name) => name.startsWith('workforce: Review.'));
    expect(ofReview).toEqual(['workforce: Review.clearance ("clearance")']);
  });

  test('N5: describes a determination as advisory on the type and on a constant field', () => {
    const sdl = published.find(({ name }) => name === 'reviews')!.sdl;
    const document = documents.get('reviews')!;
    let description = '';
    visit(document, {
      ObjectTypeDefinition(node) {
        if (node.name.value === 'Determination') description = node.description!.value;
      },
    });
    expect(description).toMatch(/advisory only: no launch waits for it/);
    expect(sdl).toMatch(/advisoryOnly: Boolean! @sensitivity\(class: PUBLIC\)/);
    expect(new Determination().advisoryOnly()).toBe(true);
  });
});

test('W6: stores no demographics of candidates or anyone else in the graph', () => {
  const DEMOGRAPHIC = new Set(
    'birth ethnicity gender race racial religion disability nationality demographic demographics sex marital'.split(
      ' ',
    ),
  );
  const names: string[] = [];
  for (const document of documents.values()) visit(document, { Name: ({ value }) => void names.push(value) });
  expect(names).toContain('veteransPreference');
  expect(names.filter((name) => wordsOf(name).some((word) => DEMOGRAPHIC.has(word)))).toEqual([]);
});

test('rejects contradictory subgraphs with every reason', () => {
  const a = { name: 'a', sdl: 'type Query { x: Int } type T @key(fields: "id") { id: ID! name: String }' };
  const b = { name: 'b', sdl: 'type Query { y: Int } type T @key(fields: "id") { id: Int! name: Int }' };
  expect(() => compose([a, b])).toThrow(/The subgraphs a, b do not compose[\s\S]*T\.name[\s\S]*is unchanged/);
});
