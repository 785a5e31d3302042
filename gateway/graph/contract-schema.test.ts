import { type GraphQLInputObjectType, isEnumType, isInputObjectType, isObjectType, parse, printSchema } from 'graphql';
import type { Contract, Contracts } from '#base/contract';
import { OperatorError } from '#base/errors';
import { readText } from '#base/read-text';
import { compose } from '../composition/compose';
import { agreementOf, NO_AGREEMENT } from '../ownership/agreement';
import { OWN_SUPERGRAPH_FILE } from '../supergraph/own';
import { apiSchemaIn } from './api-schema';
import { ContractSchemas } from './contract-schema';

const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@tag", "@composeDirective", "@inaccessible"])\n';
const CLASSES = `
  extend schema @link(url: "https://ordergraph.example/sensitivity/v1.0", import: ["@sensitivity", "Sensitivity"]) @composeDirective(name: "@sensitivity")
  directive @sensitivity(class: Sensitivity!) on FIELD_DEFINITION
  enum Sensitivity { PUBLIC GOV GOV_DELIB PROPIN PII ISVI }
`;

const contract = (values: Partial<Contract> = {}): Contract => ({
  ...{ description: 'For tests.', include: [], exclude: [], classes: [] },
  ...values,
});
const supergraphOf = (sdl: string, contracts: Contracts): string =>
  compose([{ name: 'shop', url: 'http://shop.invalid', sdl: `${LINK}${sdl}` }], {
    agreement: { ...NO_AGREEMENT, contracts },
  });
const schemasOf = (sdl: string, contracts: Contracts) =>
  ContractSchemas.of(parse(supergraphOf(sdl, contracts), { noLocation: true }));
/** The schema of a contract without the parts that are tagged `x`. */
const withoutX = (sdl: string, values: Partial<Contract> = { exclude: ['x'] }): string =>
  printSchema(schemasOf(sdl, { c: contract(values) }).of('c')!).replaceAll(/"""[^"]*"""\s*/g, '');
const flawsIn = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof OperatorError) return error.what;
    throw error;
  }
  return 'none';
};

const X = '@tag(name: "x")';

