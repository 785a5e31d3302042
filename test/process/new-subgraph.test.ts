import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { parseAllDocuments } from 'yaml';
import { newKey, readPrivateKey } from '#base/identity/keys';
import { IdentitySigner, signingKeyOf } from '#base/identity/signed-identity';
import { packageRoot } from '#base/package-root';
import { keyFilesIn } from '../../gateway/cli/keys';
import { freePort, killAll, requireCompiled, runGroup, runProgram, waitForOutput } from '../support/processes';
import { copyProject } from '../support/project-copy';

const folder = mkdtempSync(join(tmpdir(), 'ordergraph-new-subgraph-'));
const project = join(folder, 'project');
const main = join(project, 'dist', 'gateway', 'cli', 'main.js');
beforeAll(() => {
  requireCompiled();
  copyProject(project);
});
afterEach(killAll);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program to its end. @throws Error with its output if it fails */
function succeed(program: string, args: readonly string[], cwd = project): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}
const command = (...args: string[]): string => succeed(process.execPath, [main, ...args]);
const packageFile = (...path: string[]): string => join(packageRoot, 'node_modules', ...path);

async function ask(url: string, query: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  return { status: response.status, body: (await response.json()) as { data?: unknown; errors?: unknown[] } };
}

describe('a new subgraph of this project', () => {
  const names = ['outreach', 'ai', 'abcdefghijklmnopqrstuvwx'];
  let report: string;
  beforeAll(() => {
    report = command('new-subgraph', 'outreach', '--agency', 'dot');
    // how lines break depends on the length of names
    command('new-subgraph', 'ai', '--agency', 'nasa', '--type', 'Fox');
    command('new-subgraph', names[2]!, '--agency', 'nsa', '--type', 'AbcdefghijklmnopqrstuvwxyzAbcdefghijklmn');
    // the new sources, and what they import: checking all of the project takes four times as long
    const include = names.map((name) => `subgraphs/${name}`);
    const settings = { extends: './tsconfig.json', compilerOptions: { incremental: false }, include };
    writeFileSync(join(project, 'tsconfig.new.json'), JSON.stringify(settings));
    succeed(process.execPath, [packageFile('typescript', 'bin', 'tsc'), '-p', 'tsconfig.new.json']);
    command('schema');
  });

  test('reports what was written, and three commands', () => {
    const [written, next] = report.split('Next:\n');
    const files = readdirSync(join(project, 'subgraphs', 'outreach'), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => /\.\w+$/.test(name) && name !== 'schema.graphql'))
      expect(written).toContain(`  subgraphs/outreach/${file}\n`);
    expect(written).toContain('  CODEOWNERS: /subgraphs/outreach/ @dot/graph\n');
    expect(next!.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^ {2}npm run generate /),
      expect.stringMatching(/^ {2}npm test -- subgraphs\/outreach /),
      expect.stringMatching(/^ {2}npm start /),
    ]);
    expect(readFileSync(join(project, 'CODEOWNERS'), 'utf8').match(/^\/subgraphs\/\w+\/ @\w+\/graph$/gm)).toHaveLength(
      3,
    );
  });

  test('has a port of its own, and owners', () => {
    const ports = names.map((name) =>
      Number(/port: (\d+)/.exec(readFileSync(join(project, 'subgraphs', name, 'registration.ts'), 'utf8'))![1]),
    );
    expect(ports).toEqual([4006, 4007, 4008]);
    const sdl = readFileSync(join(project, 'subgraphs', 'outreach', 'schema.graphql'), 'utf8');
    expect(sdl).toContain('@owner(subgraph: "outreach", agencies: ["dot"])');
  });

  test('passes the formatter and the linter', () => {
    const folders = names.map((name) => join('subgraphs', name));
    succeed(process.execPath, [
      packageFile('@biomejs', 'biome', 'bin', 'biome'),
      'ci',
      '--error-on-warnings',
      ...folders,
    ]);
  });

  test('resolves no field of agencies that others resolve', () => {
    const sdl = readFileSync(join(project, 'subgraphs', 'outreach', 'schema.graphql'), 'utf8');
    const [agency] = /^type Agency[\s\S]*?^\}/m.exec(sdl)!;
    expect([...agency.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name)).toEqual(['key', 'outreachActivities']);
    expect(agency).not.toContain('@shareable');
    const [root] = /^type Query[\s\S]*?^\}/m.exec(sdl)!;
    expect(root).toContain('  outreachActivities(');
    expect(root).not.toMatch(/^ {2}agenc/m);
  });

  test('passes its own tests, and those that compare it with the deployment', () => {
    const jest = [packageFile('jest', 'bin', 'jest.js'), '--forceExit', '--runInBand', '--rootDir', project];
    const files = [...names.map((name) => join('subgraphs', name)), 'test/process/compose-file.test.ts'];
    succeed(process.execPath, ['--disable-warning=ExperimentalWarning', ...jest, ...files]);
  });

  test('has valid parts for Compose and Kubernetes', () => {
    const compose = join('subgraphs', 'outreach', 'docker-compose.yml');
    succeed(process.execPath, [packageFile('dclint', 'bin', 'dclint.cjs'), compose]);
    const text = readFileSync(join(project, 'subgraphs', 'outreach', 'kubernetes.yaml'), 'utf8');
    const documents = parseAllDocuments(text).map((document) => document.toJS());
    expect(documents.map(({ kind, metadata }) => [kind, metadata.name])).toEqual([
      ['Deployment', 'outreach'],
      ['PersistentVolumeClaim', 'outreach-record'],
      ['Service', 'outreach'],
      ['NetworkPolicy', 'outreach'],
    ]);
    expect(documents[0].spec.template.spec.containers[0]).toMatchObject({ args: ['subgraph', 'outreach'] });
    // both say how gateways come to serve it, at the address of its service
    const { metadata, spec } = documents[2];
    const address = `http://${metadata.name}:${spec.ports[0].port}/graphql`;
    for (const part of [text, readFileSync(join(project, compose), 'utf8')])
      expect(part).toContain(`register outreach --agencies dot --address ${address}\n`);
  });

  test('is served with the others by npm start, and denies the public', async () => {
    const data = join(folder, 'data');
    const start = runProgram(process.execPath, [main, 'start', '--port', '0', '--data', data]);
    const [, address] = await waitForOutput(start, /The graph answers at (\S+)/);
    const token = command('token', '--role', 'analyst', '--data', data).trim();
    const query = '{ agency(key: "dot") { id name outreachActivities { nodes { id contactNote agency { name } } } } }';
    const seen = await ask(address!, query, { authorization: `Bearer ${token}` });
    const agency = { name: 'Department of Transportation' };
    const activity = { id: 'OutreachActivity:exercise-dot-1', contactNote: 'Invented for the exercise.', agency };
    expect(seen.body.data).toEqual({
      agency: { id: 'Agency:dot', ...agency, outreachActivities: { nodes: [activity] } },
    });
    const denied = await ask(address!, '{ outreachActivities { totalCount nodes { slug } } }');
    expect(denied.body.data).toEqual({ outreachActivities: { totalCount: 0, nodes: [] } });
  });

  test('is not written over, and nothing is written when a file is in the way', () => {
    expect(() => command('new-subgraph', 'outreach', '--agency', 'dot')).toThrow('A subgraph "outreach" exists');
    const own = join(project, 'subgraphs', 'ferries', 'README.md');
    mkdirSync(join(project, 'subgraphs', 'ferries'));
    writeFileSync(own, 'mine');
    expect(() => command('new-subgraph', 'ferries', '--agency', 'dot')).toThrow(
      'subgraphs/ferries/README.md exist, and would be overwritten',
    );
    expect(readdirSync(join(project, 'subgraphs', 'ferries'))).toEqual(['README.md']);
    expect(readFileSync(own, 'utf8')).toBe('mine');
    expect(readFileSync(join(project, 'CODEOWNERS'), 'utf8')).not.toContain('ferries');
  });
});

