import { existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { Command, InvalidArgumentError } from 'commander';
import { OperatorError } from '#base/errors';
import { defaultOf, flagOf, type GatewayConfig, readConfig, settings } from '../config';
import type { TokenFlags } from './token';

// V8 guesses by what it happens to see at the start which objects live long. In some starts it was wrong about some of every request, which
// then held others until the next full collection. See docs/performance.md.
setFlagsFromString('--no-allocation-site-pretenuring');
// V8 lets the heap of a busy process grow to four times what is alive before it collects everything; after a pause, or where it thinks that
// little is made, by a tenth to a third only, which a few large answers fill. Four times it is, always. See docs/performance.md.
setFlagsFromString('--heap-growing-percent=300');

// whoever reads may stop early, as `head` does
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

/** Adds a flag for every setting of the gateway. Values are checked by the configuration, not by the parser. */
function withSettings(command: Command): Command {
  for (const [name, setting] of Object.entries(settings)) {
    const help = `${setting.help} (${setting.env}; default: ${defaultOf(setting)})`;
    if (Array.isArray(setting.default))
      command.option(`${flagOf(name)} <name>`, help, (value: string, before: string[] = []) => [...before, value]);
    else command.option(`${flagOf(name)} <value>`, help);
  }
  return command;
}

const repeatable = (value: string, before: string[] = []): string[] => [...before, value];

function wholeNumber(least: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least)
      throw new InvalidArgumentError(`it must be a whole number, at least ${least}`);
    return value;
  };
}

const dataOption = ['--data <folder>', 'Folder of the SQLite files. (ORDERGRAPH_DATA; default: .data)'] as const;
const dataFolder = (given?: string): string => given ?? process.env.ORDERGRAPH_DATA ?? '.data';

const printSettingsOption = ['--print-settings', 'Print every setting and its value before starting.'] as const;

interface GatewayFlags {
  supergraph?: string;
  subgraphUrl?: string[];
  data?: string;
  printSettings?: boolean;
}

interface SubgraphFlags {
  host: string;
  port?: number;
  database?: string;
  data?: string;
  identityKeys?: string;
  openTo?: string;
  tlsCert?: string;
  tlsKey?: string;
  tlsCa?: string;
  metricsHost: string;
  metricsPort?: string;
}

const program = new Command('ordergraph')
  .description('A federated GraphQL graph over the programs of the executive order on advanced AI.')
  .showHelpAfterError('Run it with --help for all options')
  .enablePositionalOptions();

withSettings(program.command('start'))
  .description(
    'Everything in one process: four subgraphs on SQLite (or the databases named by ORDERGRAPH_<NAME>_DATABASE_URL) and the gateway.',
  )
  .option(...dataOption)
  .option('--scale <n>', 'Scale of the exercise data made when the databases are new; 0 makes none.', wholeNumber(0), 1)
  .option(...printSettingsOption)
  .action(async (options: Record<string, unknown> & { data?: string; scale: number; printSettings?: boolean }) => {
    const { startAll } = await import('./start');
    await startAll({
      config: readConfig(options) as GatewayConfig,
      printSettings: options.printSettings,
      dataFolder: dataFolder(options.data),
      scale: options.scale,
    });
  });

withSettings(program.command('gateway'))
  .description('The gateway alone, over any Federation 2 supergraph; its subgraphs are reached over HTTP.')
  .option('--supergraph <file>', 'Supergraph schema; that of the four programs by default. (ORDERGRAPH_SUPERGRAPH)')
  .option(
    '--subgraph-url <name=url>',
    'Where a subgraph answers, in place of what the supergraph says; repeatable. (ORDERGRAPH_SUBGRAPH_URLS, separated by commas)',
    repeatable,
  )
  .option('--data <folder>', 'Folder of the development issuer’s key. (ORDERGRAPH_DATA; default: .data)')
  .option(...printSettingsOption)
  .action(async (options: Record<string, unknown> & GatewayFlags) => {
    const { startGateway } = await import('./gateway');
    const urls = options.subgraphUrl ?? process.env.ORDERGRAPH_SUBGRAPH_URLS?.split(',').filter(Boolean) ?? [];
    await startGateway({
      config: readConfig(options) as GatewayConfig,
      printSettings: options.printSettings,
      supergraph: options.supergraph ?? process.env.ORDERGRAPH_SUPERGRAPH,
      urls,
      dataFolder: dataFolder(options.data),
    });
  });

