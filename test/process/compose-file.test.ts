import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { EVENT_READERS, PROGRAMS } from '../../gateway/cli/programs';
import { type ComposeFile, merged, readComposeFile } from '../support/compose/file';

const read = (file: string): string => readFileSync(join(packageRoot, file), 'utf8');
const text = read('docker-compose.yml');
const passwordsIn = (file: string) =>
  [...new Set([...file.matchAll(/\$\{(\w+_PASSWORD)\b/g)].map(([, name]) => name!))].sort();
const PASSWORDS = passwordsIn(text);

/** Part of the deployment in the folder of a subgraph, for another `-f` of `docker compose`. */
const partOf = (name: string): string => join('subgraphs', name, 'docker-compose.yml');
const hasPart = (name: string): boolean => existsSync(join(packageRoot, partOf(name)));

/** The deployment with the part of a subgraph, if it has one. */
function composeOf(name: string): ComposeFile {
  const texts = hasPart(name) ? [text, read(partOf(name))] : [text];
  const variables = Object.fromEntries(texts.flatMap(passwordsIn).map((password) => [password, `<${password}>`]));
  const [base, part] = texts.map((file) => readComposeFile(file, variables));
  return part ? (merged(base, part) as ComposeFile) : base!;
}

describe.each(PROGRAMS)('docker-compose.yml and %s', (name) => {
  const { services, configs } = composeOf(name);
  const title = name.toUpperCase();
  const database = `mysql://${name}:<${title}_DB_PASSWORD>@mysql:3306/${name}`;

  test('runs the subgraph with its own database, keys, and record', () => {
    const { command, environment, volumes } = services[name] ?? {};
    expect(command).toEqual(['subgraph', name]);
    expect(environment).toMatchObject({
      [`ORDERGRAPH_${title}_DATABASE_URL`]: database,
      ORDERGRAPH_EVENTS_URL: `redis://${name}:<${title}_EVENTS_PASSWORD>@redis:6379`,
    });
    expect(volumes).toEqual(
      expect.arrayContaining([`./secrets/senders/${name}:/run/sender:ro`, `record-${name}:/record`]),
    );
  });

  test('names no other subgraph in its part', () => {
    const others = PROGRAMS.filter((other) => other !== name);
    if (hasPart(name))
      expect(others.filter((other) => new RegExp(`\\b${other}\\b`).test(read(partOf(name))))).toEqual([]);
  });

  test('creates and migrates the database', () => {
    expect(services.mysql!.environment).toHaveProperty(`${title}_DB_PASSWORD`);
    expect(services.migrate!.environment).toHaveProperty(`ORDERGRAPH_${title}_DATABASE_URL`, database);
  });

  test('lets the subgraph show its seals, and publish events if others may read them', () => {
    const users = [configs.events!.content, configs[`events-${name}`]?.content ?? ''].join('\n').split('\n');
    const user = users.find((line) => line.startsWith(`user ${name} `));
    expect(user).toContain(`on ><${title}_EVENTS_PASSWORD> -@all `);
    expect(user).toContain(`(+hset ~ordergraph:events:seals:${name})`);
    if (EVENT_READERS.includes(name)) expect(user).toContain(`~ordergraph:events:stream:${name})`);
  });

  test.each(['gateway-1', 'gateway-2'])('puts the subgraph behind %s, at the address that is registered', (gateway) => {
    const { environment, depends_on: needs } = services[gateway]!;
    expect(environment).not.toHaveProperty('ORDERGRAPH_SUBGRAPH_URLS');
    expect(needs).toHaveProperty(name, { condition: 'service_healthy' });
    expect(needs).toHaveProperty('publisher', { condition: 'service_completed_successfully' });
    expect(services.publisher!.command!.join(' ').replaceAll('*', name)).toContain(
      `--address http://${name}:4000/graphql`,
    );
  });
});

describe.each(['README.md', 'docs/operations.md'])('the commands to deploy in %s', (page) => {
  test('create every password that docker-compose.yml requires', () => {
    const [, names] = /^for name in ([^;]*); do\n +echo "\$\{name\}_PASSWORD=/m.exec(read(page))!;
    const created = names!.split(/[\s\\]+/).map((name) => `${name}_PASSWORD`);
    expect(created.sort()).toEqual(PASSWORDS);
  });
});

test('each gateway keeps its own copy of the supergraph, and has a name in the registry', () => {
  const { services } = readComposeFile(text, Object.fromEntries(PASSWORDS.map((name) => [name, name])));
  for (const name of ['gateway-1', 'gateway-2']) {
    const { environment, volumes } = services[name]!;
    expect(environment).toMatchObject({
      ORDERGRAPH_SUPERGRAPH_REGISTRY: 'http://registry:4000',
      ORDERGRAPH_REPLICA_NAME: name,
      ORDERGRAPH_SUPERGRAPH_COPY: expect.stringMatching(/^\/copy\//),
    });
    expect(volumes).toContain(`copy-${name}:/copy`);
  }
});

test('the script of databases creates one for each subgraph with a password', () => {
  const script = readComposeFile(text, Object.fromEntries(PASSWORDS.map((name) => [name, name]))).configs.databases!;
  const { stdout } = spawnSync(
    'bash',
    ['-c', `mysql() { cat | grep DATABASE; }\n${script.content.replaceAll('$$', '$')}`],
    {
      env: {
        PATH: process.env.PATH,
        MYSQL_ROOT_PASSWORD: 'root',
        OUTREACH_DB_PASSWORD: 'one',
        REVIEWS_DB_PASSWORD: 'two',
      },
      encoding: 'utf8',
    },
  );
  expect([...stdout.matchAll(/CREATE DATABASE (\w+)/g)].map(([, name]) => name).sort()).toEqual([
    'outreach',
    'reviews',
  ]);
});

test('docs/operations.md names every subgraph in commands over all of them', () => {
  const lists = [...read('docs/operations.md').matchAll(/^for name in ([a-z][^;]*); do$/gm)];
  expect(lists.length).toBeGreaterThan(4);
  for (const [, names] of lists)
    expect(names!.split(' ')).toEqual(expect.arrayContaining(PROGRAMS.filter((name) => !hasPart(name))));
});
