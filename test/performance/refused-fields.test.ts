import { execute, parse } from 'graphql';
import { countErrors, MAX_ERRORS } from '#base/error-list';
import { RequestError } from '#base/errors';
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

  test.each([OF_OBJECTS, OF_ROOT])('returns one error per forbidden field without a stack trace: %s', async (query) => {
    const subgraph = world.subgraph('infrastructure');
    const { errors = [] } = await execute({
      schema: subgraph.subgraph.schema,
      document: parse(query),
      contextValue: subgraph.context(null),
    });
    expect(errors.length).toBeGreaterThanOrEqual(ALIASES);
    for (const error of errors) {
      expect(error.extensions.code).toBe('FORBIDDEN');
      expect(error.path?.length).toBeGreaterThan(0);
      // graphql-js would create another error with this one as its cause
      expect([error.originalError, hasTrace(error)]).toEqual([undefined, false]);
    }
  });

  test('sends the gateway a bounded list of errors with a count of the rest', async () => {
    const server = await createSubgraphServer(world.subgraph('infrastructure'), createLog('silent', 'test'));
    const answer = await server.inject({
      method: 'POST',
      url: '/graphql',
      headers: await world.identity.signed('infrastructure', null),
      payload: { query: OF_OBJECTS },
    });
    const { data, errors } = answer.json();
    expect(errors).toHaveLength(MAX_ERRORS + 1);
    expect(countErrors(errors)).toBe(data.agencies.length * ALIASES);
    await server.close();
  });
});

test('creates stack traces for unexpected errors, but not for client errors', () => {
  expect(hasTrace(new RequestError('BAD_USER_INPUT', 'x'))).toBe(false);
  expect(hasTrace(new Error('x'))).toBe(true);
});
