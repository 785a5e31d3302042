import { execute, GraphQLNonNull, getNullableType, parse } from 'graphql';
import { countErrors, MAX_ERRORS } from '#base/error-list';
import { RequestError } from '#base/errors';
import { readWithheld, WITHHELD_HEADER } from '#base/withheld';
import { createSubgraphServer } from '#kit/subgraph/server';
import { createLog } from '../../gateway/telemetry/log';
import { openWorld, type World } from '../support/world';

const ALIASES = 30;
const aliased = (field: string) => Array.from({ length: ALIASES }, (_, i) => `x${i}: ${field}`).join(' ');
/** A field of a list's objects, and a figure at the root, neither of which the public may read. */
const OF_OBJECTS = `{ agencies { ${aliased('medianDaysToRemediate')} } }`;
const OF_ROOT = `{ ${aliased('aiToolAdoption { __typename }')} }`;

const hasTrace = ({ stack = '' }: Error): boolean => /\n\s+at /.test(stack);

describe('forbidden fields of many objects', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld('sqlite', 1);
  });
  afterAll(() => world?.close());

  test.each([OF_OBJECTS, OF_ROOT])(
    'returns null with one entry for a forbidden field, and no errors: %s',
    async (query) => {
      const subgraph = world.subgraph('infrastructure');
      const contextValue = subgraph.context(null);
      const { data, errors } = await execute({
        schema: subgraph.subgraph.schema,
        document: parse(query),
        contextValue,
      });
      expect([errors, JSON.stringify(data).match(/:null/g)!.length >= ALIASES]).toEqual([undefined, true]);
      expect(contextValue.withheld.entries).toMatchObject([{ kind: 'FIELD', class: 'GOV', readable: 'NONE' }]);
    },
  );

  test('returns an error without a stack trace for a non-null field', async () => {
    const subgraph = world.subgraph('infrastructure');
    const { schema } = subgraph.subgraph;
    const field = schema.getQueryType()!.getFields().aiToolAdoption!;
    const { type } = field;
    field.type = new GraphQLNonNull(getNullableType(type));
    try {
      const contextValue = subgraph.context(null);
      const { data, errors = [] } = await execute({ schema, document: parse(OF_ROOT), contextValue });
      expect([data, errors.length]).toEqual([null, 1]);
      expect(errors[0]).toMatchObject({ extensions: { code: 'FORBIDDEN', sensitivity: 'GOV' }, path: ['x0'] });
      // graphql-js would create another error with this one as its cause
      expect([errors[0]!.originalError, hasTrace(errors[0]!)]).toEqual([undefined, false]);
    } finally {
      field.type = type;
    }
  });

  test('sends the gateway a bounded list of errors with a count of the rest', async () => {
    const server = await createSubgraphServer(world.subgraph('infrastructure'), createLog('silent', 'test'));
    const count = 2 * MAX_ERRORS;
    const answer = await server.inject({
      method: 'POST',
      url: '/graphql',
      headers: await world.identity.signed('infrastructure', null),
      payload: {
        query:
          'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Agency { bureaus(first: 501) { totalCount } } } }',
        variables: { r: Array.from({ length: count }, () => ({ __typename: 'Agency', key: 'nsa' })) },
      },
    });
    const { errors } = answer.json();
    expect([errors.length, countErrors(errors)]).toEqual([MAX_ERRORS + 1, count]);
    await server.close();
  });

  test('sends the gateway one header for 500 objects', async () => {
    const server = await createSubgraphServer(world.subgraph('infrastructure'), createLog('silent', 'test'));
    const answer = await server.inject({
      method: 'POST',
      url: '/graphql',
      headers: await world.identity.signed('infrastructure', null),
      payload: {
        query: `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Agency { medianDaysToRemediate } } }`,
        variables: { r: Array.from({ length: 500 }, () => ({ __typename: 'Agency', key: 'nsa' })) },
      },
    });
    const { data, errors } = answer.json();
    expect([data._entities.length, errors]).toEqual([500, undefined]);
    const header = String(answer.headers[WITHHELD_HEADER]);
    expect(readWithheld(header, () => true)!.entries).toMatchObject([{ coordinate: 'Agency.medianDaysToRemediate' }]);
    expect(header.length).toBeLessThan(300);
    await server.close();
  });
});

test('creates stack traces for unexpected errors, but not for client errors', () => {
  expect(hasTrace(new RequestError('BAD_USER_INPUT', 'x'))).toBe(false);
  expect(hasTrace(new Error('x'))).toBe(true);
});
