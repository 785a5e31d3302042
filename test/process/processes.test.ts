import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { PROGRAMS } from '../../gateway/cli/programs';
import { makeCertificates } from '../support/certificates';
import { freshDatabases, processKinds } from '../support/databases';
import { INSPECTOR, identityEnvironment } from '../support/identity';
import {
  freePort,
  killAll,
  requireCompiled,
  residentBytes,
  run,
  runProgram,
  waitForOutput,
} from '../support/processes';
import { describeOnRedis, PrivateRedis } from '../support/redis';

const QUESTION_1 = readFileSync(join(packageRoot, 'test', 'questions', '01-the-order-at-a-glance.graphql'), 'utf8');

async function ask(port: number, query: string, token?: string) {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({ query }),
  });
  return (await response.json()) as { data: Record<string, never>; errors?: unknown[] };
}

let folder: string;
beforeAll(requireCompiled);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-process-'));
});
afterEach(async () => {
  await killAll();
  rmSync(folder, { recursive: true, force: true });
});

test('a subgraph keeps no memory that only its start needed', async () => {
  const flags = ['--database', join(folder, 'infrastructure.sqlite'), '--open-to', INSPECTOR];
  const subgraph = run(['subgraph', 'infrastructure', '--port', String(await freePort()), ...flags]);
  await waitForOutput(subgraph, /answers at/);
  // 150 MB; 320 without a collection
  expect(residentBytes(subgraph.child.pid!)).toBeLessThan(220 * 2 ** 20);
});

describe('everything in one process', () => {
  test('starts with exercise data, answers question 1, and ends on SIGTERM', async () => {
    const port = await freePort();
    const start = run(['start', '--port', String(port), '--data', join(folder, 'data')]);
    await waitForOutput(start, /The graph answers at/);
    const printed = run(['token', '--role', 'inspector', '--case', '2026-1', '--data', join(folder, 'data')]);
    expect(await printed.ended).toBe(0);
    const { data, errors } = await ask(port, QUESTION_1, printed.output().trim());
    expect(errors).toBeUndefined();
    expect(data.executiveOrder).toMatchObject({ number: '14409', reviewMetrics: { openReviews: expect.any(Number) } });
    expect(start.output()).toMatch(
      /Opening the databases …[\s\S]*Creating exercise data at scale 1 …[\s\S]*Created \d+ rows of invented data, marked as exercise data[\s\S]*Starting the gateway/,
    );
    // a user who opens it in a browser chooses an identity
    const page = await fetch(`http://127.0.0.1:${port}/graphql`, { headers: { accept: 'text/html' } });
    const text = await page.text();
    const choices = [...text.matchAll(/<option value="([^"]*)">([^<]*)</g)].map(([, token, name]) => [name, token]);
    expect(choices.map(([name]) => name)).toEqual(
      expect.arrayContaining(['the public', 'Analyst', 'Intake officer', 'Inspector general', 'Platform operator']),
    );
    for (const [name, token] of choices) {
      const answer = await ask(port, '{ __typename }', token);
      expect([name, answer.data]).toEqual([name, { __typename: 'Query' }]);
    }
    const reads = async (name: string) =>
      (await ask(port, '{ aiToolAdoption { __typename } }', choices.find(([choice]) => choice === name)![1])).data
        ?.aiToolAdoption;
    expect([await reads('Analyst'), await reads('Developer (exercise-alder)')]).toEqual([expect.any(Array), null]);
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'nonce-/);
    // a foreign name that resolves to this machine does not get the tokens
    const rebound = await new Promise<{ status: number; body: string }>((resolve) => {
      const headers = { accept: 'text/html', host: 'evil.example' };
      get({ host: '127.0.0.1', port, path: '/graphql', headers }, async (response) => {
        let body = '';
        for await (const chunk of response) body += chunk;
        resolve({ status: response.statusCode!, body });
      });
    });
    expect([rebound.status, rebound.body.includes('option')]).toEqual([403, false]);
    start.child.kill('SIGTERM');
    expect(await start.ended).toBe(0);
  });

  test('reports a port that is in use, and leaves no lock behind', async () => {
    const occupied = createServer();
    await new Promise<void>((resolve) => occupied.listen(0, '127.0.0.1', resolve));
    const { port } = occupied.address() as { port: number };
    const start = run(['start', '--port', String(port), '--data', join(folder, 'data'), '--scale', '0']);
    expect(await start.ended).toBe(1);
    expect(start.output()).toMatch(new RegExp(`Port ${port} on 127.0.0.1 is in use by another process[\\s\\S]*--port`));
    expect(start.output()).not.toMatch(/at .*\.js:\d+/);
    await new Promise((resolve) => occupied.close(resolve));
    const again = run(['start', '--port', String(port), '--data', join(folder, 'data'), '--scale', '0']);
    await waitForOutput(again, /The graph answers at/);
  });

  test('rejects a second process on a data folder and keeps the first running', async () => {
    const port = await freePort();
    const first = run(['start', '--port', String(port), '--data', join(folder, 'data'), '--scale', '0']);
    await waitForOutput(first, /The graph answers at/);
    const second = run(['start', '--port', '0', '--data', join(folder, 'data'), '--scale', '0']);
    expect(await second.ended).toBe(1);
    expect(second.output()).toMatch(/The data folder ".*" is in use by another running Ordergraph[\s\S]*--data/);
    expect((await ask(port, '{ agency(key: "nsa") { name } }')).data).toEqual({
      agency: { name: 'National Security Agency' },
    });
    first.child.kill('SIGKILL');
    await first.ended;
    const third = run(['start', '--port', '0', '--data', join(folder, 'data'), '--scale', '0']);
    await waitForOutput(third, /The graph answers at/);
  });
});

