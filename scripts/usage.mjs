// The usage of commands that are no part of the product, so that --help needs nothing installed. Runs on any Node from 16 on.

const JEST = `Paths and options are those of Jest, such as
  test/questions  the tests of a folder or file
  -t PATTERN      tests whose names match
  --bail          stop at the first failure
All of them: npx jest --help`;

const USAGE = {
  test: `npm test -- [paths] [options]
Runs the tests, except those of test/faults/long. README.md lists the servers that they need.
${JEST}`,
  'test:clients': `npm run test:clients -- [options]
Runs real GraphQL clients against a running graph, and prints a table of what works. See test/clients/README.md.
${JEST}`,
  'test:faults': `npm run test:faults -- [paths] [options]
Runs the tests of faults, including those that take minutes: docs/operations.md lists them.
${JEST}`,
  'test:differential': `npm run test:differential -- [options]
Compares the answers to generated operations with those of @apollo/gateway.
  --minutes N     how long (5)
  --seed N        seed of the operations; random by default
  --operations N  at most that many operations; no limit by default
  --only NAME     one supergraph`,
  bench: `npm run bench -- [options]
Measures the gateway and its peers under load, and prints one table. Needs Linux.
  --rounds N      rounds of every workload and gateway, interleaved; the table shows medians (5)
  --seconds N     seconds of load per round (3)
  --warm N        seconds of load on each before the first round; by default what the workload needs
  --clients N     concurrent clients; by default what the workload says
  --only a,b      workloads; all by default
  --peers a,b     gateways whose names contain these; all by default
  --tree FOLDER   another checkout of Ordergraph, compiled, as a contender: to compare a change with before
  --soak MINUTES  constant load on this gateway alone; prints its memory over time

npm run bench -- questions [options]
Measures what each ready question costs, beside its statements sent through the driver alone.
  --scales a,b     scales of the exercise data (1,10,100)
  --databases a,b  sqlite, mysql (both)
  --only a,b       numbers of questions, such as 01; all by default
  --times N        measured requests of each question (20)

npm run bench -- exports [options]
Measures exports of the longest lists: rows per second, CPU, and memory.
  --scale N        scale of the exercise data (100)
  --copies N       further copies of each inventory item (7, which make a million rows at scale 100)
  --databases a,b  sqlite, mysql (both)
  --data FOLDER    SQLite databases to read, instead of new ones
  --only a,b       inventory, findings, applications; all by default
  --times N        exports of each list (2)

npm run bench -- under-attack [options]
Measures how long dashboards wait while one address sends hostile requests. About 25 minutes for all kinds.
  --rounds N       phases with and without the attacker, of each kind (3)
  --seconds N      seconds of a phase (8)
  --only TEXT      kinds of requests whose names contain it; all by default
  --new            sends each operation under names that none had before
  --burst          spends the budget of a minute at once`,
  check: `npm run check
Checks format, lint, import boundaries, types, generated files and docker-compose.yml. It has no options.`,
  build: `npm run build -- [options]
Compiles to dist/ with the TypeScript compiler, and builds the pages. Options are those of tsc.`,
  prepack: `npm run prepack
Writes the declarations of the kit to dist/types. \`npm pack\` runs it, and makes the package on which subgraphs of other repositories depend.`,
  pages: `npm run pages
Installs the packages of the dashboard and the explorer, and builds them, if their sources have changed. It has no options.`,
  format: `npm run format -- [paths]
Formats the files, all by default, and fixes what the linter can fix.`,
  install: `node scripts/bootstrap.mjs install [folder ...]
Installs all packages of the project's lock file, or of the folders' own.`,
};

const PRODUCT = [
  'start',
  'gateway',
  'subgraph',
  'token',
  'keys',
  'audit',
  'events',
  'migrate',
  'import',
  'export',
  'load',
  'oscal',
  'stix',
  'exercise',
  'exercise:voluntary',
  'exercise:hire',
  'exercise:protect',
  'exercise:oversight',
  'person-keys',
  'schema',
  'compose',
  'check-schema',
  'clients',
  'registry',
  'new-subgraph',
  'migration',
];

/** The usage of a command; undefined for those that the product itself explains. */
export function usageOf(command) {
  return Object.hasOwn(USAGE, command) ? `${USAGE[command]}\n` : undefined;
}

/** All commands. */
export function commandList() {
  const list = (names) => names.map((name) => `  ${name}\n`).join('');
  return `node scripts/bootstrap.mjs <command> [options]; "<command> --help" explains each
Commands of the product:
${list(PRODUCT)}Commands of its developers:
${list(Object.keys(USAGE))}`;
}

/** Whether there is such a command. */
export function isCommand(command) {
  return PRODUCT.includes(command) || usageOf(command) !== undefined;
}
