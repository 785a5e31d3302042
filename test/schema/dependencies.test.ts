import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';

type Lock = { packages: Record<string, { version?: string; resolved?: string }> };
const readLock = (file: string): Lock => JSON.parse(readFileSync(join(packageRoot, file), 'utf8'));
const lock = readLock('package-lock.json');

/** First versions without a known flaw; ours must not be older. */
const LEAST: Record<string, string> = {
  // CVE-2026-32621
  '@apollo/gateway': '2.13.2',
  '@apollo/subgraph': '2.13.2',
  '@apollo/server': '5.5.0',
  undici: '7.30.0',
};

const isAtLeast = (version: string, least: string): boolean => {
  const [a, b] = [version, least].map((text) => text.split('.').map(Number)) as [number[], number[]];
  const place = a.findIndex((part, index) => part !== b[index]);
  return place === -1 || a[place]! > b[place]!;
};

test.each(Object.entries(LEAST))('depends on %s in version %s or later, everywhere in the tree', (name, least) => {
  const installed = Object.entries(lock.packages).filter(([path]) => path.endsWith(`node_modules/${name}`));
  expect(installed.length).toBeGreaterThan(0);
  for (const [path, { version }] of installed) expect([path, isAtLeast(version!, least)]).toEqual([path, true]);
});

test('compares versions by number, not by text', () => {
  expect([isAtLeast('2.14.0', '2.13.2'), isAtLeast('2.9.9', '2.13.2'), isAtLeast('2.13.2', '2.13.2')]).toEqual([
    true,
    false,
    true,
  ]);
});

test.each(['package-lock.json', 'test/clients/package-lock.json'])('contains no registry address in %s', (file) => {
  const packages = Object.values(readLock(file).packages);
  expect(packages).not.toHaveLength(0);
  expect(packages.filter(({ resolved }) => resolved !== undefined)).toEqual([]);
});

test('compares introspection in client tests by the graphql-js of the gateway', () => {
  const versions = ['package-lock.json', 'test/clients/package-lock.json'].map(
    (file) => readLock(file).packages['node_modules/graphql']!.version,
  );
  expect(versions[1]).toBe(versions[0]);
});

test.each(['.', 'test/clients'])('declares every dependency of %s at the exact version in its lock file', (folder) => {
  const declared: Partial<Record<'dependencies' | 'devDependencies', Record<string, string>>> = JSON.parse(
    readFileSync(join(packageRoot, folder, 'package.json'), 'utf8'),
  );
  const { packages } = readLock(join(folder, 'package-lock.json'));
  // an alias such as npm:graphql@17.1.0 ends with its version
  const versions = Object.entries({ ...declared.dependencies, ...declared.devDependencies }).map(([name, range]) => [
    name,
    range.replace(/^npm:.+@/, ''),
  ]);
  expect(versions).not.toHaveLength(0);
  expect(versions).toEqual(versions.map(([name]) => [name, packages[`node_modules/${name}`]?.version]));
});