/**
 * The files that a process has loaded after it ran some code.
 * @param code may `load` modules of the CLI
 */
async function loadedAfter(code: string): Promise<string> {
  const program = runProgram(process.execPath, [
    '-e',
    `(async () => {
      const load = (module) => require(require('node:path').join(process.argv[1], module));
      ${code};
      console.log(Object.keys(require.cache).join('\\n'));
      process.exit();
    })()`,
    join(packageRoot, 'dist', 'gateway', 'cli'),
  ]);
  expect(await program.ended).toBe(0);
  return program.output();
}

/** Subgraphs of which more is loaded than their registration. */
const codeOfSubgraphs = (files: string): (string | undefined)[] => [
  ...new Set([...files.matchAll(/dist\/subgraphs\/([\w-]+)\/(?!registration\.js)/g)].map(([, name]) => name)),
];

test('loads no subgraph code and no database driver in a gateway process', async () => {
  const files = await loadedAfter(`load('gateway.js')`);
  expect(files).toMatch(/dist\/gateway\/server\.js/);
  expect(codeOfSubgraphs(files)).toEqual([]);
  expect(files).not.toMatch(/node_modules\/(typeorm|type-graphql|mysql2)\//);
});

test.each(PROGRAMS)('loads no code of other subgraphs or the gateway server in a process of %s', async (name) => {
  const files = await loadedAfter(`load('subgraph.js'); await load('load-subgraph.js').loadSubgraph('${name}')`);
  expect(codeOfSubgraphs(files)).toEqual([name]);
  expect(files).not.toMatch(/dist\/gateway\/(server|execution|planning)/);
});

test('serves a third-party supergraph and subgraph from a gateway process', async () => {
  const addresses: (string | undefined)[] = [];
  const strange = createHttpServer((request, response) => {
    addresses.push(request.headers.authorization);
    response.setHeader('content-type', 'application/json').end('{"data":{"hello":"world"}}');
  });
  await new Promise<void>((resolve) => strange.listen(0, '127.0.0.1', resolve));
  const { port: strangePort } = strange.address() as { port: number };
  const schema = join(folder, 'strange.graphql');
  const supergraph = join(folder, 'supergraph.graphql');
  writeFileSync(
    schema,
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3") type Query { hello: String }',
  );
  const composed = run(['compose', `strange@http://127.0.0.1:${strangePort}/graphql=${schema}`]);
  expect(await composed.ended).toBe(0);
  writeFileSync(supergraph, composed.output());
  const port = await freePort();
  const gateway = run([
    'gateway',
    '--supergraph',
    supergraph,
    '--port',
    String(port),
    '--auth',
    'off',
    '--costs',
    'off',
    '--forward-header',
    'authorization',
  ]);
  await waitForOutput(gateway, /The graph answers at/);
  const post = async (body: string) => {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer abc' };
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, { method: 'POST', headers, body });
    // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
    return (await response.json()) as any;
  };
  expect(await post('{"query":"{ hello }"}')).toEqual({ data: { hello: 'world' } });
  const { data, extensions } = await post('{"query":"{ hello }","extensions":{"trace":true}}');
  expect(data).toEqual({ hello: 'world' });
  const bytes = '{"data":{"hello":"world"}}'.length;
  expect(extensions.trace).toMatchObject({
    plan: { cached: true, fetches: [{ id: 1, subgraph: 'strange', kind: 'ROOT' }] },
    timing: { calls: [{ fetch: 1, subgraph: 'strange', shared: false, bytes }] },
  });
  expect(addresses).toEqual(['Bearer abc', 'Bearer abc']);
  gateway.child.kill('SIGTERM');
  expect(await gateway.ended).toBe(0);
  strange.closeAllConnections();
  strange.close();
});

