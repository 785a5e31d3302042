import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serverAudits } from 'graphql-http';
import { packageRoot } from '#base/package-root';
import { Database } from '#kit/database/database';
import { RawClient } from '../support/raw-client';
import { openWorld, type World } from '../support/world';

describe('GraphQL over HTTP', () => {
  let world: World;
  let url: string;
  beforeAll(async () => {
    world = await openWorld('sqlite');
    url = `${await world.server.listen({ port: 0, host: '127.0.0.1' })}/graphql`;
  });
  afterAll(() => world.close());

  // the suite requests the schema, which only authenticated callers may see
  const asAnalyst = async (input: string, init: RequestInit = {}) =>
    fetch(input, {
      ...init,
      headers: {
        ...(init.headers as Record<string, string>),
        ...(await world.identity.headers('role=analyst; subject=x')),
      },
    });

  test('serves the schema as a file to callers who may introspect', async () => {
    const file = url.replace('/graphql', '/schema.graphql');
    const response = await asAnalyst(file);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(await response.text()).toBe(readFileSync(join(packageRoot, 'schema.graphql'), 'utf8'));
    const refused = await fetch(file);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'INTROSPECTION_DISABLED' } }] });
  });

  test.each([
    ['authorization', 'Bearer a.b.c', 'Bearer d.e.f'],
    ['Host', 'x', 'y'],
    ['content-type', 'application/json', 'text/plain'],
    ['Authorization', 'Basic x', ''],
  ])('rejects a request with two "%s" headers, which a proxy may read differently', async (name, first, second) => {
    const body = '{"query":"{ __typename }"}';
    const client = await RawClient.connect(url);
    client.send(
      `POST /graphql HTTP/1.1\r\n${name}: ${first}\r\n${name === 'Host' ? '' : 'host: x\r\n'}${name.toUpperCase()}: ${second}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
    );
    const answer = await client.closed;
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain(`The header \\"${name.toLowerCase()}\\" is repeated`);
  });

  test('treats an IPv6 network, or all ports of an address, as one caller of a subgraph', () => {
    const keyed = jest.spyOn(Database.prototype, 'for');
    const keyOf = (address: string) => {
      world.subgraph('reviews').context(null, { request: 'r', operation: null, address });
      return keyed.mock.lastCall![0].key;
    };
    try {
      const [network, address] = [keyOf('2001:db8:1:2::1'), keyOf('192.0.2.1')];
      expect([keyOf('2001:db8:1:2:ffff::9'), keyOf('[2001:db8:1:2::3]:80')]).toEqual([network, network]);
      expect([keyOf('192.0.2.1:4711'), keyOf('::ffff:192.0.2.1')]).toEqual([address, address]);
      expect(new Set([network, address, keyOf('2001:db8:1:3::1'), keyOf('192.0.2.2')]).size).toBe(4);
    } finally {
      keyed.mockRestore();
    }
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
