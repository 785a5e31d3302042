import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { PROGRAMS } from '../../gateway/cli/programs';
import { HOSTILE_REQUESTS } from '../security/hostile-requests';
import { attachDocument, fileSubmission, invitations } from '../support/compose/filings';
import { codenames, load } from '../support/compose/load';
import { operations } from '../support/compose/operations';
import { type Client, ComposeStack, describeOnCompose, TERMINATOR } from '../support/compose/stack';
import { requireCompiled, run } from '../support/processes';
import { answerOf, RawClient } from '../support/raw-client';
import { until } from '../support/until';

const QUESTION_1 = readFileSync(join(packageRoot, 'test', 'questions', '01-the-order-at-a-glance.graphql'), 'utf8');
/** Ten in the fault suite. */
const ROLLING_RESTARTS = process.env.ORDERGRAPH_TEST_FAULTS === 'all' ? 10 : 1;

describeOnCompose('the stack of docker-compose.yml, each service started exactly as the file says', () => {
  let project: string;
  let stack: ComposeStack;
  let client: Client;
  /** Terminates TLS on this machine and forwards the addresses of clients. */
  let terminator: Client;
  let inspector: Record<string, string>;
  let developer: Record<string, string>;

  beforeAll(async () => {
    requireCompiled();
    project = mkdtempSync(join(tmpdir(), 'ordergraph-project-'));
    stack = await ComposeStack.prepare(project);
    await stack.operate(operations().get('Deploy')![0]!);
    client = await stack.client(100);
    terminator = await stack.client(TERMINATOR);
    inspector = await stack.authorization({ sub: 'inspector-1', roles: ['inspector'], case_number: '2026-1' });
    developer = await stack.authorization({ sub: 'submitter', roles: ['developer-submitter'], organization: 'alder' });
  });
  afterAll(async () => {
    await stack?.close();
    rmSync(project, { recursive: true, force: true });
  });

  test('answers question 1 through the load balancer', async () => {
    const { status, body } = await client.graphql({ query: QUESTION_1 }, inspector);
    expect([status, body?.errors]).toEqual([200, undefined]);
    expect(body?.data?.executiveOrder).toMatchObject({ number: '14409', workforceMetrics: { goal: null } });
  });

  test('answers a contract through the load balancer', async () => {
    const ask = (query: string) => client.graphql({ query }, inspector, '/contracts/public');
    const { status, body } = await ask('{ __type(name: "Submission") { name } sectors { totalCount } }');
    expect([status, body?.errors]).toEqual([200, undefined]);
    expect(body?.data).toEqual({ __type: null, sectors: { totalCount: 16 } });
    expect((await ask('{ submissions { totalCount } }')).status).toBe(400);
    expect((await client.graphql({ query: '{ __typename }' }, inspector, '/contracts/absent')).status).toBe(404);
  });

  test('notifies the named agency of a filed submission by an event', async () => {
    const id = await fileSubmission(client, developer, 'first');
    await until(
      async () => (await invitations(client, inspector)).get(id) === 1,
      () => `the agency is invited:\n${stack.container('reviews').output()}`,
    );
  });

  describe('the Redis servers', () => {
    /** Sends one command as a user of the shipped configuration; null for a client without a password. */
    const redis = async (server: 'redis' | 'cache', user: string | null, command: readonly string[]) => {
      const variable = server === 'cache' ? 'CACHE_PASSWORD' : `${user?.toUpperCase()}_EVENTS_PASSWORD`;
      const login = user === null ? [] : ['--no-auth-warning', '--user', user, '--pass', stack.variable(variable)];
      const client = stack.machine.run(server, ['redis-cli', ...login, ...command]);
      await client.ended;
      return client.output();
    };

    test.each<['redis' | 'cache', string | null, string]>([
      ['redis', null, 'KEYS *'],
      ['redis', null, 'XADD ordergraph:events:stream:submissions * event x'],
      ['redis', null, 'CONFIG GET *'],
      ['redis', 'operator', 'SET ordergraph:events:head:submissions x'],
      ['redis', 'operator', 'XRANGE ordergraph:events:stream:submissions - +'],
      ['redis', 'reviews', 'XADD ordergraph:events:stream:submissions * event x'],
      ['redis', 'reviews', 'XTRIM ordergraph:events:stream:submissions MAXLEN 0'],
      ['redis', 'reviews', 'SET ordergraph:events:head:submissions x'],
      ['redis', 'reviews', 'LPOP ordergraph:events:replay:submissions'],
      ['redis', 'reviews', 'BLPOP ordergraph:events:answer:submissions:1 1'],
      ['redis', 'infrastructure', 'XADD ordergraph:events:stream:reviews * event x'],
      ['redis', 'submissions', 'DEL ordergraph:events:stream:submissions'],
      ['redis', 'submissions', 'FLUSHALL'],
      ['redis', 'submissions', 'EVAL return{} 0'],
      ['redis', 'submissions', 'ACL LIST'],
      ['redis', 'workforce', 'XADD ordergraph:events:stream:submissions * event x'],
      ['redis', 'workforce', 'SET ordergraph:events:head:submissions x'],
      ['redis', 'workforce', 'DEL ordergraph:events:seals:workforce'],
      ['redis', 'workforce', 'HSET ordergraph:events:seals:infrastructure infrastructure x'],
      ['redis', 'workforce', 'HSET ordergraph:events:seals:reviews reviews x'],
      ['redis', 'infrastructure', 'HSET ordergraph:events:seals:submissions submissions x'],
      ['redis', 'reviews', 'HSET ordergraph:events:seals:workforce workforce x'],
      ['redis', 'submissions', 'HSET ordergraph:events:seals:reviews reviews x'],
      ['redis', 'gateway', 'HSET ordergraph:events:seals:submissions submissions x'],
      ['redis', 'gateway', 'XRANGE ordergraph:events:stream:submissions - +'],
      ['redis', 'gateway', 'GET ordergraph:events:head:submissions'],
      ['cache', null, 'GET ordergraph:plans:index'],
      ['cache', 'gateway', 'SET other:key x'],
      ['cache', 'gateway', 'CONFIG SET dir /tmp'],
      ['cache', 'gateway', 'FLUSHALL'],
      ['cache', 'gateway', 'KEYS *'],
    ])('denies on %s to the user %s: %s', async (server, user, command) => {
      expect(await redis(server, user, command.split(' '))).toMatch(/^(\(error\) )?NOPERM /);
    });

    test('stores plans, counts, and log heads where each Redis user may read them', async () => {
      await client.graphql({ query: QUESTION_1 }, inspector);
      await until(
        async () => Number(await redis('cache', 'gateway', ['ZCARD', 'ordergraph:plans:index'])) > 0,
        () => 'a plan is shared',
      );
      expect(await redis('redis', 'operator', ['GET', 'ordergraph:events:head:submissions'])).toContain('"signature"');
    });

    const [OPEN, SHUT] = [0, 7];
    test.each([
      ['gateway-1', 'cache', OPEN],
      ['reviews', 'redis', OPEN],
      ['migrate', 'redis', OPEN],
      ['gateway-1', 'redis', OPEN],
      ['workforce', 'redis', OPEN],
      ['workforce', 'cache', SHUT],
      ['reviews', 'cache', SHUT],
      ['load-balancer', 'redis', SHUT],
      ['load-balancer', 'cache', SHUT],
      ['migrate', 'cache', SHUT],
    ])('connects from %s to %s with the exit code %i', async (service, server, outcome) => {
      const [address] = stack.machine.addresses(server);
      const reach = stack.machine.execBeside(service, process.execPath, [
        '-e',
        `require('node:net').connect({ host: '${address}', port: 6379, timeout: 1000 }).on('connect', () => process.exit(${OPEN})).on('timeout', () => process.exit(${SHUT})).on('error', () => process.exit(${SHUT}))`,
      ]);
      expect(await reach.ended).toBe(outcome);
    });
  });

  test('records changes in a volume, with a key and code the process cannot replace', async () => {
    const record = join(stack.machine.volume('record-submissions'), 'submissions.jsonl');
    expect(readFileSync(record, 'utf8')).toContain('"mutation":"fileSubmission"');
    const write = stack.machine.run('submissions', ['touch', '/run/secrets/other', '/app/dist/other', '/other']);
    expect(await write.ended).toBe(1);
    expect(write.output().match(/Read-only file system/g)).toHaveLength(3);
    const keys = join(project, 'secrets', 'auditors', 'audit-keys.json');
    const verify = run(['audit', 'verify', record, '--keys', keys]);
    expect([await verify.ended, verify.output()]).toEqual([0, expect.stringContaining('submissions.jsonl')]);
  });

  test('mounts in each subgraph only the key that seals its own record', async () => {
    const kidOf = (text: string) => (JSON.parse(text) as { kid: string }).kid;
    const secretsOf = (name: string) => join(project, 'secrets', 'senders', name);
    const kids = new Set<string>();
    for (const name of PROGRAMS) {
      const look = stack.machine.run(name, ['sh', '-c', 'find /run -name audit-key.json -print -exec cat {} +']);
      const ownKey = readFileSync(join(secretsOf(name), 'audit-key.json'), 'utf8');
      expect([await look.ended, look.output().trim()]).toEqual([0, `/run/sender/audit-key.json\n${ownKey}`]);
      kids.add(kidOf(ownKey));
    }
    expect(kids.size).toBe(PROGRAMS.length);
    const gateway = stack.machine.run('gateway-1', ['find', '/run', '-name', 'audit-key.json']);
    expect([await gateway.ended, gateway.output().trim()]).toEqual([0, '']);
  });

  test('publishes seals of all records, each signed with the key of its subgraph', async () => {
    const anchored = () => {
      const file = join(stack.machine.volume('anchor'), 'seals.jsonl');
      const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
      return lines.map((line) => JSON.parse(line) as { record: string; keyId: string });
    };
    await until(
      () => PROGRAMS.every((name) => anchored().some(({ record }) => record === name)),
      () => 'the gateways have seals of all records',
    );
    const { keys } = JSON.parse(readFileSync(join(project, 'secrets', 'gateways', 'audit-keys.json'), 'utf8')) as {
      keys: { kid: string; subgraph: string }[];
    };
    for (const { record, keyId } of anchored())
      expect(keys.find(({ kid }) => kid === keyId)).toMatchObject({ subgraph: record });
  });

  test('tells callers apart by their addresses, whatever headers they send', async () => {
    const [first, second] = [await stack.client(102), await stack.client(103)];
    const query = '{ sectors(first: 7) { nodes { key } } }';
    const remaining = async (caller: Client, headers: Record<string, string> = {}) =>
      Number((await caller.graphql({ query }, headers)).headers.get('ordergraph-budget-remaining'));
    const full = await remaining(first);
    expect(await remaining(first)).toBeLessThan(full);
    expect(await remaining(second)).toBe(full);
    // claimed addresses get no budget
    expect(await remaining(first, { 'x-forwarded-for': '198.51.100.7' })).toBeLessThan(full);
  });

  test('accepts new tokens during a flood of invalid ones, even from its address', async () => {
    const [first, second] = [await stack.client(104), await stack.client(105)];
    const query = '{ sectors(first: 1) { totalCount } }';
    const status = async (caller: Client, headers: Record<string, string>) =>
      (await caller.graphql({ query }, headers)).status;
    const fresh = () =>
      stack.authorization({ sub: 'inspector-1', roles: ['inspector'], case_number: '2026-1', jti: randomUUID() });
    const flood = await Promise.all(
      Array.from({ length: 140 }, () => status(first, { authorization: 'Bearer a1.b.c' })),
    );
    expect(new Set(flood)).toEqual(new Set([401]));
    expect([await status(first, await fresh()), await status(second, await fresh())]).toEqual([200, 200]);
    const forged = async () => ({ authorization: (await fresh()).authorization!.replace(/[^.]+$/, 'A'.repeat(86)) });
    const forgeries = await Promise.all(Array.from({ length: 300 }, async () => status(first, await forged())));
    expect([...new Set(forgeries)].every((httpStatus) => httpStatus === 401 || httpStatus === 429)).toBe(true);
    expect(await status(second, await fresh())).toBe(200);
    const mine = await fresh();
    await until(
      async () => (await status(first, mine)) === 200,
      () => 'the flooder’s neighbor signs in',
    );
  });

  test('uses the last address that the local TLS proxy forwards', async () => {
    const query = '{ sectors(first: 7) { nodes { key } } }';
    const remaining = async (forwarded: string) =>
      Number(
        (await terminator.graphql({ query }, { 'x-forwarded-for': forwarded })).headers.get(
          'ordergraph-budget-remaining',
        ),
      );
    const full = await remaining('192.0.2.1');
    expect(await remaining('192.0.2.1')).toBeLessThan(full);
    expect(await remaining('192.0.2.2')).toBe(full);
    // addresses that a client claims precede the one that the terminator adds
    expect(await remaining('192.0.2.3, 192.0.2.1')).toBeLessThan(full);
  });

  test('answers question 1 during hostile requests from different addresses', async () => {
    const honest = await stack.client(108);
    for (const [place, { name, body, accept = 'application/json' }] of HOSTILE_REQUESTS.entries()) {
      const pending = terminator.stream(body, { accept, 'x-forwarded-for': `198.51.100.${place + 20}` });
      const { status, body: answer } = await honest.graphql({ query: QUESTION_1 }, inspector);
      expect([name, status, answer?.errors]).toEqual([name, 200, undefined]);
      const text = await pending;
      expect([name, text.length < 4 * 1024 * 1024, text.includes('INTERNAL_SERVER_ERROR')]).toEqual([
        name,
        true,
        false,
      ]);
    }
  });

  test('serves files while one address stalls 100 uploads and 300 requests', async () => {
    const [attacker, honest] = [await stack.client(106), await stack.client(107)];
    const submission = await fileSubmission(honest, developer, 'transfers');
    const document = Buffer.from('A document.'.repeat(1_000));
    const path = await attachDocument(honest, developer, submission, document);
    const eve = await stack.authorization({ sub: 'eve', roles: ['developer-submitter'], organization: 'alder' });
    const start = (line: string, headers: Record<string, string>) =>
      `${line} HTTP/1.1\r\nhost: x\r\ncontent-length: 11000\r\n${Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('')}\r\nA`;
    const stall = async (count: number, text: string) => {
      const clients = Array.from({ length: count }, async () => (await RawClient.connect(attacker.socket)).send(text));
      return Promise.all(clients);
    };
    const uploads = await stall(100, start(`PUT ${path}`, eve));
    const requests = await stall(300, start('POST /graphql', { 'content-type': 'application/json' }));
    const send = async (method: 'PUT' | 'GET', body = '') => {
      const length = body ? `content-length: ${body.length}\r\n` : '';
      const head = `${method} ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${length}authorization: ${developer.authorization}\r\n\r\n`;
      return (await (await RawClient.connect(honest.socket)).send(head + body).closed) as string;
    };
    expect(answerOf(await send('PUT', document.toString()))).toEqual([204, undefined]);
    expect(await send('GET')).toContain(document.toString());
    expect((await honest.graphql({ query: QUESTION_1 }, inspector)).status).toBe(200);
    // nginx rejects requests beyond its limits at once, the gateways those beyond theirs
    await until(
      () => uploads.filter(({ text }) => answerOf(text)[0] === 429).length >= 36,
      () => 'uploads beyond the limits are refused',
    );
    await until(
      () => requests.filter(({ text }) => answerOf(text).join() === '429,TOO_MANY_REQUESTS').length >= 44,
      () => 'requests beyond the limits are refused',
    );
    for (const client of [...uploads, ...requests]) client.close();
  });

  test('limits requests per IPv6 network, not per IPv6 address', async () => {
    const start = (address: string) =>
      `POST /graphql HTTP/1.1\r\nhost: x\r\nx-forwarded-for: ${address}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\nA`;
    const clients = await Promise.all(
      Array.from({ length: 300 }, async (_, place) =>
        (await RawClient.connect(terminator.socket)).send(start(`2001:db8:1:2:${place.toString(16)}::1`)),
      ),
    );
    await until(
      () => clients.filter(({ text }) => answerOf(text).join() === '429,TOO_MANY_REQUESTS').length >= 44,
      () => 'requests beyond the limit are refused',
    );
    const statusFrom = async (address: string) =>
      (await terminator.graphql({ query: '{ __typename }' }, { 'x-forwarded-for': address })).status;
    expect(await statusFrom('2001:db8:1:2:ffff::1')).toBe(429);
    expect([await statusFrom('2001:db8:1:3::1'), await statusFrom('2001::1')]).toEqual([200, 200]);
    for (const client of clients) client.close();
  });

  test('streams the parts of a deferred answer through the load balancer', async () => {
    const response = await client.stream(
      { query: '{ executiveOrder(number: "14409") { number ... @defer { reviewMetrics { openReviews } } } }' },
      { ...inspector, accept: 'multipart/mixed;deferSpec=20220824, application/json' },
    );
    expect(response).toMatch(/"hasNext":true[\s\S]*"hasNext":false/);
  });

  describe('the registry', () => {
    const history = () => stack.operate('docker compose run --rm publisher history');
    const SERVED = `query Served($number: Int!) {
      supergraphVersions(first: 1, filter: { number: { eq: $number } }) { nodes { digest } }
      gatewayReports(first: 10) { nodes { replica digest } }
    }`;
    const served = async (supergraph: number) => {
      const publisher = await stack.authorization({ sub: 'ada', roles: ['schema-publisher'], agency: 'nsa' });
      await until(
        async () => {
          const { body } = await client.graphql({ query: SERVED, variables: { number: supergraph } }, publisher);
          const { supergraphVersions, gatewayReports } = body!.data as Record<
            'supergraphVersions' | 'gatewayReports',
            { nodes: { replica: string; digest: string }[] }
          >;
          const [version] = supergraphVersions.nodes;
          const replicas = gatewayReports.nodes.filter(({ digest }) => digest === version!.digest);
          return replicas.length === 2;
        },
        () => `both gateways serve supergraph ${supergraph}:\n${stack.container('gateway-1').output().slice(-2_000)}`,
      );
      const text = await history();
      for (const name of ['gateway-1', 'gateway-2'])
        expect(text).toContain(`${name} serves supergraph ${supergraph} since`);
    };
    /** What the gateways answer to a query; null where they do not know its field. */
    const answers = async (query: string) => {
      const all = Array.from({ length: 12 }, async () => (await client.graphql({ query }, inspector)).body?.data);
      return new Set((await Promise.all(all)).map((data) => JSON.stringify(data ?? null)));
    };

    test('has the schemas of the release before gateways first start, once', async () => {
      await served(1);
      expect(await history()).toMatch(
        /^1 .* supergraph 1 {2}infrastructure-1, registry-1, reviews-1, submissions-1, workforce-1$/m,
      );
      // what `docker compose up` starts again
      const again = stack.machine.run('publisher');
      expect([await again.ended, again.output()]).toEqual([0, 'Nothing to publish\n']);
    });

    test('publishes through the gateway what both gateways then serve, and takes it back', async () => {
      const publisher = await stack.authorization({ sub: 'ada', roles: ['schema-publisher'], agency: 'nsa' });
      const change = async (name: string, type: string, result: string, input: object) => {
        const query = `mutation Change($input: ${type}!) { ${name}(input: $input) { ${result} } }`;
        const { body } = await client.graphql(
          { query, variables: { input: { ...input, idempotencyKey: randomUUID() } } },
          publisher,
        );
        expect(body?.errors).toBeUndefined();
        return body!.data![name] as Record<string, Record<string, unknown>>;
      };
      const sdl = readFileSync(join(packageRoot, 'subgraphs', 'reviews', 'schema.graphql'), 'utf8');
      const query = '{ doctrine }';
      expect(await answers(query)).toEqual(new Set(['null']));
      const added = '"""Doctrine."""\n  doctrine: String @sensitivity(class: PUBLIC)\n';
      const schemas = [{ subgraph: 'reviews', sdl: sdl.replace('type Query {\n', `type Query {\n  ${added}`) }];
      const { check } = await change('checkSchemas', 'CheckSchemasInput', 'check { id passed report }', { schemas });
      expect(check).toMatchObject({ passed: true });
      await change('publishSchemas', 'PublishSchemasInput', 'supergraph { number }', { check: check!.id });
      await served(2);
      // the gateways know the field now, but the subgraph does not have it
      expect(await answers(query)).toEqual(new Set(['{"doctrine":null}']));
      for (const name of ['gateway-1', 'gateway-2'])
        expect(readFileSync(join(stack.machine.volume(`copy-${name}`), 'supergraph.graphql'), 'utf8')).toContain(
          'doctrine',
        );
      await stack.operate('docker compose run --rm publisher rollback 1 --note "No doctrine."');
      await served(1);
      expect(await answers(query)).toEqual(new Set(['null']));
    });

    test('rotates the key that signs supergraphs without a failed request', async () => {
      const running = load(client, { readers: 2, writers: 0, reader: inspector, developer });
      const [rotate, prune] = operations().get('Rotate the key that signs supergraphs')!;
      const keys = () =>
        JSON.parse(readFileSync(join(project, 'secrets', 'gateways', 'supergraph-keys.json'), 'utf8')).keys as {
          kid: string;
        }[];
      const [former] = keys();
      await stack.operate(rotate!);
      expect(keys()).toHaveLength(2);
      const signedBy = (name: string) => {
        const copy = readFileSync(join(stack.machine.volume(`copy-${name}`), 'supergraph.graphql'), 'utf8');
        const [, header = ''] = /^# signature: ([\w-]+)/m.exec(copy)!;
        return (JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }).kid;
      };
      await until(
        () => ['gateway-1', 'gateway-2'].every((name) => signedBy(name) === keys()[0]!.kid),
        () => 'both copies have a signature of the new key',
      );
      await stack.operate(prune!);
      expect(keys().some(({ kid }) => kid === former!.kid)).toBe(false);
      expect(await stack.stop('gateway-1')).toBe(0);
      await stack.startAndWait('gateway-1');
      await running.stop();
      expect(running.queries.failed.slice(0, 3)).toEqual([]);
    });
  });

  test('reports a missing secret or unwritable volume with a remedy and exit code 1', async () => {
    const secrets = join(project, 'secrets', 'subgraphs');
    renameSync(secrets, `${secrets}.away`);
    mkdirSync(secrets);
    const reviews = stack.machine.run('reviews');
    expect(await reviews.ended).toBe(1);
    expect(reviews.output()).toMatch(/ORDERGRAPH_IDENTITY_KEYS[\s\S]*ordergraph keys FOLDER/);
    expect(reviews.output()).not.toMatch(/\n\s+at /);
    rmSync(secrets, { recursive: true });
    renameSync(`${secrets}.away`, secrets);
    const readOnly = stack.machine.run('migrate', [
      ...['env', 'ORDERGRAPH_AUDIT=/record', 'ORDERGRAPH_IDENTITY_KEYS=/none'],
      ...['node', 'dist/gateway/cli/main.js', 'subgraph', 'reviews'],
    ]);
    expect(await readOnly.ended).toBe(1);
    expect(readOnly.output()).not.toMatch(/\n\s+at /);
  });

  test(`restarts the gateways one after another, ${ROLLING_RESTARTS} times, without failed or doubled requests`, async () => {
    const running = load(client, { readers: 8, writers: 4, reader: inspector, developer });
    const answered = (count: number) =>
      until(
        () => running.queries.sent >= count || running.queries.failed.length > 0,
        () => 'queries are answered',
      );
    await answered(50);
    for (let turn = 0; turn < ROLLING_RESTARTS; turn++)
      for (const name of ['gateway-1', 'gateway-2']) {
        expect(await stack.stop(name)).toBe(0);
        await stack.startAndWait(name);
        await answered(running.queries.sent + 50);
      }
    await running.stop();
    // compares a few of each: printing a difference of thousands takes minutes
    expect(running.queries.failed.slice(0, 3)).toEqual([]);
    expect(running.mutations.failed.slice(0, 3)).toEqual([]);
    const registered = (await codenames(client, developer)).filter((name) => name.startsWith('model-'));
    const [once, acknowledged] = [new Set(registered), new Set(running.mutations.acknowledged)];
    expect(registered).toHaveLength(once.size);
    expect([...acknowledged].filter((name) => !once.has(name)).slice(0, 3)).toEqual([]);
    expect([...once].filter((name) => !acknowledged.has(name)).slice(0, 3)).toEqual([]);
    process.stdout.write(
      `${2 * ROLLING_RESTARTS} restarts, ${running.queries.sent} queries, ${running.mutations.acknowledged.length} mutations\n`,
    );
  });

  test('ends every process with 0 on SIGTERM within its grace period', async () => {
    const names = ['load-balancer', 'gateway-1', 'gateway-2', ...PROGRAMS];
    const codes = await Promise.all(names.map(async (name) => [name, await stack.stop(name)]));
    expect(codes).toEqual(names.map((name) => [name, 0]));
  });
});
