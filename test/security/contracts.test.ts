import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, type GraphQLEnumType, parse } from 'graphql';
import { packageRoot } from '#base/package-root';
import { aggregateFieldsOf, classesOf } from '#kit/aggregates/aggregate-fields';
import { modelOf } from '#kit/model/model';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { contractsIn } from '../../gateway/ownership/supergraph-agreement';
import { INSPECTOR } from '../support/identity';
import { questions } from '../support/questions';
import { openWorld, type World } from '../support/world';

/** The contracts of our own graph: what they show is what callers may read anyway. */

const CALLERS = [
  null,
  'role=developer-submitter; organization=exercise-alder; subject=client',
  'role=analyst; subject=ana',
  INSPECTOR,
] as const;
const CONTRACTS = ['public', 'partners', 'internal'] as const;

let world: World;
beforeAll(async () => {
  world = await openWorld('sqlite');
});
afterAll(() => world?.close());

async function ask(path: string, caller: string | null, payload: object) {
  const headers = await world.identity.headers(caller);
  const response = await world.server.inject({ method: 'POST', url: path, headers, payload });
  return { status: response.statusCode, ...(response.json() as { data?: unknown; errors?: { extensions: object }[] }) };
}

describe.each(CONTRACTS)('the contract %s', (contract) => {
  test('answers each question as the graph does, by the rights of the caller, or refuses it', async () => {
    let answered = 0;
    for (const { name, query, variables } of questions())
      for (const caller of CALLERS) {
        const payload = { query, variables };
        const answer = await ask(`/contracts/${contract}`, caller, payload);
        if (answer.status === 400) {
          for (const { extensions } of answer.errors!)
            expect(extensions).toEqual({ code: 'GRAPHQL_VALIDATION_FAILED' });
          continue;
        }
        answered += 1;
        const { data, errors } = await ask('/graphql', caller, payload);
        expect([name, caller, answer.data, answer.errors]).toEqual([name, caller, data, errors]);
      }
    expect(answered).toBeGreaterThan(contract === 'internal' ? 40 : 4);
  });
});

test.each(CONTRACTS)('groups and counts in the contract %s by no field of a class that it hides', async (contract) => {
  const supergraph = parse(readFileSync(join(packageRoot, 'gateway/supergraph/ordergraph.graphql'), 'utf8'));
  const { classes } = contractsIn(supergraph)[contract]!;
  const { body } = await world.server.inject({
    url: `/contracts/${contract}/schema.graphql`,
    headers: await world.identity.headers(INSPECTOR),
  });
  const schema = buildSchema(body);
  let compared = 0;
  const wrong: string[] = [];
  for (const target of subgraphs.flatMap(({ parts }) => parts.entities)) {
    const { name } = modelOf(target);
    const enumType = schema.getType(`${name}AggregateField`) as GraphQLEnumType | undefined;
    for (const { name: value } of enumType?.getValues() ?? []) {
      const hidden = classesOf(target, aggregateFieldsOf(target).get(value)!).filter((of) => !classes.includes(of));
      if (hidden.length > 0) wrong.push(`${name} ${value}: ${hidden.join()}`);
      compared += 1;
    }
  }
  expect(wrong).toEqual([]);
  expect(compared).toBeGreaterThan(100);
});

test('gives no right that the caller does not have at /graphql', async () => {
  const query = '{ developerOrganizations(first: 3) { nodes { key agreementStatus } } }';
  for (const caller of CALLERS) {
    const [contract, graph] = [
      await ask('/contracts/internal', caller, { query }),
      await ask('/graphql', caller, { query }),
    ];
    expect([contract.data, contract.errors]).toEqual([graph.data, graph.errors]);
  }
  expect(JSON.stringify((await ask('/contracts/internal', null, { query })).data)).not.toMatch(/agreementStatus":"/);
  expect((await ask('/contracts/public', INSPECTOR, { query })).status).toBe(400);
});

test('finds no object of a hidden type by its global id', async () => {
  const { data } = await world.ask('{ submissions(first: 1) { nodes { id } } }');
  const { id } = data.submissions.nodes[0];
  const query = 'query ($id: ID!) { node(id: $id) { __typename id } }';
  const payload = { query, variables: { id } };
  expect((await ask('/graphql', INSPECTOR, payload)).data).toMatchObject({ node: { __typename: 'Submission' } });
  const { data: hidden, errors } = await ask('/contracts/public', INSPECTOR, payload);
  expect(hidden).toEqual({ node: null });
  expect(JSON.stringify(errors)).not.toContain('Submission');
  expect(errors).toHaveLength(1);
});