program
  .command('subgraph')
  .argument('<name>', 'submissions, reviews, workforce or infrastructure')
  .description('One subgraph alone, over HTTP.')
  .option('--host <address>', 'Address to listen on. (ORDERGRAPH_HOST)', process.env.ORDERGRAPH_HOST ?? '127.0.0.1')
  .option(
    '--port <n>',
    'Port to listen on; 4001 to 4004 by default, in the order above. (ORDERGRAPH_PORT)',
    wholeNumber(0),
  )
  .option(
    '--database <url>',
    'mysql://user:password@host:3306/name, or a SQLite file. (ORDERGRAPH_<NAME>_DATABASE_URL)',
  )
  .option(...dataOption)
  .option(
    '--identity-keys <file>',
    'Public keys of the gateways that are believed about who asks. (ORDERGRAPH_IDENTITY_KEYS)',
    process.env.ORDERGRAPH_IDENTITY_KEYS,
  )
  .option('--open-to <principal>', 'Instead, for development only: take everyone for this principal.')
  .option(
    '--tls-cert <file>',
    'PEM file of the certificate it shows; without one it speaks plain HTTP. (ORDERGRAPH_TLS_CERT)',
    process.env.ORDERGRAPH_TLS_CERT,
  )
  .option('--tls-key <file>', 'PEM file of its key. (ORDERGRAPH_TLS_KEY)', process.env.ORDERGRAPH_TLS_KEY)
  .option(
    '--tls-ca <file>',
    'PEM file of the authority of gateways’ certificates: nobody else gets through. (ORDERGRAPH_TLS_CA)',
    process.env.ORDERGRAPH_TLS_CA,
  )
  .option(
    '--metrics-port <n>',
    'Port that serves /metrics to scrapers without a token; 0 takes a free one, none by default. (ORDERGRAPH_METRICS_PORT)',
    process.env.ORDERGRAPH_METRICS_PORT,
  )
  .option(
    '--metrics-host <address>',
    'Address of that port; reachable for scrapers only. (ORDERGRAPH_METRICS_HOST)',
    process.env.ORDERGRAPH_METRICS_HOST ?? '127.0.0.1',
  )
  .action(async (name: string, options: SubgraphFlags) => {
    const { startSubgraph } = await import('./subgraph');
    const port =
      options.port ?? (process.env.ORDERGRAPH_PORT ? wholeNumber(0)(process.env.ORDERGRAPH_PORT) : undefined);
    await startSubgraph({ name, ...options, port, dataFolder: dataFolder(options.data) });
  });

program
  .command('token')
  .description('A token of the development issuer, for `authorization: Bearer …` to a graph of the same data folder.')
  .requiredOption('--role <name>', 'What the caller is; repeatable: see --help.', repeatable)
  .option('--agency <key>', 'The agency it acts for.')
  .option('--organization <key>', 'The developer organisation it acts for.')
  .option('--new-organization', 'Take an --organization that is not registered yet, so that it can register itself.')
  .option('--case <number>', 'The case under which an inspector reads.')
  .option('--scope <name>', 'An OAuth scope; repeatable.', repeatable)
  .option('--subject <name>', 'Who it is.', 'somebody')
  .option('--hours <n>', 'How long it is valid.', wholeNumber(1), 12)
  .option(...dataOption)
  .addHelpText('after', () => require('./token').describeRoles())
  .action(async (options: TokenFlags) => {
    const { printToken } = await import('./token');
    await printToken({ ...options, dataFolder: dataFolder(options.data) });
  });