describe('TLS between a gateway and a subgraph, with certificates on both sides', () => {
  test('answers only a gateway with a certificate, files included', async () => {
    const identity = await identityEnvironment();
    makeCertificates(folder);
    const pem = (name: string) => join(folder, name);
    const [port, subgraphPort] = [await freePort(), await freePort()];
    const subgraph = run(
      [
        ...['subgraph', 'submissions', '--port', String(subgraphPort), '--data', join(folder, 'data')],
        ...['--tls-cert', pem('subgraph.pem'), '--tls-key', pem('subgraph.key'), '--tls-ca', pem('ca.pem')],
      ],
      identity.environment,
    );
    await waitForOutput(subgraph, /submissions answers at https:/);
    const address = `https://127.0.0.1:${subgraphPort}`;
    const gatewayWith = async (...tls: string[]) => {
      const gateway = run(
        ['gateway', '--port', String(port), '--subgraph-url', `submissions=${address}/graphql`, ...tls],
        identity.environment,
      );
      await waitForOutput(gateway, /The graph answers at/);
      return gateway;
    };
    const query = '{ executiveOrder(number: "14409") { number } }';
    const trusted = await gatewayWith(
      ...['--subgraph-ca', pem('ca.pem'), '--subgraph-cert', pem('gateway.pem'), '--subgraph-key', pem('gateway.key')],
    );
    expect(await ask(port, query)).toMatchObject({ data: { executiveOrder: { number: '14409' } } });
    const headers = { authorization: `Bearer ${await identity.token(INSPECTOR)}` };
    const file = await fetch(`http://127.0.0.1:${port}/artifacts/none`, { headers });
    expect([file.status, await file.json()]).toMatchObject([404, { errors: [{ extensions: { code: 'NOT_FOUND' } }] }]);
    trusted.child.kill('SIGTERM');
    await trusted.ended;
    const stranger = await gatewayWith('--subgraph-ca', pem('ca.pem'));
    expect(await ask(port, query)).toMatchObject({
      data: { executiveOrder: null },
      errors: [{ extensions: { code: 'SUBGRAPH_UNREACHABLE', subgraph: 'submissions' } }],
    });
    stranger.child.kill('SIGTERM');
    await stranger.ended;
    await expect(fetch(`${address}/health/live`)).rejects.toThrow();
    await expect(fetch(`http://127.0.0.1:${subgraphPort}/health/live`)).rejects.toThrow();
    subgraph.child.kill('SIGTERM');
    expect(await subgraph.ended).toBe(0);
  });

  test('reports which TLS settings are missing', async () => {
    const subgraph = run(['subgraph', 'reviews', '--open-to', INSPECTOR, '--data', folder, '--tls-cert', 'x.pem']);
    expect(await subgraph.ended).toBe(1);
    expect(subgraph.output()).toMatch(/TLS needs a certificate and its key[\s\S]*--tls-key/);
  });
});

