import { existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { Command, InvalidArgumentError } from 'commander';
import { OperatorError } from '#base/errors';
import { defaultOf, environmentWarnings, flagOf, readSettings, type Setting, type SettingTable } from '#base/settings';
import { readConfig } from '../config';
import { EVENT_READERS, PROGRAMS } from './programs';
import {
  eventKeyVariable,
  eventsCommandSettings,
  gatewaySettings,
  openSettings,
  PROCESSES,
  sealKeySettings,
  settingsBySubgraph,
  startSettings,
  storeSettings,
  subgraphSettings,
} from './settings';
import type { TokenFlags } from './token';

// V8 guesses by what it happens to see at the start which objects live long. In some starts it was wrong about some of every request, which
// then held others until the next full collection. See docs/performance.md.
setFlagsFromString('--no-allocation-site-pretenuring');
// V8 lets the heap of a busy process grow to four times what is alive before it collects everything; after a pause, or where it thinks that
// little is made, by a tenth to a third only, which a few large answers fill. Four times it is, always. See docs/performance.md.
setFlagsFromString('--heap-growing-percent=300');

// the reader may stop early, as `head` does
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const describeSetting = (setting: Setting): string =>
  `${setting.help} (${setting.env}; default: ${defaultOf(setting)})`;

/** Adds a flag for every setting that the command reads, and lists the others in its help. `readSettings` checks the values. */
function withSettings(command: Command, table: SettingTable): Command {
  const withoutFlag: string[] = [];
  for (const [name, setting] of Object.entries(table)) {
    const help = describeSetting(setting);
    if (!hasFlag(setting, command))
      withoutFlag.push(`  ${setting.env}: ${setting.help} Default: ${defaultOf(setting)}.`);
    else if (Array.isArray(setting.default))
      command.option(`${flagOf(name)} <${setting.value ?? 'name'}>`, help, repeatable);
    else command.option(`${flagOf(name)} <${setting.value ?? 'value'}>`, help);
  }
  if (withoutFlag.length > 0)
    command.addHelpText('after', `\nEnvironment variables without a flag:\n${withoutFlag.join('\n')}`);
  return command;
}

/** Only `subgraph` has one subgraph, for which a flag can set what differs between them. */
const hasFlag = ({ hasFlag, env }: Setting, command: Command): boolean =>
  hasFlag !== false && (!env.includes('<NAME>') || command.name() === 'subgraph');

const repeatable = (value: string, before: string[] = []): string[] => [...before, value];

function wholeNumber(least: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least)
      throw new InvalidArgumentError(`it must be a whole number, at least ${least}`);
    return value;
  };
}

type Flags = Record<string, unknown>;

const printSettingsOption = ['--print-settings', 'Print every setting and its value before starting.'] as const;

const program = new Command('ordergraph')
  .description('A federated GraphQL graph over the programs of the executive order on advanced AI.')
  .showHelpAfterError('Run it with --help for all options')
  .enablePositionalOptions()
  .hook('preAction', () => {
    const tables = PROCESSES.map(({ table }) => table);
    for (const warning of environmentWarnings(tables, PROGRAMS)) process.stderr.write(`${warning}\n`);
  });

withSettings(program.command('start'), startSettings)
  .description('Runs the gateway and the four subgraphs in one process.')
  .option('--scale <n>', 'Scale of the exercise data for new databases; 0 makes none.', wholeNumber(0), 1)
  .option(...printSettingsOption)
  .action(async ({ scale, printSettings, ...flags }: Flags & { scale: number; printSettings?: boolean }) => {
    const { startAll } = await import('./start');
    const settingsOf = settingsBySubgraph(openSettings, flags);
    await startAll({ config: readConfig(flags), settingsOf, printSettings, scale });
  });

withSettings(program.command('gateway'), gatewaySettings)
  .description('Runs the gateway alone, over any Federation 2 supergraph, with subgraphs over HTTP.')
  .option(...printSettingsOption)
  .action(async ({ printSettings, ...flags }: Flags & { printSettings?: boolean }) => {
    const { startGateway } = await import('./gateway');
    await startGateway({ config: readSettings(gatewaySettings, flags), printSettings });
  });

