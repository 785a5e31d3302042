import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeKeys } from '../../gateway/cli/keys';
import { compose } from '../../gateway/composition/compose';
import { killAll, requireCompiled, run, waitForOutput } from '../support/processes';

const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@listSize"])';
const SDL = `${LINK}
  type Query { users: [User] }
  type User @key(fields: "id") { id: ID! reviews: [Review] }
  type Review { id: ID! product: Product }
  type Product { name: String reviews: [Review] }`;
const PRODUCT = { name: 'p', reviews: [{ id: '3', product: { name: 'q', reviews: [] } }] };
const USERS = [{ id: '1', reviews: [{ id: '2', product: PRODUCT }] }];
/** Estimated at 10 + 100 + 100 + 1,000 + 1,000 objects + 10,000 + 10,000, since nothing says how long the lists are. */
const NESTED = '{ users { reviews { product { reviews { product { reviews { product { name } } } } } } } }';
/** Estimated at over a million. */
const DEEP =
  '{ users { reviews { product { reviews { product { reviews { product { reviews { product { reviews { product { name } } } } } } } } } } } }';

const folder = mkdtempSync(join(tmpdir(), 'ordergraph-costs-'));
let subgraph: Server;
let identityKey: string;
beforeAll(async () => {
  requireCompiled();
  subgraph = createServer((request, response) => {
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ data: { users: USERS } }));
    });
  });
  await new Promise<void>((resolve) => subgraph.listen(0, '127.0.0.1', resolve));
  identityKey = (await writeKeys(join(folder, 'keys'))).identityKey;
});
afterEach(killAll);
afterAll(() => subgraph.close());

function supergraphFile(name: string, sdl: string): string {
  const file = join(folder, name);
  const url = `http://127.0.0.1:${(subgraph.address() as AddressInfo).port}/graphql`;
  writeFileSync(file, compose([{ name: 'a', sdl, url }]));
  return file;
}

async function start(...args: string[]) {
  const gateway = run(['gateway', '--port', '0', '--print-settings', '--log-level', 'warn', '--data', folder, ...args]);
  const [, address] = await waitForOutput(gateway, /The graph answers at (\S+)/);
  const ask = async (query: string) => {
    const response = await fetch(address!, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    const { errors } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
    return [response.status, ...(errors ?? []).map(({ extensions }) => extensions.code)];
  };
  return { ask, setting: /^ {2}costs = (.*)$/m.exec(gateway.output())?.[1] };
}

const development = () => ['--auth', 'development', '--identity-key', identityKey];

describe('default cost limits', () => {
  test('enforces no cost limits by default without authentication', async () => {
    const { ask, setting } = await start('--supergraph', supergraphFile('off.graphql', SDL), '--auth', 'off');
    expect(setting).toBe('measure (default: callers are not authenticated)');
    for (let time = 0; time < 200; time++) expect(await ask(NESTED)).toEqual([200]);
    expect(await ask(DEEP)).toEqual([200]);
  });

  test('enforces no cost limits by default for a supergraph without costs', async () => {
    const { ask, setting } = await start('--supergraph', supergraphFile('plain.graphql', SDL), ...development());
    expect(setting).toBe('measure (default: the supergraph carries no @cost or @listSize)');
    for (let time = 0; time < 200; time++) expect(await ask(NESTED)).toEqual([200]);
    expect(await ask(DEEP)).toEqual([200]);
  });

  test('enforces limits by default with authentication and a supergraph with costs', async () => {
    const sized = SDL.replace('users: [User]', 'users: [User] @listSize(assumedSize: 20)');
    const { ask, setting } = await start('--supergraph', supergraphFile('sized.graphql', sized), ...development());
    expect(setting).toBe('enforce (default: the supergraph carries @cost or @listSize)');
    expect(await ask(DEEP)).toEqual([400, 'OPERATION_TOO_COSTLY']);
  });

  test('enforces limits by default for the supergraph of this product', async () => {
    const { ask, setting } = await start(...development());
    expect(setting).toBe('enforce (default: the supergraph carries @cost or @listSize)');
    const page = (inner: string) =>
      `{ submissions(first: 100) { nodes { findings(first: 100) { nodes { ${inner} } } } } }`;
    expect(await ask(page('submission { findings(first: 100) { nodes { id } } }'))).toEqual([
      400,
      'OPERATION_TOO_COSTLY',
    ]);
  });
});

test.each<[string[], (number | string)[]]>([
  [
    ['--auth', 'off', '--costs', 'enforce'],
    [400, 'OPERATION_TOO_COSTLY'],
  ],
  [['--auth', 'off', '--costs', 'off'], [200]],
])('prefers an explicit cost setting to the default: %j', async (flags, answer) => {
  const { ask, setting } = await start('--supergraph', supergraphFile('explicit.graphql', SDL), ...flags);
  expect(setting).toBe(flags.at(-1));
  expect(await ask(DEEP)).toEqual(answer);
});

test('explains in the help what the default of --costs depends on', async () => {
  const help = run(['gateway', '--help']);
  await help.ended;
  expect(help.output().replace(/\s+/g, ' ')).toContain(
    'default: enforce; measure with --auth off, or where the supergraph carries no @cost or @listSize',
  );
});