describe('refuses', () => {
  const flawOf = (sdl: string, values: Partial<Contract> = { exclude: ['x'] }) => flawsIn(() => withoutX(sdl, values));

  test.each([
    [
      'a hidden required argument',
      `type Query { a(b: Int! ${X}): Int }`,
      'contract "c" hides the required argument Query.a(b:), but shows Query.a: hide Query.a, too, or show the argument',
    ],
    [
      'a required argument whose type is hidden',
      `type Query { a(b: I!): Int } input I ${X} { c: Int }`,
      'contract "c" hides the required argument Query.a(b:), but shows Query.a: hide Query.a, too, or show the argument and its type I',
    ],
    [
      'a hidden required input field',
      `type Query { a(b: I): Int } input I { c: Int! ${X} d: Int }`,
      'contract "c" hides the required input field I.c, but shows I: hide I, too, or show the input field',
    ],
    [
      'an empty object',
      `type Query { a: A } type A { b: Int ${X} }`,
      'contract "c" hides all of A, but shows Query.a, which needs it: hide Query.a, too, or show a part of A',
    ],
    [
      'an empty interface',
      `type Query { a: A } interface A { b: Int ${X} } type B implements A { b: Int c: Int }`,
      'contract "c" hides all of A, but shows Query.a,',
    ],
    [
      'an empty input',
      `type Query { a(b: I): Int } input I { c: Int ${X} }`,
      'contract "c" hides all of I, but shows Query.a(b:),',
    ],
    ['an empty enum', `type Query { a: E } enum E { B ${X} }`, 'contract "c" hides all of E, but shows Query.a,'],
    [
      'an empty union',
      `type Query { a: U } union U = A type A ${X} { b: Int }`,
      'contract "c" hides all of U, but shows Query.a,',
    ],
    ['a hidden Query', `type Query ${X} { a: Int }`, 'contract "c" shows no field of Query'],
    ['an empty Query', `type Query { a: Int ${X} }`, 'contract "c" shows no field of Query'],
    [
      'a hidden field that its interface shows',
      `type Query { a: I } interface I { b: Int } type A implements I { b: Int ${X} c: Int }`,
      'contract "c" hides A.b, but shows I.b of its interface: hide I.b, too, or show A.b',
    ],
    [
      'a hidden argument that its interface shows',
      `type Query { a: I } interface I { b(c: Int): Int } type A implements I { b(c: Int ${X}): Int }`,
      'contract "c" hides A.b(c:), but shows I.b(c:) of its interface',
    ],
    [
      'a hidden value in a default of a required argument',
      `type Query { a(b: E! = C): Int } enum E { C ${X} D }`,
      'contract "c" hides E.C, which the default value of Query.a(b:) has: show it, or hide Query.a(b:), too',
    ],
    [
      'a hidden input field in a default of a required argument',
      `type Query { a(b: [I!]! = [{ d: 1 }]): Int } input I { d: Int ${X} e: Int }`,
      'contract "c" hides I.d, which the default value of Query.a(b:) has',
    ],
  ])('%s', (_what, sdl, flaw) => {
    expect(flawOf(sdl)).toContain(`\n- ${flaw}`);
  });

  test('a tag that no part has, with what it may mean', () => {
    const sdl = 'type Query { a: Int @tag(name: "partner") b: Int }';
    for (const list of ['include', 'exclude'])
      expect(flawOf(sdl, { [list]: ['partners'] })).toBe(
        'Contracts cannot be served:\n- contract "c" names the tag "partners", which no part of the graph has; did you mean "partner"?: tag a part, or remove it',
      );
    expect(flawOf(`type Query { a: Int b: A @inaccessible } type A @inaccessible { b: Int ${X} }`)).toContain(
      'no part of the graph has',
    );
  });

  test('classes of a graph without classes', () => {
    expect(flawOf('type Query { a: Int }', { classes: ['PUBLIC'] })).toContain('names sensitivity classes, but');
  });

  test('all flaws of all contracts at once', () => {
    const sdl = `type Query { a(b: Int! ${X}): Int c: A } type A { d: Int @tag(name: "y") }`;
    const contracts = { one: contract({ exclude: ['x', 'y'] }), two: contract({ include: ['z'] }) };
    const flaws = flawsIn(() => schemasOf(sdl, contracts)).split('\n');
    expect(flaws).toHaveLength(4);
  });

  test.each([
    ['a contract of nothing', { c: contract() }, 'selects nothing'],
    ['an unsafe name', { 'a/b': contract({ exclude: ['x'] }) }, 'is part of a URL'],
    ['a name in upper case', { Public: contract({ exclude: ['x'] }) }, 'is part of a URL'],
    ['an empty name', { '': contract({ exclude: ['x'] }) }, 'is part of a URL'],
    ['a long name', { ['a'.repeat(41)]: contract({ exclude: ['x'] }) }, 'is part of a URL'],
    ['a reserved name', { graphql: contract({ exclude: ['x'] }) }, 'is reserved'],
    ['a tag with a space', { c: contract({ exclude: ['a b'] }) }, 'is not a tag'],
    ['a tag in both lists', { c: contract({ include: ['x'], exclude: ['x'] }) }, 'both includes and excludes'],
    ['an unknown class', { c: contract({ classes: ['SECRET' as never] }) }, 'SECRET is not a sensitivity class'],
    [
      'too many',
      Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`c${n}`, contract({ exclude: ['x'] })])),
      'at most 20 contracts',
    ],
  ])('%s, in a file and in a supergraph', (_what, contracts, flaw) => {
    expect(flawsIn(() => schemasOf(`type Query { a: Int b: Int ${X} }`, contracts))).toContain(flaw);
    const text = JSON.stringify({ contracts });
    const inFile = flawsIn(() => agreementOf(text, 'agreement.json', '2026-01-01'));
    expect(inFile).toContain(flaw === 'SECRET is not a sensitivity class' ? 'must be one of PUBLIC' : flaw);
  });

  test('an agreement whose contracts have another form', () => {
    for (const [contracts, flaw] of [
      [[], 'contracts must be an object'],
      [{ c: [] }, 'contracts.c must be an object'],
      [{ c: { exclude: ['x'] } }, 'contracts.c.description must be a text'],
      [{ c: { description: 'd', exclude: 'x' } }, 'contracts.c.exclude must be a list'],
      [
        { c: { description: 'd', excludes: ['x'] } },
        'contracts.c has the unknown key "excludes"; did you mean "exclude"',
      ],
    ] as const)
      expect(flawsIn(() => agreementOf(JSON.stringify({ contracts }), 'agreement.json', '2026-01-01'))).toContain(flaw);
  });
});