withSettings(program.command('subgraph'), subgraphSettings)
  .argument('<name>', PROGRAMS.join(', '))
  .description('Runs one subgraph alone, over HTTP.')
  .option('--open-to <principal>', 'For development only: the principal of every caller, in place of --identity-keys.')
  .action(async (name: string, { openTo, ...flags }: Flags & { openTo?: string }) => {
    const { startSubgraph } = await import('./subgraph');
    await startSubgraph({ name, openTo, settings: readSettings(subgraphSettings, flags, undefined, name) });
  });

withSettings(program.command('token'), storeSettings)
  .description(
    'Prints a token of the development issuer, for `authorization: Bearer …` to a graph of the same data folder.',
  )
  .requiredOption('--role <name>', 'Role of the caller, from the list below; repeatable.', repeatable)
  .option('--agency <key>', 'Agency of the caller.')
  .option('--organization <key>', 'Developer organization of the caller.')
  .option('--new-organization', 'Accept an --organization that is not registered yet, so that it can register itself.')
  .option('--case <number>', 'Case of an inspector.')
  .option('--scope <name>', 'OAuth scope; repeatable.', repeatable)
  .option('--subject <name>', 'Subject of the token.', 'somebody')
  .option('--hours <n>', 'Hours until the token expires.', wholeNumber(1), 12)
  .addHelpText('after', () => require('./token').describeRoles())
  .action(async (options: TokenFlags & Flags) => {
    const { printToken } = await import('./token');
    await printToken({ ...options, settings: readSettings(storeSettings, options, undefined, 'submissions') });
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
const keysIn = (flags: Flags & { keys?: string }) => flags.keys ?? readSettings(sealKeySettings, flags).auditKeys;
const yearsOption = ['--years <n>', 'How long records are kept.', wholeNumber(1), 7] as const;
const records =
  'records of subgraphs: audit/<subgraph>.jsonl in the data folder, or in ORDERGRAPH_AUDIT, with their parts';

withSettings(audit.command('verify'), sealKeySettings)
  .argument('<records...>', records)
  .option('--keys <file>', 'The same as --audit-keys.')
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
  .action(
    async (files: string[], options: Flags & { keys?: string; anchor?: string[]; head?: string; years: number }) => {
      const { verifyRecords } = await import('./audit');
      process.exitCode = (await verifyRecords(files, { ...options, keys: keysIn(options) })) ? 0 : 1;
    },
  );

withSettings(audit.command('prune'), sealKeySettings)
  .argument('<records...>', records)
  .option('--keys <file>', 'The same as --audit-keys.')
  .option(...yearsOption)
  .description('Removes parts of records that are older than records are kept. What is left can still be verified.')
  .action(async (files: string[], options: Flags & { keys?: string; years: number }) => {
    const { pruneRecords } = await import('./audit');
    await pruneRecords(files, { ...options, keys: keysIn(options) });
  });

withSettings(program.command('migrate'), storeSettings)
  .argument('[names...]', 'subgraphs; all by default')
  .description('Brings the databases of the subgraphs to the tables of this release, and ends.')
  .option('--status', 'Print which migrations each database has had, and change nothing.')
  .action(async (names: string[], { status, ...flags }: Flags & { status?: boolean }) => {
    const { migrate, migrationStatus } = await import('./migrate');
    await (status ? migrationStatus : migrate)(names, settingsBySubgraph(storeSettings, flags));
  });

const events = program.command('events').description('Events between subgraphs: where they stand, and what to do.');
const readers = 'submissions, reviews or infrastructure';
const jsonOption = ['--json', 'Print JSON.'] as const;

withSettings(events.command('status'), eventsCommandSettings)
  .argument('[names...]', `${readers}; all by default`)
  .option(...jsonOption)
  .description(
    'Shows each log, what is unpublished, who holds the lease, how far readers are, and which events were rejected or lost. Reads the databases and the bus of ORDERGRAPH_EVENTS_URL; ends with 1 when a database cannot be read.',
  )
  .action(async (names: string[], { json = false, ...flags }: Flags & { json?: boolean }) => {
    const { printStatus } = await import('./events');
    process.exitCode = (await printStatus(names, settingsBySubgraph(eventsCommandSettings, flags), json)) ? 0 : 1;
  });

withSettings(events.command('replay'), eventsCommandSettings)
  .argument('<reader>', readers)
  .option('--from <source>', 'The subgraph whose events it reads again; all by default.')
  .option('--since <position>', 'First position to read again, or the instant at which it was received.', '0')
  .description(
    'Lets a subgraph ask for events again. It acts only on those that it has not acted on. Works while the subgraph runs.',
  )
  .action(async (reader: string, options: Flags & { from?: string; since: string }) => {
    const { replay } = await import('./events');
    await replay(reader, { ...options, settingsOf: settingsBySubgraph(storeSettings, options) });
  });

const rejected = events.command('rejected').description('Events that a subgraph could not act on.');

withSettings(rejected.command('list'), storeSettings)
  .argument('[names...]', `${readers}; all by default`)
  .option('--all', 'Also those that were dismissed.')
  .option(...jsonOption)
  .description('Lists them with their reasons.')
  .action(async (names: string[], options: Flags & { all?: boolean; json?: boolean }) => {
    const { printRejected } = await import('./events');
    await printRejected(names, { ...options, settingsOf: settingsBySubgraph(storeSettings, options) });
  });

for (const [name, description] of [
  ['retry', 'Acts on them again. Ends with 1 when one is rejected again.'],
  ['dismiss', 'Marks them as needing no action. Ends with 1 when one is not open.'],
] as const)
  withSettings(rejected.command(name), storeSettings)
    .argument('<reader>', readers)
    .argument('[ids...]', 'ids of events')
    .option('--all', 'All open ones.', false)
    .description(description)
    .action(async (reader: string, ids: string[], options: Flags & { all: boolean }) => {
      const { dismiss, retry } = await import('./events');
      const act = name === 'retry' ? retry : dismiss;
      process.exitCode = (await act(reader, {
        ids,
        all: options.all,
        settingsOf: settingsBySubgraph(storeSettings, options),
      }))
        ? 0
        : 1;
    });

withSettings(program.command('import'), storeSettings)
  .argument('<source>', 'a source of the list below, or "all"')
  .argument('<file>', 'file or URL; with "all" a folder that is searched for the files of all sources')
  .description('Imports published data. Importing the same file again changes nothing.')
  .option('--rejects <file>', 'Write rejected rows to this file, one a line.')
  .addHelpText('after', () => require('./import').describeSources())
  .action(async (source: string, file: string, options: Flags & { rejects?: string }) => {
    const { importData } = await import('./import');
    await importData({
      source,
      file,
      settingsOf: settingsBySubgraph(storeSettings, options),
      rejectsFile: options.rejects,
    });
  });

withSettings(program.command('exercise'), storeSettings)
  .description('Replaces the exercise data: a made-up, consistent story, every object of it marked as exercise data.')
  .option('--scale <n>', 'How much: 1 is about ten thousand rows, 100 about a million.', wholeNumber(1), 1)
  .option('--seed <text>', 'Another seed, another story.', 'ordergraph')
  .option('--as-of <date>', 'The day the story has come to, YYYY-MM-DD; today by default.')
  .action(async (options: Flags & { scale: number; seed: string; asOf?: string }) => {
    const { replaceExercise } = await import('./exercise');
    await replaceExercise({ ...options, settingsOf: settingsBySubgraph(storeSettings, options) });
  });

withSettings(program.command('exercise:voluntary'), { data: storeSettings.data })
  .description(
    'Plays the voluntary framework through the public API: three companies, four agencies, step by step. On a graph of its own, or on one that runs.',
  )
  .option('--url <address>', 'A graph that runs, such as http://127.0.0.1:4000, and takes tokens of the data folder.')
  .action(async ({ url, ...flags }: Flags & { url?: string }) => {
    const { exerciseVoluntary } = await import('./voluntary/command');
    await exerciseVoluntary({ url, dataFolder: readSettings(storeSettings, flags).data });
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
