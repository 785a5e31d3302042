import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { OperatorError } from '#base/errors';
import { packageRoot } from '#base/package-root';
import { readText } from '#base/read-text';
import { defaultPort, PROGRAMS } from '../programs';
import { type Container, composePart, kubernetesPart } from './deployment';
import { planOf, type SubgraphPlan } from './plan';
import { readmeOf } from './readme';
import { repositoryContainer, repositoryFiles, tarballOf, type Versions } from './repository';
import { type Place, sourcesOf } from './sources';

interface NewSubgraph {
  readonly name: string;
  /** Key of the agency that owns it. */
  readonly agency: string;
  /** Name of its type; derived from the subgraph's by default. */
  readonly type?: string;
  /** Folder of a repository of its own; without one, it becomes a folder of this project. */
  readonly into?: string;
}

/** What a new subgraph consists of, and what to do next. */
interface Draft {
  readonly files: ReadonlyMap<string, string>;
  /** File that lists the owners of paths, to which lines are added. */
  readonly owners: { readonly file: string; readonly lines: string };
  readonly next: readonly string[];
}

const PROJECT: Omit<Container, 'module'> = {
  image: 'ordergraph:latest',
  build: `    build:
      context: .
      args:
        NODE_IMAGE: \${NODE_IMAGE:-node:24-bookworm-slim}
`,
  isMigrated: true,
};

/** Writes a new subgraph that runs. @returns the report for its author @throws OperatorError before it writes anything */
export function writeNewSubgraph({ into, ...request }: NewSubgraph): string {
  const apiSchema = readText(join(packageRoot, 'schema.graphql'), 'The schema that clients see');
  const plan = planOf(request, { ...subgraphsHere(), apiSchema });
  const draft = into === undefined ? draftIn(plan) : draftInto(plan, resolve(into));
  const existing = [...draft.files.keys()].filter((file) => existsSync(file));
  if (existing.length > 0)
    throw new OperatorError(
      `${existing.map(shown).join(', ')} exist, and would be overwritten`,
      'Choose another name, or move them away. Nothing was written',
    );
  for (const [file, content] of draft.files) {
    mkdirSync(dirname(file), { recursive: true });
    // fails if the file has appeared meanwhile
    writeFileSync(file, content, { flag: 'wx' });
  }
  appendFileSync(draft.owners.file, draft.owners.lines);
  if (into === undefined) format([...draft.files.keys()]);
  return reportOf(draft);
}

/** Subgraphs of this project, and the first free port after theirs. Those written since the last compilation count too. */
function subgraphsHere(): { readonly names: readonly string[]; readonly port: number } {
  const folder = join(packageRoot, 'subgraphs');
  const registrations = readdirSync(folder)
    .map((name) => ({ name, file: join(folder, name, 'registration.ts') }))
    .filter(({ file }) => existsSync(file));
  const ports = registrations.map(({ file }) => Number(/port: (\d+)/.exec(readFileSync(file, 'utf8'))?.[1] ?? 0));
  return {
    names: [...new Set([...PROGRAMS, ...registrations.map(({ name }) => name)])],
    port: Math.max(defaultPort(''), ...ports.map((port) => port + 1)),
  };
}

/** A path for a person in the current folder. */
function shown(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith('..') ? file : path || '.';
}

const at = (folder: string, files: ReadonlyMap<string, string>): [string, string][] =>
  [...files].map(([file, content]) => [join(folder, file), content]);

function partsOf(plan: SubgraphPlan, container: Container, place: Place): ReadonlyMap<string, string> {
  return new Map([
    ['docker-compose.yml', composePart(plan, container)],
    ['kubernetes.yaml', kubernetesPart(plan, container)],
    ['README.md', readmeOf(plan, place)],
  ]);
}

function draftIn(plan: SubgraphPlan): Draft {
  const { name } = plan;
  const folder = join(packageRoot, 'subgraphs', name);
  return {
    files: new Map([
      ...at(folder, sourcesOf(plan, 'project')),
      ...at(folder, partsOf(plan, { ...PROJECT, module: name }, 'project')),
    ]),
    owners: { file: join(packageRoot, 'CODEOWNERS'), lines: ownersOf(plan, `/subgraphs/${name}/`) },
    next: [
      'npm run generate                  # its schema, the supergraph, and pages of the docs',
      `${`npm test -- subgraphs/${name}`.padEnd(33)} # its own tests`,
      'npm start                         # serves it with the others',
    ],
  };
}

function draftInto(plan: SubgraphPlan, folder: string): Draft {
  const versions = versionsOf();
  const vendor = shown(join(folder, 'vendor'));
  return {
    files: new Map([
      ...at(folder, repositoryFiles(plan, versions)),
      ...at(join(folder, 'src'), sourcesOf(plan, 'repository')),
      ...at(folder, partsOf(plan, repositoryContainer(plan), 'repository')),
      // for the tarball of this project
      [join(folder, 'vendor', 'README.md'), `\`npm pack\` of Ordergraph makes ${tarballOf(versions)}.\n`],
    ]),
    owners: { file: join(folder, 'CODEOWNERS'), lines: ownersOf(plan, '*') },
    next: [
      `npm pack --pack-destination ${vendor}   # the kit, as a package`,
      `npm install --prefix ${shown(folder)}`,
      `npm test --prefix ${shown(folder)}`,
    ],
  };
}

const ownersOf = ({ agency }: SubgraphPlan, path: string): string => `${path} @${agency.key}/graph\n`;

function versionsOf(): Versions {
  const { version, devDependencies } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  return { ordergraph: version, typescript: devDependencies.typescript, nodeTypes: devDependencies['@types/node'] };
}

/** Formats files as `npm run check` requires: how lines break depends on the names in them. */
function format(files: readonly string[]): void {
  const biome = join(packageRoot, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  if (existsSync(biome)) spawnSync(process.execPath, [biome, 'check', '--write', ...files], { cwd: packageRoot });
}

function reportOf({ files, owners, next }: Draft): string {
  return [
    'Wrote:',
    ...[...files.keys()].map((file) => `  ${shown(file)}`),
    `  ${shown(owners.file)}: ${owners.lines.trim()}`,
    'Next:',
    ...next.map((command) => `  ${command}`),
    '',
  ].join('\n');
}