describe('shows', () => {
  test('all but what is excluded, and what nothing else leads to', () => {
    const text = withoutX(`
      type Query { a: A b: B ${X} node: Node e(order: Order, filter: Filter, hint: Int ${X}): Int }
      type A { c: Int d: D ${X} }
      type B { only: Int } type D { only: Int }
      interface Node { id: ID } type N implements Node { id: ID } type M implements Node ${X} { id: ID }
      enum Order { UP DOWN ${X} }
      input Filter { f: Int g: Hidden and: [Filter!] } input Hidden ${X} { h: Int }
      scalar Unused
    `);
    for (const shown of [
      'type A',
      'c: Int',
      'type N ',
      'UP',
      'f: Int',
      'and: [Filter!]',
      'e(order: Order, filter: Filter)',
    ])
      expect(text).toContain(shown);
    for (const hidden of ['type B', 'type D', 'd: D', 'type M', 'DOWN', 'Hidden', 'hint', 'Unused'])
      expect(text).not.toContain(hidden);
  });

  test('fields with an included tag, or in a type with one, and their arguments', () => {
    const sdl = `
      type Query { a(first: Int): A @tag(name: "in") b: Int c: Whole @tag(name: "in") }
      type A { d: Int @tag(name: "in") e: Int }
      type Whole @tag(name: "in") { f: Int g: Int @tag(name: "out") }
    `;
    expect(withoutX(sdl, { include: ['in'], exclude: ['out'] }).trim()).toBe(
      printSchema(
        schemasOf(
          'type Query { a(first: Int): A c: Whole z: Int @tag(name: "x") } type A { d: Int } type Whole { f: Int }',
          {
            c: contract({ exclude: ['x'] }),
          },
        ).of('c')!,
      )
        .replaceAll(/"""[^"]*"""\s*/g, '')
        .trim(),
    );
  });

  test('fields of its classes, and inputs and types that are tagged with them', () => {
    const text = withoutX(
      `${CLASSES}
      type Query { a(filter: F): A @sensitivity(class: PUBLIC) b: B @sensitivity(class: GOV) n: I @sensitivity(class: PUBLIC) }
      type A { c: Int @sensitivity(class: PUBLIC) d: Int @sensitivity(class: PII) }
      type B implements I @tag(name: "class/GOV") { id: Int @sensitivity(class: PUBLIC) }
      interface I { id: Int @sensitivity(class: PUBLIC) } type C implements I { id: Int @sensitivity(class: PUBLIC) }
      input F { c: Int d: Int @tag(name: "class/PII") }`,
      { classes: ['PUBLIC'] },
    );
    for (const shown of ['type A', 'c: Int', 'type C ', 'a(filter: F)']) expect(text).toContain(shown);
    for (const hidden of ['type B', ' d: Int', 'b: B']) expect(text).not.toContain(hidden);
  });

  test('no part that is named after a hidden field', () => {
    const text = withoutX(
      `type Query { as(filter: AFilter, by: AField): A g: AGroup }
       type A { kept: Int b: B hiddenField: Int ${X} parts: [Int] ${X} c: C }
       type B ${X} { d: Int } type C { kept: Int gone: Int ${X} }
       type AGroup @tag(name: "of/A") { kept: Int hiddenField: Int }
       input AFilter @tag(name: "of/A") { kept: Int b: Int hiddenField: Int parts: Int and: [AFilter] }
       enum AField @tag(name: "of/A") { KEPT B HIDDEN_FIELD PARTS_COUNT C_KEPT C_GONE B_D }`,
    );
    expect(text).toContain('input AFilter {\n  kept: Int\n  and: [AFilter]\n}');
    expect(text).toContain('enum AField {\n  KEPT\n  C_KEPT\n}');
    expect(text).toContain('type AGroup {\n  kept: Int\n}');
  });

  test('no Mutation of which nothing is left, and no default with a hidden part', () => {
    const schema = schemasOf(
      `type Query { a(b: E = C, i: I = { d: 1 }): Int } enum E { C ${X} D } input I { d: Int ${X} e: Int = 2 }
       type Mutation { go: Int ${X} }`,
      { c: contract({ exclude: ['x'] }) },
    ).of('c')!;
    expect(schema.getMutationType()).toBeUndefined();
    const { args } = schema.getQueryType()!.getFields().a!;
    expect(args.map(({ defaultValue }) => defaultValue)).toEqual([undefined, undefined]);
    expect((schema.getType('I') as GraphQLInputObjectType).getFields().e!.defaultValue).toBe(2);
  });

  test('objects that only an interface leads to, unless nothing of them is left', () => {
    const text = withoutX(
      `type Query { a: I } interface I { b: Int ${X} c: Int } type A implements I { b: Int c: Int }
       interface J { d: Int ${X} } type D implements I & J { b: Int c: Int d: Int ${X} }`,
    );
    expect(text).toContain('type D implements I {');
    expect(text).not.toContain('J');
  });
});