test('tells callers apart by the address that a trusted proxy forwards', async () => {
  const identity = await identityEnvironment();
  const remaining = async (port: number, address: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
      body: JSON.stringify({ query: '{ sectors(first: 7) { nodes { key } } }' }),
    });
    return Number(response.headers.get('ordergraph-budget-remaining'));
  };
  for (const [flags, second] of [
    [['--trusted-proxy', '127.0.0.0/8'], 'a separate budget'],
    [[], 'the same budget'],
  ] as const) {
    const port = await freePort();
    const gateway = run(['gateway', '--port', String(port), ...flags], identity.environment);
    await waitForOutput(gateway, /The graph answers at/);
    const [ofFirst, ofSecond] = [await remaining(port, '192.0.2.1'), await remaining(port, '192.0.2.2')];
    expect(ofSecond === ofFirst ? 'a separate budget' : 'the same budget').toBe(second);
    gateway.child.kill('SIGTERM');
    expect(await gateway.ended).toBe(0);
  }
});

describe('help and invalid commands', () => {
  test.each([
    [['--help'], 0, /start[\s\S]*gateway[\s\S]*subgraph[\s\S]*import/],
    [['start', '--help'], 0, /--port <value>[\s\S]*ORDERGRAPH_PORT; default: 4000/],
    [['import', '--help'], 0, /Sources:[\s\S]*kev .*Known exploited vulnerabilities/],
    [['start', '--port', 'many'], 1, /--port is "many"/],
    [['start', '--scale', '-1'], 1, /at least 0/],
    [['subgraph', 'nothing'], 1, /Unknown subgraph "nothing"[\s\S]*submissions, reviews, workforce, infrastructure/],
    [
      ['gateway', '--supergraph', '/no/such/file', '--auth', 'off'],
      1,
      /Cannot read the supergraph file "\/no\/such\/file"/,
    ],
    [['gateway'], 1, /No token issuers are configured[\s\S]*--auth FILE/],
    [
      ['gateway', '--auth', 'development', '--host', '0.0.0.0'],
      1,
      /The development issuer is not allowed here: .*0\.0\.0\.0/,
    ],
    [['subgraph', 'reviews'], 1, /No gateway public keys are configured; refusing to start[\s\S]*--identity-keys/],
    [['token', '--role', 'king'], 1, /"king" is not a role[\s\S]*Roles:\n {2}infrastructure-officer/],
    [['token', '--role', 'agency-reviewer'], 1, /The role agency-reviewer requires agency=/],
    [['token', '--role', 'agency-reviewer', '--agency', 'nas'], 1, /"nas" is not an agency key; did you mean .*"nsa"/],
    [
      ['token', '--role', 'agency-reviewer', '--agency', 'Department of War'],
      1,
      /"Department of War" is not an agency key; did you mean "dod"\?/,
    ],
    [
      ['token', '--role', 'agency-reviewer', '--agency', 'TREAS'],
      1,
      /"TREAS" is not an agency key; did you mean "treasury"\?/,
    ],
    [
      ['token', '--role', 'developer-submitter', '--organization', 'exercise-aldre'],
      1,
      /"exercise-aldre" is not a developer organization key; did you mean "exercise-alder"[\s\S]*--new-organization/,
    ],
    [['token', '--role', 'developer-submitter', '--organization', 'exercise-alder'], 0, /^[\w-]+\.[\w-]+\.[\w-]+$/m],
    [
      ['token', '--role', 'developer-submitter', '--organization', 'newcomer', '--new-organization'],
      0,
      /^[\w-]+\.[\w-]+\.[\w-]+$/m,
    ],
    [['gateway', '--subgraph-url', 'reviews'], 1, /"reviews" is not a subgraph URL/],
    [['import', 'kev', '/no/such/file.json'], 1, /File "\/no\/such\/file.json" does not exist/],
    [['exercise', '--as-of', '2026-02-30'], 1, /--as-of: "2026-02-30" is not a date/],
    [['nonsense'], 1, /unknown command 'nonsense'/],
  ])('runs ordergraph %j with exit code %d and the expected output', async (args, code, output) => {
    const running = run(args, { ORDERGRAPH_DATA: join(folder, 'data') });
    expect(await running.ended).toBe(code);
    expect(running.output()).toMatch(output);
    expect(running.output()).not.toMatch(/\n\s+at /);
  });
});

