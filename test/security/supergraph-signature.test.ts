import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FlattenedSign, importJWK, type JWK } from 'jose';
import { newKey, publicKey } from '#base/identity/keys';
import { keyFilesIn, writeKeys } from '../../gateway/cli/keys';
import { compose } from '../../gateway/composition/compose';
import { SupergraphCopy } from '../../gateway/supergraph/copy';
import { SupergraphFile } from '../../gateway/supergraph/file';
import { requireSignature, signSupergraph } from '../../gateway/supergraph/signature';
import { createLog } from '../../gateway/telemetry/log';
import { killAll, requireCompiled, run } from '../support/processes';
import { until } from '../support/until';

const SUPERGRAPH = compose([{ name: 'a', sdl: 'type Query { a: String }', url: 'http://127.0.0.1:1/' }]);
let key: JWK;
let other: JWK;
let signed: string;
beforeAll(async () => {
  [key, other] = [await newKey(), await newKey()];
  signed = await signSupergraph(SUPERGRAPH, key, 1_000_000);
});

const verify = (sdl: string, ...keys: JWK[]) => requireSignature(sdl, { keys: keys.map(publicKey) }, 'file');

test('a signed supergraph is accepted by the key of its publisher', async () => {
  await expect(verify(signed, other, key)).resolves.toBe(1_000);
  expect(await signSupergraph(signed, key, 1_000_000)).toBe(signed);
  const odd = SUPERGRAPH.replace('a: String', '"""\n# signature: aa..bb\n"""\n  a: String');
  await expect(verify(await signSupergraph(odd, key), key)).resolves.toBeGreaterThan(1_000);
  expect(await signSupergraph(odd, key)).toContain('  a: String');
});

const FORGERIES: readonly (readonly [string, (sdl: string) => string | Promise<string>])[] = [
  ['without a signature', () => SUPERGRAPH],
  ['with another byte', (sdl) => sdl.replace('a: String', 'b: String')],
  ['with a space', (sdl) => ` ${sdl}`],
  ['with text after the signature', (sdl) => `${sdl}extend type Query { b: String }\n`],
  ['with a second signature line', (sdl) => `${sdl}${sdl.slice(sdl.lastIndexOf('# signature'))}`],
  ['with text before the signature', (sdl) => sdl.replace('# signature', 'type Extra { a: Int }\n# signature')],
  ['signed by another key', () => signSupergraph(SUPERGRAPH, other)],
  [
    'signed by a key that claims the name of the right one',
    () => signSupergraph(SUPERGRAPH, { ...other, kid: key.kid! }),
  ],
  ['with an empty signature', (sdl) => sdl.replace(/\.\.[\w-]+/, '..')],
  [
    'with the signature of another use',
    async () => {
      const { protected: header, signature } = await new FlattenedSign(new TextEncoder().encode(SUPERGRAPH))
        .setProtectedHeader({ alg: 'EdDSA', kid: key.kid, typ: 'something-else', iat: 1 })
        .sign(await importJWK(key, 'EdDSA'));
      return `${SUPERGRAPH}# signature: ${header}..${signature}\n`;
    },
  ],
];

test.each(FORGERIES)('a supergraph %s is refused', async (_, forge) => {
  await expect(verify(await forge(signed), key)).rejects.toThrow(
    /^The supergraph "file" (has no signature at its end|has an invalid signature)/,
  );
});

test('a file that is replaced by an unsigned one is not served', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'ordergraph-signed-')), 'supergraph.graphql');
  writeFileSync(file, signed);
  const offered: string[] = [];
  const source = new SupergraphFile(file, 1, createLog('silent', 'test'), () => ({ keys: [publicKey(key)] }));
  const { supergraphSdl, serving, cleanup } = await source.initialize({
    update: async (sdl) => offered.push(sdl) > 0,
  });
  expect(supergraphSdl).toBe(signed);
  serving?.();
  writeFileSync(file, SUPERGRAPH.replace('a: String', 'forged: String'));
  const next = await signSupergraph(SUPERGRAPH.replace('a: String', 'next: String'), key);
  await new Promise((resolve) => setTimeout(resolve, 50));
  writeFileSync(file, next);
  await until(
    () => offered.length > 0,
    () => 'the signed one is offered',
  );
  // signed before: what it allows may no longer be agreed
  writeFileSync(file, signed);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const last = await signSupergraph(SUPERGRAPH.replace('a: String', 'last: String'), key);
  writeFileSync(file, last);
  await until(
    () => offered.length > 1,
    () => 'the last one is offered',
  );
  expect(offered).toEqual([next, last]);
  await cleanup?.();
});

test('a file signed before the served one is refused after a restart, if there is a copy', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ordergraph-signed-'));
  const file = join(folder, 'supergraph.graphql');
  const copy = join(folder, 'copy.graphql');
  const log = createLog('silent', 'test');
  const keys = () => ({ keys: [publicKey(key)] });
  const start = () =>
    new SupergraphFile(file, 0, log, keys, new SupergraphCopy(copy, log)).initialize({ update: async () => true });
  const later = await signSupergraph(SUPERGRAPH, key, 2_000_000);
  writeFileSync(file, later);
  const { serving } = await start();
  serving?.();
  await until(
    () => existsSync(copy) && readFileSync(copy, 'utf8') === later,
    () => 'the copy is written',
  );
  writeFileSync(file, signed);
  await expect(start()).rejects.toThrow(/was signed before the one that was served last/);
  writeFileSync(file, later);
  await expect(start()).resolves.toMatchObject({ supergraphSdl: later });
});

describe('the commands', () => {
  beforeAll(requireCompiled);
  afterEach(killAll);

  test('compose signs what the gateway verifies', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ordergraph-publish-'));
    const { supergraphKey, supergraphKeys } = keyFilesIn(folder);
    await writeKeys(folder);
    writeFileSync(join(folder, 'a.graphql'), 'type Query { a: String }');
    const composing = run([
      'compose',
      `a@http://127.0.0.1:1/=${join(folder, 'a.graphql')}`,
      '--sign-key',
      supergraphKey,
    ]);
    expect(await composing.ended).toBe(0);
    const file = join(folder, 'supergraph.graphql');
    writeFileSync(file, composing.output());
    const gateway = (supergraph: string) =>
      run([
        'gateway',
        '--supergraph',
        supergraph,
        '--supergraph-keys',
        supergraphKeys,
        '--port',
        '0',
        '--auth',
        'off',
        '--host',
        '127.0.0.1',
      ]);
    const serving = gateway(file);
    await until(
      () => serving.output().includes('The graph answers'),
      () => serving.output(),
    );
    writeFileSync(join(folder, 'forged.graphql'), composing.output().replace('a: String', 'b: String'));
    const forged = gateway(join(folder, 'forged.graphql'));
    expect(await forged.ended).toBe(1);
    expect(forged.output()).toMatch(
      /The supergraph ".*forged\.graphql" has an invalid signature: signature verification failed/,
    );
  });
});