describe('our own contracts', () => {
  const document = parse(readText(OWN_SUPERGRAPH_FILE, 'The supergraph'), { noLocation: true });
  const schemas = ContractSchemas.of(document);

  test('show part of the graph each, and reads alone to the public', () => {
    expect(schemas.names).toEqual(['public', 'partners', 'internal']);
    const all = Object.keys(apiSchemaIn(document).getTypeMap()).length;
    for (const name of schemas.names) {
      const schema = schemas.of(name)!;
      expect(Object.keys(schema.getTypeMap()).length).toBeLessThan(all);
      expect(Object.keys(schema.getQueryType()!.getFields()).length).toBeGreaterThan(50);
      expect(schema.getMutationType() === undefined).toBe(name === 'public');
    }
  });

  test('show no condition, sort term, or group of a hidden field', () => {
    const whole = apiSchemaIn(document);
    const partsOf = (schema: typeof whole, name: string): string[] => {
      const type = schema.getType(name);
      if (isEnumType(type)) return type.getValues().map((value) => value.name);
      return isInputObjectType(type) || isObjectType(type) ? Object.keys(type.getFields()) : [];
    };
    const fold = (name: string) => name.replaceAll('_', '').toLowerCase();
    for (const name of schemas.names) {
      const schema = schemas.of(name)!;
      for (const type of Object.keys(schema.getTypeMap())) {
        const [, model] = /^(\w+?)(?:Filter|OrderField|AggregateField|Group)$/.exec(type) ?? [];
        if (model === undefined || !isObjectType(whole.getType(model))) continue;
        const hidden = partsOf(whole, model).filter((field) => !partsOf(schema, model).includes(field));
        const shown = partsOf(schema, type).map(fold);
        expect([name, type, hidden.filter((field) => shown.includes(fold(field)))]).toEqual([name, type, []]);
      }
    }
  });

  test('hide what others than those that they are for may read', () => {
    const text = (name: string) => printSchema(schemas.of(name)!);
    expect(text('public')).not.toMatch(/^ {2}(agreementStatus|pointOfContact|AGREEMENT_STATUS|submissions)\b/m);
    expect(text('public')).not.toMatch(/^type (Submission|Candidate|RegisteredSubgraph) /m);
    expect(text('partners')).toMatch(/^ {2}draftSubmission\(/m);
    expect(text('partners')).not.toMatch(/^ {2}(acceptSubmission|agreementStatus|recordUsage)\b/m);
    expect(text('internal')).toMatch(/^ {2}agreementStatus\b/m);
    expect(text('internal')).not.toMatch(/^ {2}(recordUsage|registeredSubgraphs|publishSchemas)\b|^type Candidate /m);
  });
});