describeOnRedis.each(processKinds)('each part as a process of its own, on %s', (kind) => {
  test('plays the voluntary framework through all processes, and ends on SIGTERM', async () => {
    const databases = await freshDatabases(kind, PROGRAMS);
    const redis = await PrivateRedis.start();
    const { environment, token } = await identityEnvironment();
    const ports = new Map<string, number>();
    for (const name of ['gateway', ...PROGRAMS]) ports.set(name, await freePort());
    const portOf = (name: string) => ['--port', String(ports.get(name))];
    const ofSubgraphs = { ...environment, ORDERGRAPH_EVENTS_URL: redis.url, ORDERGRAPH_FILES: join(folder, 'files') };
    const subgraphs = PROGRAMS.map((name) =>
      run(['subgraph', name, ...portOf(name), '--database', databases.url(name)], ofSubgraphs),
    );
    for (const subgraph of subgraphs) await waitForOutput(subgraph, /answers at/);
    const urls = PROGRAMS.flatMap((name) => ['--subgraph-url', `${name}=http://127.0.0.1:${ports.get(name)}/graphql`]);
    const gateway = run(['gateway', ...portOf('gateway'), ...urls], environment);
    await waitForOutput(gateway, /The graph answers at/);
    const { data, errors } = await ask(ports.get('gateway')!, QUESTION_1, await token(INSPECTOR));
    expect(errors).toBeUndefined();
    expect(data.executiveOrder).toMatchObject({ number: '14409', workforceMetrics: { goal: null } });
    // only a gateway gets a response from a subgraph, even for its schema
    const odd = await fetch(`http://127.0.0.1:${ports.get('submissions')}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'ordergraph-identity': 'made-up' },
      body: JSON.stringify({ query: '{ _service { sdl } }' }),
    });
    expect([odd.status, await odd.json()]).toMatchObject([
      401,
      { errors: [{ extensions: { code: 'IDENTITY_REQUIRED' } }] },
    ]);
    const play = run(['exercise:voluntary', '--url', `http://127.0.0.1:${ports.get('gateway')}`], environment);
    expect([await play.ended, play.output()]).toEqual([0, expect.stringContaining('all as the framework requires')]);
    for (const process of [gateway, ...subgraphs]) {
      process.child.kill('SIGTERM');
      expect(await process.ended).toBe(0);
    }
    await redis.stop();
    await databases.drop();
  });

  test('migrates once when several replicas start at the same time', async () => {
    const databases = await freshDatabases(kind, ['reviews']);
    const environment = { ORDERGRAPH_REVIEWS_DATABASE_URL: databases.url('reviews') };
    const replicas = [1, 2, 3].map(() => run(['migrate', 'reviews'], environment));
    for (const replica of replicas) {
      expect(await replica.ended).toBe(0);
      expect(replica.output()).toMatch(/^reviews: up to date\n$/m);
    }
    const finished = replicas.filter((replica) => /0002-voluntary-framework (\d+)\/\1$/m.test(replica.output()));
    expect(finished).toHaveLength(1);
    await databases.drop();
  });
});

test('contains no secret in the Compose file', () => {
  const text = readFileSync(join(packageRoot, 'docker-compose.yml'), 'utf8');
  for (const [, value] of text.matchAll(/PASSWORD: (.+)/g)) expect(value).toMatch(/^\$\{\w+:\?set it in \.env\}$/);
  for (const [, password] of text.matchAll(/mysql:\/\/\w+:(.+?)@/g))
    expect(password).toMatch(/^\$\{\w+:\?set it in \.env\}$/);
});
