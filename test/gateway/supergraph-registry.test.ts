import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { JWK } from 'jose';
import { SignedDoor } from '#base/identity/door';
import { newKey, publicKey } from '#base/identity/keys';
import { IdentitySigner } from '#base/identity/signed-identity';
import { keyFilesIn, writeKeys } from '../../gateway/cli/keys';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { requireServable } from '../../gateway/graph/served-graph';
import { SupergraphRegistry, type SupergraphRegistryOptions } from '../../gateway/graph/supergraph-registry';
import { createGateway } from '../../gateway/server';
import { SupergraphCopy } from '../../gateway/supergraph/copy';
import { signSupergraph, supergraphHash } from '../../gateway/supergraph/signature';
import { InProcessTransport } from '../../gateway/transport/in-process';
import { makeCertificates } from '../support/certificates';
import { TestIdentity } from '../support/identity';
import { recordingLog } from '../support/log';
import { killAll, requireCompiled, run, waitForOutput } from '../support/processes';
import { TestRegistry } from '../support/supergraph-registry';
import { until as waitUntil } from '../support/until';
import { sharedPlanner } from '../worker/planner';

/** A supergraph of one subgraph, whose `version` says which supergraph answered. */
const supergraph = (version: string): string =>
  compose([{ name: 'shops', sdl: 'type Query { version: String }', url: `http://${version}.invalid/` }]);
const INVALID = 'type Query { not a supergraph';

let identity: TestIdentity;
let registry: TestRegistry;
let folder: string;
let copyFile: string;
const gateways: FastifyInstance[] = [];

const until = (isTrue: () => Promise<boolean> | boolean, goal: string): Promise<void> => waitUntil(isTrue, () => goal);

beforeAll(async () => {
  requireCompiled();
  identity = await TestIdentity.make();
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-follow-'));
  copyFile = join(folder, 'supergraph.graphql');
  registry = await new TestRegistry(identity.doorOf('registry')).open();
});
afterEach(async () => {
  await stopGateways();
  await killAll();
  await registry.close();
  rmSync(folder, { recursive: true, force: true });
});

const stopGateways = () => Promise.all(gateways.splice(0).map((gateway) => gateway.close()));

type Options = Partial<SupergraphRegistryOptions>;

/** Answers with the version in the URL of a subgraph. */
const transport = ({ name, url }: { name: string; url: string }) =>
  new InProcessTransport({
    name,
    execute: async () => ({ data: { version: new URL(url).hostname.replace('.invalid', '') } }),
  });

/** A gateway that follows the registry. */
async function follow(options: Options = {}) {
  const { log, lines } = recordingLog();
  const source = new SupergraphRegistry({
    url: registry.url,
    everyMs: 2,
    signer: identity.parts.signer,
    replica: 'replica-1',
    copy: new SupergraphCopy(copyFile, log),
    requireServable: (supergraphSdl) =>
      requireServable({
        ...{ supergraphSdl, planner: sharedPlanner, transport, fetchTimeoutMs: 1_000 },
        planLimits: { entries: 1, bytes: 1, timeoutMs: 1_000 },
      }),
    log,
    ...options,
  });
  const gateway = await createGateway({
    supergraph: source,
    config: readConfig({ logLevel: 'silent', costs: 'off', rateLimit: 0 }, {}),
    log,
    transport,
    planner: sharedPlanner,
    forwardHeaders: [],
  });
  gateways.push(gateway);
  const version = async (): Promise<string> => {
    const answer = await gateway.inject({ method: 'POST', url: '/graphql', payload: { query: '{ version }' } });
    return answer.json().data.version;
  };
  const status = async (): Promise<Record<string, unknown>> =>
    (await gateway.inject('/health/ready')).json().details.supergraph;
  const metric = async (name: string): Promise<number> => {
    const { body } = await gateway.inject('/metrics');
    const line = body.split('\n').find((text) => text.startsWith(`${name} `));
    return line === undefined ? Number.NaN : Number(line.slice(name.length + 1));
  };
  const logged = (message: RegExp) => lines.filter(({ msg }) => message.test(String(msg)));
  const serves = (text: string) => until(async () => (await version()) === text, `the gateway serves ${text}`);
  return { gateway, version, status, metric, logged, serves };
}