program
  .command('keys')
  .argument('<folder>', 'where they are written')
  .description(
    'Makes the keys of a deployment: gateways/identity-key.json (private) signs callers’ identities, subgraphs/identity-keys.json (public) verifies them, senders/<subgraph>/audit-key.json (private) seals that subgraph’s audit record, audit-keys.json (public, of all subgraphs, the same for auditors, subgraphs and gateways) verifies it, senders/<subgraph>/event-key.json (private) signs what that subgraph puts on the event bus, events/event-keys.json (public) verifies it. Run again, it adds a new identity key and keeps the rest; running gateways and subgraphs switch to it without a restart.',
  )
  .option(
    '--prune',
    'Add nothing; remove every public identity key and event key but those of the current private keys.',
  )
  .action(async (folder: string, { prune }: { prune?: boolean }) => {
    const { auditKeyIn, eventKeyIn, pruneKeys, sharedAuditKeyIn, writeKeys } = await import('./keys');
    const { EVENT_READERS, eventKeyVariable, PROGRAMS } = await import('./programs');
    if (prune) {
      for (const { file, removed } of pruneKeys(folder))
        process.stdout.write(`${file}: removed ${removed} old public ${removed === 1 ? 'key' : 'keys'}\n`);
      return;
    }
    const { identityKey, identityKeys, sealKeys, gatewaySealKeys, auditKeys, eventKeys } = await writeKeys(folder);
    const shared = sharedAuditKeyIn(folder);
    process.stdout.write(
      [
        `${identityKey}: for gateways, --identity-key or ORDERGRAPH_IDENTITY_KEY; keep it secret`,
        `${identityKeys}: for subgraphs, --identity-keys or ORDERGRAPH_IDENTITY_KEYS`,
        ...PROGRAMS.map(
          (name) => `${auditKeyIn(folder, name)}: for ${name} alone, ORDERGRAPH_AUDIT_KEY; keep it secret`,
        ),
        `${sealKeys}: for subgraphs, ORDERGRAPH_AUDIT_KEYS`,
        `${gatewaySealKeys}: the same, for gateways`,
        `${auditKeys}: for auditors, \`audit verify --keys\``,
        `${eventKeys}: for subgraphs with events, ORDERGRAPH_EVENT_KEYS`,
        ...EVENT_READERS.map(
          (name) => `${eventKeyIn(folder, name)}: for ${name} alone, ${eventKeyVariable(name)}; keep it secret`,
        ),
        ...(existsSync(shared)
          ? [`${shared}: of an earlier release; remove it when every subgraph runs with a key of its own`]
          : []),
        '',
      ].join('\n'),
    );
  });

const audit = program.command('audit').description('The record of who read and changed what.');
const auditKeysOption = [
  '--keys <file>',
  'Public keys of those who seal records; required. (ORDERGRAPH_AUDIT_KEYS)',
  process.env.ORDERGRAPH_AUDIT_KEYS,
] as const;
const yearsOption = ['--years <n>', 'How long records are kept.', wholeNumber(1), 7] as const;
const records =
  'records of subgraphs: audit/<subgraph>.jsonl in the data folder, or in ORDERGRAPH_AUDIT, with their parts';

audit
  .command('verify')
  .argument('<records...>', records)
  .option(...auditKeysOption)
  .option(
    '--anchor <file>',
    'Seals that were kept elsewhere; repeatable. (ORDERGRAPH_AUDIT_ANCHOR of a process)',
    repeatable,
  )
  .option('--head <hash>', 'A hash that the record must have come to: from the log of a process, or an earlier run.')
  .option(...yearsOption)
  .description(
    'Verifies records: each by itself, by the seals that the others hold of it, and by anchors. Prints where one is not as it was written, and then ends with 1. Name the records of all subgraphs together.',
  )
  .action(async (files: string[], options: { keys?: string; anchor?: string[]; head?: string; years: number }) => {
    const { verifyRecords } = await import('./audit');
    process.exitCode = (await verifyRecords(files, options)) ? 0 : 1;
  });

