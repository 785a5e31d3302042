import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import type { JWK } from 'jose';
import { createServer } from '#base/http/server';
import { TlsFiles } from '#base/http/tls-files';
import { IDENTITY_HEADER, IdentitySigner } from '#base/identity/signed-identity';
import { writeKeys } from '../../gateway/cli/keys';
import { HttpTransport } from '../../gateway/transport/http';
import { makeCertificates } from '../support/certificates';
import { identityEnvironment } from '../support/identity';
import { recordingLog } from '../support/log';
import { controlMonotonicClock } from '../support/monotonic';
import { freePort, killAll, requireCompiled, run, waitForOutput } from '../support/processes';
import { until } from '../support/until';

let folder: string;
beforeAll(() => {
  requireCompiled();
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-rotation-'));
});
afterAll(async () => {
  await killAll();
  rmSync(folder, { recursive: true, force: true });
});

test('rotates identity keys under load and rejects a removed key within seconds', async () => {
  const { environment } = await identityEnvironment();
  const [secret, keys] = [environment.ORDERGRAPH_IDENTITY_KEY!, environment.ORDERGRAPH_DATA!];
  const [port, subgraphPort] = [await freePort(), await freePort()];
  const subgraph = run(['subgraph', 'submissions', '--port', String(subgraphPort), '--data', folder], environment);
  const url = `http://127.0.0.1:${subgraphPort}/graphql`;
  const gateway = run(['gateway', '--port', String(port), '--subgraph-url', `submissions=${url}`], environment);
  await Promise.all([
    waitForOutput(subgraph, /submissions answers at/),
    waitForOutput(gateway, /The graph answers at/),
  ]);

  const old = await IdentitySigner.of(JSON.parse(readFileSync(secret, 'utf8')) as JWK);
  const identity = await old.sign(null, 'submissions');
  // the subgraph has verified this very identity and caches it
  const withOld = async () =>
    (
      await fetch(`${url}?query={__typename}`, {
        headers: { [IDENTITY_HEADER]: identity, 'apollo-require-preflight': '1' },
      })
    ).status;
  expect(await withOld()).toBe(200);

  let isStopped = false;
  let answered = 0;
  const failures: unknown[] = [];
  const client = async (number: number) => {
    for (let time = 0; !isStopped; time++) {
      const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        // different texts share no calls
        body: JSON.stringify({ query: `{ executiveOrder(number: "14409") { n${number}x${time % 7}: number } }` }),
      });
      const answer = (await response.json()) as { errors?: unknown };
      if (response.status === 200 && answer.errors === undefined) answered += 1;
      else failures.push(answer);
      // without a pause, the clients take all of a machine
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const clients = Promise.all([1, 2, 3, 4].map(client));
  const more = async (count: number) => {
    const from = answered;
    await until(
      () => answered >= from + count || failures.length > 0,
      () => `requests are answered:\n${gateway.output()}`,
    );
  };
  await more(50);
  const rotations = process.env.ORDERGRAPH_TEST_FAULTS === 'all' ? 5 : 1;
  for (let rotation = 1; rotation <= rotations; rotation++) {
    await writeKeys(keys);
    await until(
      () => gateway.output().split('reloaded the identity signing key').length > rotation,
      () => `the gateway signs with the new key:\n${gateway.output()}`,
    );
    await more(50);
    if (rotation === 1) expect(await withOld()).toBe(200);
    const pruned = run(['keys', keys, '--prune']);
    expect(await pruned.ended).toBe(0);
    expect(pruned.output()).toContain('removed 1 old public key\n');
    await more(50);
    // no request has used a key that is unknown to the subgraph
    await until(
      async () => (await withOld()) === 401,
      () => `the removed key is refused:\n${subgraph.output()}`,
    );
  }
  isStopped = true;
  await clients;
  expect(failures).toEqual([]);
  expect(answered).toBeGreaterThan(100);
});