/** Waits for this many more polls. */
const polled = (count: number): Promise<void> => {
  const before = registry.requests.length;
  return until(() => registry.requests.length >= before + count, `the gateway polls ${count} more times`);
};
const copied = (text: string) =>
  until(() => existsSync(copyFile) && readFileSync(copyFile, 'utf8') === text, 'the copy is written');

describe('a gateway that follows the registry', () => {
  test('serves the active supergraph, and the next one after one poll', async () => {
    const one = registry.activate(supergraph('one'));
    const { version, status, metric } = await follow();
    expect(await version()).toBe('one');
    await copied(one.text);
    expect(statSync(copyFile).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['supergraph.graphql']);
    await polled(3);
    const two = registry.activate(supergraph('two'));
    await polled(4);
    const [first, ...polls] = registry.requests;
    expect(first).toEqual({ status: 200, gateway: 'replica-1', serves: undefined, ifNoneMatch: undefined });
    // one poll takes the change, and the next says that it is served
    const change = polls.findIndex(({ status: code }) => code === 200);
    const served = (text: string) => ({ gateway: 'replica-1', serves: supergraphHash(text) });
    expect(polls[change]).toEqual({ status: 200, ifNoneMatch: one.etag, ...served(one.text) });
    expect(polls[change + 1]).toEqual({ status: 304, ifNoneMatch: two.etag, ...served(two.text) });
    expect(await version()).toBe('two');
    await copied(two.text);
    expect(await status()).toEqual({
      source: `${registry.url}/supergraph`,
      etag: two.etag,
      hash: supergraphHash(two.text),
      subgraphs: ['shops'],
      servingSince: expect.stringMatching(/^\d{4}-/),
    });
    expect(await metric('ordergraph_supergraph_activation')).toBe(2);
    expect(await metric('ordergraph_supergraph_polls_total{result="changed"}')).toBe(2);
    expect(await metric('ordergraph_supergraph_polls_total{result="unchanged"}')).toBeGreaterThanOrEqual(5);
    expect(Date.now() / 1_000 - (await metric('ordergraph_supergraph_answer_timestamp_seconds'))).toBeLessThan(60);
  });

  test('downloads a supergraph once, however often it polls', async () => {
    registry.activate(supergraph('one'));
    const { metric } = await follow();
    await polled(20);
    expect(registry.downloads).toHaveLength(1);
    expect(await metric('ordergraph_supergraphs_total{result="taken"}')).toBe(1);
  });

  test('asks only at the start with an interval of 0', async () => {
    registry.activate(supergraph('one'));
    const first = await follow({ everyMs: 0 });
    registry.activate(supergraph('two'));
    const second = await follow();
    await second.serves('two');
    await polled(5);
    expect(await first.version()).toBe('one');
    expect(registry.requests.filter(({ ifNoneMatch }) => ifNoneMatch === undefined)).toHaveLength(2);
  });

  test('keeps the supergraph when the registry activates the same text again', async () => {
    const { text } = registry.activate(supergraph('one'));
    const { status, metric } = await follow();
    const again = registry.activate(text);
    await until(async () => (await status()).etag === again.etag, 'the new activation is reported');
    expect(await metric('ordergraph_supergraphs_total{result="taken"}')).toBe(1);
    expect(await metric('ordergraph_supergraph_activation')).toBe(2);
  });

  test('serves the copy while the registry is away, and follows the registry once it is back', async () => {
    const one = registry.activate(supergraph('one'));
    await follow();
    await copied(one.text);
    await stopGateways();
    await registry.close();
    const { version, status, metric, logged, serves } = await follow();
    expect(await version()).toBe('one');
    expect(await status()).toMatchObject({
      source: copyFile,
      hash: supergraphHash(one.text),
      outage: { since: expect.any(String), reason: expect.stringContaining('ECONNREFUSED') },
    });
    expect(await metric('ordergraph_supergraph_activation')).toBeNaN();
    await until(
      async () => (await metric('ordergraph_supergraph_polls_total{result="failed"}')) > 3,
      'several polls failed',
    );
    await registry.open();
    await until(async () => (await status()).etag === one.etag, 'the registry answers');
    expect(await status()).not.toHaveProperty('outage');
    // it has the same text, so nothing is loaded
    expect(await metric('ordergraph_supergraphs_total{result="taken"}')).toBe(1);
    registry.activate(supergraph('two'));
    await serves('two');
    expect(logged(/registry does not answer/)).toHaveLength(1);
    expect(logged(/registry answers again/)).toHaveLength(1);
  });

  test('does not start without the registry and without a copy', async () => {
    await registry.close();
    await expect(follow()).rejects.toThrow(
      /The supergraph registry "http:.*\/supergraph" cannot be read: .*ECONNREFUSED.*; there is no copy of a supergraph to serve\n +Check --supergraph-registry\. The copy ".*supergraph\.graphql" is written once/,
    );
    await expect(follow({ copy: undefined })).rejects.toThrow(/With --supergraph-copy FILE, a gateway that has served/);
  });

  test('does not start before a supergraph is activated', async () => {
    await expect(follow()).rejects.toThrow(/has no active supergraph; there is no copy.*\n +Publish a supergraph/);
  });

  test('reports a rejected identity, and serves the copy meanwhile', async () => {
    const one = registry.activate(supergraph('one'));
    const signer = await IdentitySigner.of(await newKey());
    await expect(follow({ signer })).rejects.toThrow(
      /rejected the identity of this gateway \(HTTP 401\): no supergraph for you: 401; .*\n +Check that --identity-keys/,
    );
    writeFileSync(copyFile, one.text);
    const { version, status } = await follow({ signer });
    expect(await version()).toBe('one');
    expect(await status()).toMatchObject({ outage: { reason: expect.stringContaining('HTTP 401') } });
    expect(registry.downloads).toEqual([]);
  });

  test.each([
    ['an error', { status: 500, headers: {}, body: 'secret' }, 'returned HTTP 500'],
    ['a redirect', { status: 302, headers: { location: '/elsewhere' }, body: '' }, 'returned HTTP 302'],
    ['a page', { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>' }, 'something else than'],
    [
      'a text without a version',
      { status: 200, headers: { 'content-type': 'text/plain' }, body: 'x' },
      'something else',
    ],
  ])('keeps serving when the registry answers with %s', async (_, { status: code, headers, body }, reason) => {
    registry.activate(supergraph('one'));
    const { version, status, serves } = await follow();
    registry.instead = (response) => void response.writeHead(code, headers).end(body);
    await until(async () => 'outage' in (await status()), 'the outage is noticed');
    expect(await status()).toMatchObject({ outage: { reason: expect.stringContaining(reason) } });
    expect(await version()).toBe('one');
    registry.instead = undefined;
    registry.activate(supergraph('two'));
    await serves('two');
  });

  test('gives up on an answer that never ends, and on one that is too large', async () => {
    registry.activate(supergraph('one'));
    const { status, serves } = await follow({ timeoutMs: 1_000 });
    registry.instead = () => {};
    await until(async () => 'outage' in (await status()), 'the request times out');
    expect(await status()).toMatchObject({ outage: { reason: expect.stringContaining('no answer within 1000 ms') } });
    registry.instead = (response) => {
      response.writeHead(200, { 'content-type': 'text/plain', etag: `"9-${'0'.repeat(64)}"` });
      const megabyte = Buffer.alloc(1024 * 1024, '#');
      const write = (): void => {
        if (response.destroyed) return;
        response.write(megabyte, () => setImmediate(write));
      };
      response.on('error', () => {});
      write();
    };
    const isTooLarge = async () => /exceeded/i.test(((await status()) as { outage: { reason: string } }).outage.reason);
    await until(isTooLarge, 'the answer is too large');
    registry.instead = undefined;
    registry.activate(supergraph('two'));
    await serves('two');
  });

  test('rejects an invalid supergraph once, and serves the next valid one', async () => {
    const one = registry.activate(supergraph('one'));
    const { version, status, metric, logged, serves } = await follow();
    const invalid = registry.activate(INVALID);
    await until(async () => 'refused' in (await status()), 'it is rejected');
    await polled(10);
    expect(registry.downloads).toHaveLength(2);
    expect(registry.requests.at(-1)).toMatchObject({ serves: supergraphHash(one.text), ifNoneMatch: invalid.etag });
    expect(await version()).toBe('one');
    expect(await status()).toMatchObject({
      etag: one.etag,
      hash: supergraphHash(one.text),
      refused: { reason: expect.stringMatching(/^Invalid supergraph: /) },
    });
    expect(logged(/rejected invalid supergraph/)).toHaveLength(1);
    expect(await metric('ordergraph_supergraphs_total{result="refused"}')).toBe(1);
    expect(readFileSync(copyFile, 'utf8')).toBe(one.text);
    // also when the one before is activated again
    registry.activate(one.text);
    await until(async () => !('refused' in (await status())), 'nothing is rejected');
    registry.activate(supergraph('two'));
    await serves('two');
  });

  test('starts with the copy when the active supergraph is invalid', async () => {
    registry.activate(INVALID);
    await expect(follow()).rejects.toThrow(/Invalid supergraph/);
    expect(existsSync(copyFile)).toBe(false);
    writeFileSync(copyFile, supergraph('one'));
    const { version, status, serves } = await follow();
    expect(await version()).toBe('one');
    await polled(5);
    expect(await status()).toMatchObject({ source: copyFile, refused: { reason: expect.stringMatching(/^Invalid/) } });
    expect(registry.downloads).toHaveLength(2);
    registry.activate(supergraph('two'));
    await serves('two');
  });

  test('starts with the active supergraph when the copy is older or cannot be served any more', async () => {
    registry.activate(supergraph('two'));
    for (const text of [supergraph('one'), INVALID]) {
      writeFileSync(copyFile, text);
      const { version } = await follow();
      expect(await version()).toBe('two');
      await copied(registry.active!.text);
    }
  });

  test('uses client certificates for a registry that requires them', async () => {
    makeCertificates(folder);
    const pem = (name: string) => readFileSync(join(folder, name), 'utf8');
    await registry.close();
    registry = await new TestRegistry(identity.doorOf('registry'), folder).open();
    registry.activate(supergraph('one'));
    const ca = pem('ca.pem');
    await expect(follow({ tls: { current: { ca } } })).rejects.toThrow(/cannot be read/);
    await expect(follow()).rejects.toThrow(/cannot be read: .*certificate/);
    expect(registry.requests).toEqual([]);
    const { version } = await follow({ tls: { current: { ca, cert: pem('gateway.pem'), key: pem('gateway.key') } } });
    expect(await version()).toBe('one');
  });
});

describe('a gateway that requires signatures', () => {
  let publisher: JWK;
  let stranger: JWK;
  let keys: () => { keys: JWK[] };
  beforeAll(async () => {
    [publisher, stranger] = [await newKey(), await newKey()];
    keys = () => ({ keys: [publicKey(publisher)] });
  });

  /** Signed so many seconds after 1970. */
  const signed = (version: string, second: number, key = publisher) =>
    signSupergraph(supergraph(version), key, second * 1_000);

  const REFUSED: readonly [string, () => string | Promise<string>, RegExp][] = [
    ['unsigned', () => supergraph('two'), /has no signature at its end/],
    ['signed by another key', () => signed('two', 2_000, stranger), /has an invalid signature/],
    ['changed', async () => (await signed('two', 2_000)).replace('version', 'other'), /has an invalid signature/],
    ['signed before the served one', () => signed('two', 999), /was signed before the one that was served last/],
  ];

  test.each(REFUSED)('rejects a supergraph that is %s, once, and keeps serving', async (_, text, reason) => {
    const one = registry.activate(await signed('one', 1_000));
    const { version, status, metric, logged, serves } = await follow({ keys });
    registry.activate(await text());
    await until(async () => 'refused' in (await status()), 'it is rejected');
    await polled(10);
    expect(await version()).toBe('one');
    expect(await status()).toMatchObject({ etag: one.etag, refused: { reason: expect.stringMatching(reason) } });
    expect(registry.downloads).toHaveLength(2);
    expect(logged(/rejected the supergraph of the registry/)).toHaveLength(1);
    expect(await metric('ordergraph_supergraph_polls_total{result="refused"}')).toBe(1);
    expect(readFileSync(copyFile, 'utf8')).toBe(one.text);
    registry.activate(await signed('three', 1_000));
    await serves('three');
    expect(await status()).not.toHaveProperty('refused');
  });

  test('does not start with a supergraph without a valid signature', async () => {
    registry.activate(supergraph('one'));
    await expect(follow({ keys })).rejects.toThrow(/"http:.*\/supergraph" has no signature at its end/);
    expect(existsSync(copyFile)).toBe(false);
  });

  test('serves a rejected supergraph without another download once the key of its publisher arrives', async () => {
    registry.activate(await signed('one', 1_000));
    let trusted = [publisher];
    const { status, serves } = await follow({ keys: () => ({ keys: trusted.map(publicKey) }) });
    registry.activate(await signed('two', 1_001, stranger));
    await until(async () => 'refused' in (await status()), 'it is rejected');
    trusted = [publisher, stranger];
    await serves('two');
    expect(registry.downloads).toHaveLength(2);
    expect(await status()).not.toHaveProperty('refused');
  });

  test('never serves a forged copy', async () => {
    registry.activate(await signed('one', 1_000));
    const forged: [text: string, why: RegExp][] = [
      [supergraph('forged'), /has no signature at its end/],
      ['', /has no signature at its end/],
      [(await signed('one', 3_000)).slice(0, -30), /has an invalid signature/],
      [(await signed('one', 3_000)).slice(0, 300), /has no signature at its end/],
      [(await signed('one', 3_000)).replace('version', 'forged'), /has an invalid signature: signature verification/],
      // also the key of a publisher that was removed from --supergraph-keys
      [await signed('forged', 3_000, stranger), /has an invalid signature: no applicable key found/],
      [await signed('forged', 10 * Date.now()), /has an invalid signature: it was signed in the future/],
    ];
    for (const [text, why] of forged) {
      writeFileSync(copyFile, text);
      const { version, logged } = await follow({ keys });
      expect(await version()).toBe('one');
      expect(logged(/cannot use the supergraph copy/)).toHaveLength(1);
      await copied(registry.active!.text);
      await stopGateways();
      await registry.close();
      writeFileSync(copyFile, text);
      const error: Error = await follow({ keys }).then(
        () => new Error('the gateway starts'),
        (refusal) => refusal,
      );
      expect(error.message).toMatch(/ECONNREFUSED.*; the copy ".*supergraph\.graphql" cannot be used: The supergraph/);
      expect(error.message).toMatch(why);
      expect(error.message).toMatch(
        /Check --supergraph-registry\. The copy is replaced once .*--supergraph-keys must have/,
      );
      await registry.open();
    }
  });

  test('says why it cannot read the copy, where the registry is away', async () => {
    await registry.close();
    mkdirSync(copyFile);
    await expect(follow({ keys })).rejects.toThrow(/the copy ".*" cannot be used: EISDIR/);
  });

  test('refuses what was signed before a rollback, also after a restart', async () => {
    registry.activate(await signed('one', 1_000));
    const before = await follow({ keys });
    const two = registry.activate(await signed('two', 2_000));
    await before.serves('two');
    const rollback = registry.activate(await signed('one', 3_000));
    await before.serves('one');
    await copied(rollback.text);
    await stopGateways();

    registry.activate(two.text);
    const after = await follow({ keys });
    await polled(3);
    expect(await after.version()).toBe('one');
    expect(await after.status()).toMatchObject({
      source: copyFile,
      hash: supergraphHash(rollback.text),
      refused: { reason: expect.stringContaining('was signed before the one that was served last') },
    });
    expect(readFileSync(copyFile, 'utf8')).toBe(rollback.text);
    registry.activate(await signed('two', 4_000));
    await after.serves('two');
  });

  test('takes a new signature of the same supergraph without loading it again', async () => {
    registry.activate(await signed('one', 1_000));
    const { metric } = await follow({ keys });
    const again = registry.activate(await signed('one', 2_000));
    await copied(again.text);
    expect(await metric('ordergraph_supergraphs_total{result="taken"}')).toBe(1);
  });
});

describe('ordergraph gateway --supergraph-registry', () => {
  test('follows the registry, and restarts without it from its copy', async () => {
    await writeKeys(folder);
    const { supergraphKeys, supergraphKey, identityKey } = keyFilesIn(folder);
    const publisher = JSON.parse(readFileSync(supergraphKey, 'utf8')) as JWK;
    const gatewayKey = JSON.parse(readFileSync(identityKey, 'utf8')) as JWK;
    await registry.close();
    registry = await new TestRegistry(
      new SignedDoor({ current: { keys: [publicKey(gatewayKey)] } }, 'registry'),
    ).open();
    const one = registry.activate(await signSupergraph(supergraph('one'), publisher));
    const start = () =>
      run([
        ...['gateway', '--supergraph-registry', registry.url, '--supergraph-copy', copyFile],
        ...['--supergraph-keys', supergraphKeys, '--identity-key', identityKey, '--supergraph-poll-ms', '50'],
        ...['--replica-name', 'gateway-1', '--port', '0', '--auth', 'off'],
      ]);
    const addressOf = async (gateway: ReturnType<typeof run>) =>
      (await waitForOutput(gateway, /The graph answers at (\S+)\/graphql/))[1]!;
    const statusOf = async (address: string) =>
      ((await (await fetch(`${address}/health/ready`)).json()) as { details: { supergraph: object } }).details
        .supergraph;
    const gateway = start();
    expect(await statusOf(await addressOf(gateway))).toMatchObject({
      source: `${registry.url}/supergraph`,
      etag: one.etag,
    });
    await polled(2);
    expect(registry.requests.at(-1)).toMatchObject({
      status: 304,
      gateway: 'gateway-1',
      serves: supergraphHash(one.text),
    });
    await killAll();
    await registry.close();
    expect(await statusOf(await addressOf(start()))).toMatchObject({
      source: copyFile,
      outage: { reason: expect.stringContaining('cannot be read') },
    });
  });

  test.each([
    ['a file as well', ['--supergraph', 'supergraph.graphql'], /--supergraph and --supergraph-registry are both set/],
    ['no key', [], /No identity signing key is configured/],
    ['a bad replica name', ['--replica-name', 'a b'], /--replica-name is "a b": use 1 to 100 letters/],
  ])('does not start with %s', async (_, flags, message) => {
    const gateway = run(['gateway', '--supergraph-registry', registry.url, '--auth', 'off', '--port', '0', ...flags]);
    expect(await gateway.ended).toBe(1);
    expect(gateway.output()).toMatch(message);
    expect(registry.requests).toEqual([]);
  });
});