audit
  .command('prune')
  .argument('<records...>', records)
  .option(...auditKeysOption)
  .option(...yearsOption)
  .description('Removes parts of records that are older than records are kept. What is left can still be verified.')
  .action(async (files: string[], options: { keys?: string; years: number }) => {
    const { pruneRecords } = await import('./audit');
    await pruneRecords(files, options);
  });

program
  .command('migrate')
  .argument('[names...]', 'subgraphs; all by default')
  .description('Brings the databases of the subgraphs to the tables of this release, and ends.')
  .option('--status', 'Print which migrations each database has had, and change nothing.')
  .option(...dataOption)
  .action(async (names: string[], options: { data?: string; status?: boolean }) => {
    const { migrate, migrationStatus } = await import('./migrate');
    await (options.status ? migrationStatus : migrate)(names, dataFolder(options.data));
  });

const events = program.command('events').description('Events between subgraphs: where they stand, and what to do.');
const readers = 'submissions, reviews or infrastructure';
const jsonOption = ['--json', 'Print JSON.'] as const;

events
  .command('status')
  .argument('[names...]', `${readers}; all by default`)
  .option(...jsonOption)
  .option(...dataOption)
  .description(
    'Shows each log, what is unpublished, who holds the lease, how far readers are, and which events were rejected or lost. Reads the databases and the bus of EVENTS_URL; ends with 1 when a database cannot be read.',
  )
  .action(async (names: string[], options: { json?: boolean; data?: string }) => {
    const { printStatus } = await import('./events');
    process.exitCode = (await printStatus(names, dataFolder(options.data), options.json ?? false)) ? 0 : 1;
  });

events
  .command('replay')
  .argument('<reader>', readers)
  .option('--from <source>', 'The subgraph whose events it reads again; all by default.')
  .option('--since <position>', 'First position to read again, or the instant at which it was received.', '0')
  .option(...dataOption)
  .description(
    'Lets a subgraph ask for events again. It acts only on those that it has not acted on. Works while the subgraph runs.',
  )
  .action(async (reader: string, options: { from?: string; since: string; data?: string }) => {
    const { replay } = await import('./events');
    await replay(reader, { ...options, dataFolder: dataFolder(options.data) });
  });

const rejected = events.command('rejected').description('Events that a subgraph could not act on.');

rejected
  .command('list')
  .argument('[names...]', `${readers}; all by default`)
  .option('--all', 'Also those that were dismissed.')
  .option(...jsonOption)
  .option(...dataOption)
  .description('Lists them with their reasons.')
  .action(async (names: string[], options: { all?: boolean; json?: boolean; data?: string }) => {
    const { printRejected } = await import('./events');
    await printRejected(names, { ...options, dataFolder: dataFolder(options.data) });
  });

for (const [name, description] of [
  ['retry', 'Acts on them again. Ends with 1 when one is rejected again.'],
  ['dismiss', 'Marks them as needing no action. Ends with 1 when one is not open.'],
] as const)
  rejected
    .command(name)
    .argument('<reader>', readers)
    .argument('[ids...]', 'ids of events')
    .option('--all', 'All open ones.', false)
    .option(...dataOption)
    .description(description)
    .action(async (reader: string, ids: string[], options: { all: boolean; data?: string }) => {
      const { dismiss, retry } = await import('./events');
      const act = name === 'retry' ? retry : dismiss;
      process.exitCode = (await act(reader, { ids, all: options.all, dataFolder: dataFolder(options.data) })) ? 0 : 1;
    });

