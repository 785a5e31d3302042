import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { EVENT_READERS, PROGRAMS } from '../../gateway/cli/programs';
import { readComposeFile } from '../support/compose/file';

const read = (file: string): string => readFileSync(join(packageRoot, file), 'utf8');
const text = read('docker-compose.yml');
const PASSWORDS = [...new Set([...text.matchAll(/\$\{(\w+_PASSWORD)\b/g)].map(([, name]) => name!))].sort();
const { services, configs } = readComposeFile(text, Object.fromEntries(PASSWORDS.map((name) => [name, `<${name}>`])));

describe.each(PROGRAMS)('docker-compose.yml and %s', (name) => {
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

  test('creates and migrates the database', () => {
    expect(configs.databases!.content).toMatch(new RegExp(`^for name in (?:.* )?${name}(?: .*)?; do$`, 'm'));
    expect(services.mysql!.environment).toHaveProperty(`${title}_DB_PASSWORD`);
    expect(services.migrate!.environment).toHaveProperty(`ORDERGRAPH_${title}_DATABASE_URL`, database);
  });

  test('lets the subgraph show its seals, and publish events if others may read them', () => {
    const user = configs.events!.content.split('\n').find((line) => line.startsWith(`user ${name} `));
    expect(user).toContain(`on ><${title}_EVENTS_PASSWORD> -@all `);
    expect(user).toContain(`(+hset ~ordergraph:events:seals:${name})`);
    if (EVENT_READERS.includes(name)) expect(user).toContain(`~ordergraph:events:stream:${name})`);
  });

  test.each(['gateway-1', 'gateway-2'])('puts the subgraph behind %s', (gateway) => {
    const { environment, depends_on: needs } = services[gateway]!;
    const urls = environment!.ORDERGRAPH_SUBGRAPH_URLS!.split(',');
    expect(urls).toContain(`${name}=http://${name}:4000/graphql`);
    expect(needs).toHaveProperty(name, { condition: 'service_healthy' });
  });
});

describe.each(['README.md', 'docs/operations.md'])('the commands to deploy in %s', (page) => {
  test('create every password that docker-compose.yml requires', () => {
    const [, names] = /^for name in ([^;]*); do\n +echo "\$\{name\}_PASSWORD=/m.exec(read(page))!;
    const created = names!.split(/[\s\\]+/).map((name) => `${name}_PASSWORD`);
    expect(created.sort()).toEqual(PASSWORDS);
  });
});

test('docs/operations.md names every subgraph in commands over all of them', () => {
  const lists = [...read('docs/operations.md').matchAll(/^for name in ([a-z][^;]*); do$/gm)];
  expect(lists.length).toBeGreaterThan(4);
  for (const [, names] of lists) expect(names!.split(' ')).toEqual(expect.arrayContaining([...PROGRAMS]));
});
