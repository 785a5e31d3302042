import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { buildSchema, isObjectType } from 'graphql';
import { recordingFetch } from './record.mjs';
import { runScenarios } from './scenarios.mjs';

const ROOT = join(import.meta.dirname, '..');
const SCHEMA = join(ROOT, '..', '..', 'schema.graphql');

/** Where the compiled client is; below the packages, which its modules import. */
const BUILT = join(ROOT, '.build', 'relay');

const schema = () => buildSchema(readFileSync(SCHEMA, 'utf8'), { assumeValidSDL: true });

const entities = () =>
  Object.values(schema().getTypeMap()).filter(
    (type) => isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'Node'),
  );

/** Fragments that can be fetched again, on every entity. */
const refetchable = (names) =>
  `import { graphql } from 'relay-runtime';\n${names
    .map(
      (name) =>
        `graphql\`fragment refetchable_${name} on ${name} @refetchable(queryName: "refetchable${name}Query") { __typename id }\`;`,
    )
    .join('\n')}\n`;

/** Compiles the client with Relay's compiler, and bundles it. */
async function compile() {
  rmSync(BUILT, { recursive: true, force: true });
  mkdirSync(join(BUILT, '__generated__'), { recursive: true });
  cpSync(join(import.meta.dirname, 'relay'), BUILT, { recursive: true });
  const names = entities().map(({ name }) => name);
  writeFileSync(join(BUILT, 'refetchable.js'), refetchable(names));
  writeFileSync(join(BUILT, 'schema.graphql'), readFileSync(SCHEMA));
  const config = {
    src: '.',
    schema: './schema.graphql',
    language: 'javascript',
    artifactDirectory: './__generated__',
    eagerEsModules: true,
    persistConfig: { file: './documents.json', algorithm: 'SHA256' },
  };
  writeFileSync(join(BUILT, 'documents.json'), '{}');
  writeFileSync(join(BUILT, 'relay.config.json'), JSON.stringify(config));
  const compiler = join(ROOT, 'node_modules', 'relay-compiler', 'cli.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, 'relay.config.json'], {
    cwd: BUILT,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`Relay's compiler failed\n${stdout}${stderr}`);
  await build({
    entryPoints: [join(BUILT, 'dashboard.js')],
    outfile: join(BUILT, 'dashboard.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'error',
  });
  return names;
}

const documents = () => JSON.parse(readFileSync(join(BUILT, 'documents.json'), 'utf8'));

const scenario = (name) => async (input) => {
  const { scenarios } = await import(join(BUILT, 'dashboard.mjs'));
  const recorded = recordingFetch();
  const result = await scenarios[name](input.graph, recorded.fetch, input);
  return { result, exchanges: await recorded.settled() };
};

await runScenarios({
  async compile() {
    const names = await compile();
    const queries = Object.values(documents());
    return {
      entities: names,
      documents: documents(),
      refetchable: names.filter((name) => queries.some((text) => text.includes(`query refetchable${name}Query`))),
    };
  },
  detail: scenario('detail'),
  paginate: scenario('paginate'),
  mutate: scenario('mutate'),
  fail: scenario('fail'),
  trusted: scenario('trusted'),
});
