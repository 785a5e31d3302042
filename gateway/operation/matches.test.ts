import { buildSchema, type DocumentNode, parse, print, visit } from 'graphql';
import { exactVariables, rememberExactly } from './exact-variables';
import { type Found, Matches } from './matches';
import { withhold } from './normalize';

const SUPERGRAPH = parse(`
  schema @link(url: "https://ordergraph.example/sensitivity/v1.0", import: ["@matchedBy"]) { query: Query }
  type Query { ships(filter: ShipFilter): [ID!] shipKeys(filter: ShipFilter): [ID!] loads(filter: LoadFilter): [ID!] }
  input ShipFilter { tons: Amount port: PortReferenceFilter not: ShipFilter }
  scalar Big
  input Amount { gt: Big }
  input LoadFilter { ship: ShipReferenceFilter or: [LoadFilter!] }
  input ShipReferenceFilter @matchedBy(field: "shipKeys") { eq: ID in: [ID!] }
  input PortReferenceFilter @matchedBy(field: "portKeys") { eq: ID in: [ID!] }
`);
const SCHEMA = buildSchema(`
  type Query { ships(filter: ShipFilter): [ID!] shipKeys(filter: ShipFilter): [ID!] loads(filter: LoadFilter): [ID!] }
  input ShipFilter { tons: Amount port: PortReferenceFilter not: ShipFilter }
  scalar Big
  input Amount { gt: Big }
  input LoadFilter { ship: ShipReferenceFilter or: [LoadFilter!] }
  input ShipReferenceFilter { eq: ID in: [ID!] matches: ShipFilter }
  input PortReferenceFilter { eq: ID in: [ID!] }
`);
const matches = Matches.of(SUPERGRAPH, SCHEMA)!;

/** The questions of an operation, and the operation once they are answered with these keys. */
function join(document: DocumentNode, variables: Record<string, unknown> = {}, found: Found = { keys: ['a', 'b'] }) {
  const result = matches.joinOf(document, undefined, variables);
  if (!result) return undefined;
  const operation = result.operation(new Map(result.questions.map(({ id }) => [id, found])));
  return { ...operation, questions: result.questions, text: print(operation.document).replace(/\s+/g, ' ') };
}

const BIG = '12345678901234567890';

test('keeps numbers exact, in literals and in variables', () => {
  const literal = join(parse(`{ loads(filter: { ship: { matches: { tons: { gt: ${BIG} } } } }) }`))!;
  expect(print(literal.questions[0]!.document)).toContain(`gt: ${BIG}`);
  const body = `{"variables":{"f":{"or":[{"ship":{"matches":{"tons":{"gt":${BIG}}}}}]}}}`;
  const parsed = JSON.parse(body);
  rememberExactly(parsed, body);
  const inValue = join(parse('query($f: LoadFilter) { loads(filter: $f) }'), parsed.variables)!;
  expect(JSON.stringify(exactVariables(inValue.questions[0]!.variables))).toBe(`{"filter":{"tons":{"gt":${BIG}}}}`);
  expect(exactVariables(inValue.variables)).toEqual({ f: { or: [{ ship: { in: ['a', 'b'] } }] } });
  const part = `{"variables":{"t":${BIG},"n":${BIG}}}`;
  const parts = JSON.parse(part);
  rememberExactly(parts, part);
  const inLiteral = join(
    parse('query($t: Big) { loads(filter: { ship: { matches: { tons: { gt: $t } } } }) }'),
    parts.variables,
  )!;
  expect(JSON.stringify(exactVariables(inLiteral.questions[0]!.variables))).toBe(`{"t":${BIG}}`);
});

test('asks with the variables of the condition, and leaves the operation those that it still uses', () => {
  const text = 'query($t: Big, $k: ID) { loads(filter: { ship: { eq: $k, matches: { tons: { gt: $t } } } }) }';
  const { questions, text: joined, variables } = join(parse(text), { t: 1, k: 'x' })!;
  expect(print(questions[0]!.document).replace(/\s+/g, ' ')).toBe(
    'query ($t: Big) { keys: shipKeys(filter: {tons: {gt: $t}}) }',
  );
  expect(questions[0]!.variables).toEqual({ t: 1 });
  expect(joined).toBe('query ($k: ID, $_m0: [ID!]) { loads(filter: {ship: {eq: $k, in: $_m0}}) }');
  expect(variables).toMatchObject({ k: 'x', _m0: ['a', 'b'] });
});

test('finds nothing in operations and values without a condition, and in invalid values', () => {
  expect(join(parse('{ loads(filter: { ship: { eq: "a" } }) }'))).toBeUndefined();
  const withVariable = parse('query($f: LoadFilter) { loads(filter: $f) }');
  expect(join(withVariable, { f: { ship: { eq: 'matches' } } })).toBeUndefined();
  expect(join(withVariable, { f: { ship: { matches: { none: 1 } } } })).toBeUndefined();
  // another subgraph of this kind is not part of the graph
  expect(join(parse('{ ships(filter: { port: { eq: "a" } }) }'))).toBeUndefined();
});

test('asks nothing for fields that are skipped or withheld', () => {
  const condition = '(filter: { ship: { matches: { tons: { gt: 1 } } } })';
  expect(join(parse(`{ loads${condition} @skip(if: true) }`))).toBeUndefined();
  const document = parse(`{ loads${condition} a: loads${condition} }`);
  const why = { message: 'no', code: 'FORBIDDEN', coordinate: 'Query.loads' };
  const marked: DocumentNode = visit(document, { Field: { leave: (field) => withhold(field, why) } });
  expect(join(marked)).toBeUndefined();
});

test('withholds the fields that use a condition without an answer', () => {
  const text = '{ loads(filter: { ship: { matches: { tons: { gt: 1 } } } }) ships }';
  const { isWithheldInPart, text: joined } = join(parse(text), {}, { failure: { message: 'no', code: 'X' } })!;
  expect(isWithheldInPart).toBe(true);
  expect(joined).toMatch(/loads @withheld\(message: "The condition \\"filter.ship.matches\\" failed: no", code: "X"/);
  expect(joined).toMatch(/ships }$/);
});

test('prepares an operation once for each combination of conditions, and keeps a bounded amount', () => {
  const names = Array.from({ length: 8 }, (_, i) => `c${i}`);
  const bounded = Matches.of(SUPERGRAPH, SCHEMA)!;
  const filters = Array.from({ length: 500 }, (_, i) => `{ ship: { matches: { tons: { gt: ${i % 5} } } } }`).join(' ');
  const documents = Array.from({ length: 4 }, () =>
    parse(
      `query (${names.map((name) => `$${name}: Boolean!`).join(' ')}) { loads(filter: { or: [${filters}] }) ${names.map((name) => `${name}: __typename @skip(if: $${name})`).join(' ')} }`,
    ),
  );
  let kept = 0;
  for (const document of documents)
    for (let bits = 0; bits < 2 ** names.length; bits += 8) {
      const variables = Object.fromEntries(names.map((name, i) => [name, ((bits >> i) & 1) === 1]));
      expect(bounded.joinOf(document, undefined, variables)!.questions).toHaveLength(5);
      expect(bounded.prepared.bytes).toBeLessThanOrEqual(32 * 1024 * 1024);
      kept = bounded.prepared.keys(document).length;
      bounded.joinOf(document, undefined, variables);
      expect(bounded.prepared.keys(document)).toHaveLength(kept);
    }
  expect(bounded.prepared.keys(documents[0]!)).toEqual([]);
});