describe('a new subgraph in a repository of its own, made as docs/agency-teams.md says', () => {
  const repository = join(folder, 'freight');
  const npm = (...args: string[]) => succeed('npm', args, repository);
  let output: string;
  beforeAll(() => {
    const page = readFileSync(join(packageRoot, 'docs', 'agency-teams.md'), 'utf8');
    const [, commands] = /\n## In a repository of your own\n\n```sh\n([^`]+)```/.exec(page)!;
    output = succeed('sh', ['-euc', commands!]);
  });

  test('compiles against the package, and passes its own tests', () => {
    expect(output).toMatch(/^ℹ pass 5$/m);
  });

  test('has a schema that passes the check against the graph', () => {
    expect(output).toMatch(/^Passed$/m);
  });

  test('is queried through a gateway that signs who calls, and refuses forged identities', async () => {
    const [data, keys] = [join(folder, 'freight-data'), join(folder, 'keys')];
    command('keys', keys, '--subgraph', 'freight');
    const { identityKey, identityKeys } = keyFilesIn(keys);
    npm('run', 'exercise', '--', '--data', data);
    const [port, registryPort] = [await freePort(), await freePort()];
    const flags = ['--identity-keys', identityKeys, '--data', data];
    const freight = runGroup('npm', ['start', '--prefix', repository, '--', '--port', String(port), ...flags], {
      ORDERGRAPH_FREIGHT_DATABASE_URL: join(data, 'freight.sqlite'),
    });
    const registry = runProgram(process.execPath, [
      main,
      'subgraph',
      'registry',
      '--port',
      String(registryPort),
      ...flags,
    ]);
    await Promise.all([waitForOutput(freight, /freight answers at/), waitForOutput(registry, /registry answers at/)]);
    const url = `http://127.0.0.1:${port}/graphql`;
    const supergraph = join(folder, 'supergraph.graphql');
    writeFileSync(
      supergraph,
      command(
        'compose',
        `freight@${url}=${join(repository, 'schema.graphql')}`,
        `registry@http://127.0.0.1:${registryPort}/graphql=${join(project, 'subgraphs', 'registry', 'schema.graphql')}`,
      ),
    );
    const gateway = runProgram(process.execPath, [
      ...[main, 'gateway', '--port', '0', '--supergraph', supergraph, '--auth', 'development', '--data', data],
      ...['--identity-key', identityKey],
    ]);
    const [, address] = await waitForOutput(gateway, /(http:\S+\/graphql)/);
    const token = command('token', '--role', 'analyst', '--data', data).trim();
    const query = '{ freightCorridors(orderBy: [{ field: SLUG, direction: ASC }]) { nodes { slug agency { name } } } }';
    const seen = await ask(address!, query, { authorization: `Bearer ${token}` });
    expect(seen.body.data).toMatchObject({
      freightCorridors: {
        nodes: [{ slug: 'exercise-dot-1', agency: { name: 'Department of Transportation' } }, {}, {}],
      },
    });
    expect((await ask(address!, query)).body.data).toEqual({ freightCorridors: { nodes: [] } });

    const principal = { issuer: 'x', subject: 'x', roles: ['analyst'], governmentRoles: ['analyst'] };
    const signed = await (await IdentitySigner.of(readPrivateKey(identityKey, 'the key'))).sign(null, 'freight');
    expect((await ask(url, '{ __typename }', { 'ordergraph-identity': signed })).status).toBe(200);
    const { secret, id } = signingKeyOf(await newKey());
    const forged = await new SignJWT({ principal })
      .setProtectedHeader({ alg: 'EdDSA', kid: id })
      .setIssuer('ordergraph-gateway')
      .setAudience('freight')
      .setIssuedAt()
      .setExpirationTime('120s')
      .sign(secret);
    expect((await ask(url, '{ __typename }', { 'ordergraph-identity': forged })).status).toBe(401);
    expect((await ask(url, '{ __typename }')).status).toBe(401);
    expect(freight.output()).not.toContain('has no effect');
  });

  test('is not written into a folder with such files', () => {
    expect(() =>
      command('new-subgraph', 'freight', '--agency', 'dot', '--type', 'FreightCorridor', '--into', repository),
    ).toThrow('would be overwritten');
  });
});