program
  .command('import')
  .argument('<source>', 'a source of the list below, or "all"')
  .argument('<file>', 'file or URL; with "all" a folder that is searched for the files of all sources')
  .description('Imports published data. Importing the same file again changes nothing.')
  .option(...dataOption)
  .option('--rejects <file>', 'Write rejected rows to this file, one a line.')
  .addHelpText('after', () => require('./import').describeSources())
  .action(async (source: string, file: string, options: { data?: string; rejects?: string }) => {
    const { importData } = await import('./import');
    await importData({ source, file, dataFolder: dataFolder(options.data), rejectsFile: options.rejects });
  });

program
  .command('exercise')
  .description('Replaces the exercise data: a made-up, consistent story, every object of it marked as exercise data.')
  .option('--scale <n>', 'How much: 1 is about ten thousand rows, 100 about a million.', wholeNumber(1), 1)
  .option('--seed <text>', 'Another seed, another story.', 'ordergraph')
  .option('--as-of <date>', 'The day the story has come to, YYYY-MM-DD; today by default.')
  .option(...dataOption)
  .action(async (options: { scale: number; seed: string; asOf?: string; data?: string }) => {
    const { replaceExercise } = await import('./exercise');
    await replaceExercise({ ...options, dataFolder: dataFolder(options.data) });
  });

program
  .command('exercise:voluntary')
  .description(
    'Plays the voluntary framework through the public API: three companies, four agencies, step by step. On a graph of its own, or on one that runs.',
  )
  .option('--url <address>', 'A graph that runs, such as http://127.0.0.1:4000, and takes tokens of the data folder.')
  .option(...dataOption)
  .action(async (options: { url?: string; data?: string }) => {
    const { exerciseVoluntary } = await import('./voluntary/command');
    await exerciseVoluntary({ ...options, dataFolder: dataFolder(options.data) });
  });

program
  .command('schema')
  .description('Writes the schemas of the subgraphs, the supergraph and the API schema from the code.')
  .option('--check', 'Write nothing; fail when a committed file is stale.')
  .option('--api', 'Write nothing; print the schema that clients see, on standard output.')
  .option('--supergraph <file>', 'The supergraph of which to print it; that of the four programs by default.')
  .action(async ({ check, api, supergraph }: { check?: boolean; api?: boolean; supergraph?: string }) => {
    const { apiSchemaOfFile, checkSchemas, writeSchemas } = await import('./schema');
    if (api) return void process.stdout.write(apiSchemaOfFile(supergraph));
    if (check) return checkSchemas();
    const changed = writeSchemas();
    process.stdout.write(
      changed.length === 0 ? 'All schemas are up to date\n' : changed.map((file) => `wrote ${file}\n`).join(''),
    );
  });

program
  .command('compose')
  .argument(
    '<name=file...>',
    'subgraphs: name, an optional "@url", and its schema file, as reviews@http://host/graphql=schema.graphql',
  )
  .description('Composes subgraph schemas into a supergraph, on standard output.')
  .action(async (sources: string[]) => {
    const { composeFiles } = await import('./compose');
    process.stdout.write(composeFiles(sources));
  });

program
  .command('migration')
  .argument('<subgraph>')
  .argument('<name>', 'what the migration does, in kebab case')
  .description('Drafts the next migration of a subgraph from its entities, for MySQL and SQLite.')
  .requiredOption('--mysql <url>', 'An empty scratch database on a MySQL-protocol server.')
  .action(async (subgraph: string, name: string, { mysql }: { mysql: string }) => {
    const { draftMigration } = await import('./migration');
    const file = await draftMigration(subgraph, name, mysql);
    process.stdout.write(file ? `wrote ${file}\n` : 'The tables already match the entities\n');
  });

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(error instanceof OperatorError ? `${error.message}\n` : `${(error as Error).stack ?? error}\n`);
  process.exitCode = 1;
  // servers and pools that a failed start left open must not keep the process
  setTimeout(() => process.exit(1), 500).unref();
});
