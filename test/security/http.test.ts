import { serverAudits } from 'graphql-http';
import { openWorld, type World } from '../support/world';

describe('GraphQL over HTTP', () => {
  let world: World;
  let url: string;
  beforeAll(async () => {
    world = await openWorld('sqlite');
    url = `${await world.server.listen({ port: 0, host: '127.0.0.1' })}/graphql`;
  });
  afterAll(() => world.close());

  // the suite asks for the schema, which only known callers are shown
  const asAnalyst = async (input: string, init: RequestInit = {}) =>
    fetch(input, {
      ...init,
      headers: {
        ...(init.headers as Record<string, string>),
        ...(await world.identity.headers('role=analyst; subject=x')),
      },
    });

  // the audits of the specification's own suite: each MUST and SHOULD
  test.each(serverAudits({ url: () => url, fetchFn: asAnalyst }).map((audit) => [audit.name, audit] as const))(
    '%s',
    async (_name, audit) => {
      const { status, ...result } = await audit.fn();
      expect([status, 'reason' in result ? result.reason : undefined]).toEqual(['ok', undefined]);
    },
  );
});