test('replaces TLS certificates on both sides without a restart', async () => {
  const [first, second] = [mkdtempSync(join(folder, 'tls-')), mkdtempSync(join(folder, 'tls-'))];
  for (const certificates of [first, second]) makeCertificates(certificates);
  const pem = (name: string) => join(first, name);
  const replace = (name: string) => copyFileSync(join(second, name), pem(name));
  const { log, lines } = recordingLog();
  const files = { cert: pem('subgraph.pem'), key: pem('subgraph.key'), ca: pem('ca.pem') };
  const server = createServer({
    log,
    maxRequestBytes: 1_000,
    readiness: async () => ({ ready: true }),
    tls: new TlsFiles(files, log),
  });
  server.post('/graphql', async () => ({ data: { a: 1 } }));
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;
  const tls = new TlsFiles({ cert: pem('gateway.pem'), key: pem('gateway.key'), ca: pem('ca.pem') }, log);
  const transport = new HttpTransport('s', `https://127.0.0.1:${port}/graphql`, {
    maxResponseBytes: 1_000,
    connections: 1,
    tls,
  });
  const operation = { kind: 'query', text: '{a}', json: '"{a}"' } as const;
  const ask = () =>
    transport.request({ operation, variables: '{}', headers: {}, deadline: performance.now() + 5_000 }).then(
      () => 'answered',
      (error: Error) => error.message,
    );
  /**
   * The certificate that the server shows to a client of the second authority; undefined while that client trusts none.
   */
  const certificate = () =>
    new Promise<string | undefined>((resolve) => {
      const [cert, key, ca] = ['gateway.pem', 'gateway.key', 'ca.pem'].map((name) => readFileSync(join(second, name)));
      const request = get(
        { host: '127.0.0.1', port, path: '/health/live', cert, key, ca, agent: false },
        (response) => {
          response.resume();
          resolve((response.socket as TLSSocket).getPeerCertificate().fingerprint256);
        },
      );
      request.on('error', () => resolve(undefined));
    });
  try {
    expect(await ask()).toBe('answered');
    expect(await certificate()).toBeUndefined();
    // half of a pair is not used
    replace('subgraph.pem');
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    transport.reconnect();
    expect(await ask()).toBe('answered');
    for (const name of ['subgraph.key', 'ca.pem', 'gateway.pem', 'gateway.key']) replace(name);
    await until(
      async () => (await certificate()) !== undefined,
      () => 'the server shows its new certificate',
    );
    transport.reconnect();
    await until(
      async () => (await ask()) === 'answered',
      () => 'the gateway trusts the new authority',
    );
    expect(lines.filter(({ msg }) => msg === 'using new TLS certificates').length).toBeGreaterThanOrEqual(2);
  } finally {
    await transport.close();
    await server.close();
  }
});

test.each([
  ['empty', () => ''],
  ['no certificate', () => 'certificate'],
  ['only a part of one', (text: string) => text.slice(0, text.length / 2)],
])('uses no TLS file with %s, which Node would ignore', (_what, changed) => {
  const certificates = mkdtempSync(join(folder, 'tls-'));
  makeCertificates(certificates);
  const pem = (name: string) => join(certificates, name);
  const files = { cert: pem('subgraph.pem'), key: pem('subgraph.key'), ca: pem('ca.pem') };
  const { log } = recordingLog();
  const clock = controlMonotonicClock();
  try {
    const tls = new TlsFiles(files, log);
    const before = { ...tls.current };
    for (const file of Object.values(files)) {
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, changed(text));
      clock.advance(1_100);
      expect(tls.current).toEqual(before);
      expect(() => new TlsFiles(files, log)).toThrow('are invalid');
      writeFileSync(file, text);
    }
  } finally {
    jest.restoreAllMocks();
  }
});

test('uses certificates with any label that OpenSSL reads', () => {
  const certificates = mkdtempSync(join(folder, 'tls-'));
  makeCertificates(certificates);
  const text = readFileSync(join(certificates, 'ca.pem'), 'utf8');
  const trusted = join(certificates, 'trusted.pem');
  const { log } = recordingLog();
  for (const label of ['TRUSTED CERTIFICATE', 'X509 CERTIFICATE']) {
    writeFileSync(trusted, text.replaceAll('CERTIFICATE', label));
    expect(new TlsFiles({ ca: trusted }, log).current.ca).toContain(label);
  }
});
