import { existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { Command, InvalidArgumentError } from 'commander';
import { OperatorError } from '#base/errors';
import { defaultOf, environmentWarnings, flagOf, readSettings, type Setting, type SettingTable } from '#base/settings';
import { readConfig } from '../config';
import type { Format } from '../export/writers';
import type { CheckOptions } from './check';
import type { ComposeOptions } from './compose';
import { namedSubgraphs } from './load-subgraph';
import { EVENT_READERS, PROGRAMS } from './programs';
import { addRegistryCommands } from './registry/commands';
import {
  eventKeyVariable,
  eventsCommandSettings,
  gatewaySettings,
  hasFlag,
  openSettings,
  PROCESSES,
  sealKeySettings,
  settingsBySubgraph,
  startSettings,
  storeSettings,
  subgraphSettings,
} from './settings';
import type { TokenFlags } from './token';

// V8 decides early which allocation sites produce long-lived objects. In some processes it misjudged objects of every request, which then
// kept others alive until the next full collection. See docs/performance.md.
setFlagsFromString('--no-allocation-site-pretenuring');

/**
 * V8 lets the heap of a busy process grow to four times the live data between full collections, but only by a tenth to a third after a pause
 * or when few objects are allocated. A few large responses of the gateway fill that. This sets the factor to four always. See
 * docs/performance.md.
 */
const growHeapFast = () => setFlagsFromString('--heap-growing-percent=300');

/**
 * Keeps the part of the heap for new objects at its size. An export creates thousands of objects a second and keeps none, so V8 would let
 * it grow to 100 MB for nothing.
 */
const keepNewSpaceSmall = () => setFlagsFromString('--semi-space-growth-factor=1');

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
    if (!hasFlag(setting, table)) withoutFlag.push(`  ${setting.env}: ${setting.help} Default: ${defaultOf(setting)}.`);
    else if (Array.isArray(setting.default))
      command.option(`${flagOf(name)} <${setting.value ?? 'name'}>`, help, repeatable);
    else command.option(`${flagOf(name)} <${setting.value ?? 'value'}>`, help);
  }
  if (withoutFlag.length > 0)
    command.addHelpText('after', `\nEnvironment variables without a flag:\n${withoutFlag.join('\n')}`);
  return command;
}

const repeatable = (value: string, before: string[] = []): string[] => [...before, value];

function wholeNumber(min: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < min) throw new InvalidArgumentError(`Use a whole number, at least ${min}.`);
    return value;
  };
}

type Flags = Record<string, unknown>;

interface ExportFlags {
  csv?: boolean;
  jsonl?: boolean;
  parquet?: boolean;
  out?: string;
  url: string;
  as?: string;
  tokenFile?: string;
  variables?: string;
  operation?: string;
  list?: string;
  unfold?: string;
  pageSize: number;
  banner: boolean;
}
const workforceSettings = (flags: Flags) => readSettings(storeSettings, flags, undefined, 'workforce');

interface LoadFlags {
  url: string;
  as?: string;
  tokenFile?: string;
  dryRun?: boolean;
  rejects?: string;
  keys?: string;
}

interface ImportFlags {
  rejects?: string;
  force?: string;
  watch?: number | true;
}

const DEFAULT_WATCH_MINUTES = 60;

const printSettingsOption = ['--print-settings', 'Print every setting and its value before starting.'] as const;

const program = new Command('ordergraph')
  .description('A federated GraphQL graph of the programs under the executive order on advanced AI.')
  .showHelpAfterError('Run with --help to list all options')
  .enablePositionalOptions()
  .hook('preAction', (_program, { args }) => {
    const tables = PROCESSES.map(({ table }) => table);
    for (const warning of environmentWarnings(tables, (environment) => namedSubgraphs(args, environment)))
      process.stderr.write(`${warning}\n`);
  });

withSettings(program.command('start'), startSettings)
  .description('Runs the gateway and all subgraphs in one process.')
  .option('--scale <n>', 'Scale of the exercise data for new databases; 0 creates none.', wholeNumber(0), 1)
  .option(...printSettingsOption)
  .action(async ({ scale, printSettings, ...flags }: Flags & { scale: number; printSettings?: boolean }) => {
    growHeapFast();
    const { startAll } = await import('./start');
    const settingsOf = settingsBySubgraph(openSettings, flags);
    const { followRegistry } = readSettings(startSettings, flags);
    await startAll({
      ...{ config: readConfig(flags), settingsOf, printSettings, scale },
      followsRegistry: followRegistry === 'on',
    });
  });

withSettings(program.command('gateway'), gatewaySettings)
  .description('Runs the gateway alone, over any Federation 2 supergraph, with subgraphs over HTTP.')
  .option(...printSettingsOption)
  .action(async ({ printSettings, ...flags }: Flags & { printSettings?: boolean }) => {
    growHeapFast();
    const { startGateway } = await import('./gateway');
    await startGateway({ config: readSettings(gatewaySettings, flags), printSettings });
  });

withSettings(program.command('subgraph'), subgraphSettings)
  .argument('<name>', `${PROGRAMS.join(', ')}, or the path of a compiled module that exports a subgraph`)
  .description('Runs one subgraph alone, over HTTP.')
  .option('--open-to <principal>', 'Principal of every caller, instead of --identity-keys; for development only.')
  .action(async (name: string, { openTo, ...flags }: Flags & { openTo?: string }) => {
    const { startSubgraph } = await import('./subgraph');
    await startSubgraph({ name, openTo, settingsOf: settingsBySubgraph(subgraphSettings, flags) });
  });

withSettings(program.command('token'), storeSettings)
  .description(
    'Prints a token of the development issuer, for the header `authorization: Bearer …`. Graphs with the same data folder accept it.',
  )
  .requiredOption('--role <name>', 'Role of the caller, listed below; repeatable.', repeatable)
  .option('--agency <key>', 'Agency of the caller.')
  .option('--organization <key>', 'Developer organization of the caller.')
  .option('--new-organization', 'Accept an --organization that is not registered yet, so that it can register.')
  .option('--case <number>', 'Case number of an inspector.')
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
  .argument('<folder>', 'folder for the key files')
  .description(
    'Creates the keys of a deployment. gateways/identity-key.json (private) signs callers’ identities; subgraphs/identity-keys.json (public) verifies them. senders/<subgraph>/audit-key.json (private) seals the audit record of that subgraph; audit-keys.json (public; the same file for auditors, subgraphs, and gateways) verifies the seals. senders/<subgraph>/event-key.json (private) signs the events of that subgraph; events/event-keys.json (public) verifies them. publishers/supergraph-key.json (private) signs supergraphs; gateways/supergraph-keys.json (public) verifies them. persons/person-keys.json (secret) protects the personal data of candidates in the workforce database. A second run adds a new identity key and keeps the others; running gateways and subgraphs switch to it without a restart.',
  )
  .option(
    '--prune',
    'Add no keys; remove all public identity, event, and supergraph keys except those of the current private keys.',
  )
  .option(
    '--subgraph <name>',
    'Subgraph of another repository that needs a key for its record; repeatable.',
    repeatable,
  )
  .action(async (folder: string, { prune, subgraph: others = [] }: { prune?: boolean; subgraph?: string[] }) => {
    const { auditKeyIn, eventKeyIn, pruneKeys, sharedAuditKeyIn, writeKeys } = await import('./keys');
    if (prune) {
      for (const { file, removed } of pruneKeys(folder))
        process.stdout.write(`${file}: removed ${removed} old public ${removed === 1 ? 'key' : 'keys'}\n`);
      return;
    }
    const files = await writeKeys(folder, others);
    const { identityKey, identityKeys, sealKeys, gatewaySealKeys, auditKeys, eventKeys } = files;
    const { supergraphKey, supergraphKeys, personKeys } = files;
    const shared = sharedAuditKeyIn(folder);
    process.stdout.write(
      [
        `${identityKey}: for gateways, --identity-key or ORDERGRAPH_IDENTITY_KEY; keep it secret`,
        `${identityKeys}: for subgraphs, --identity-keys or ORDERGRAPH_IDENTITY_KEYS`,
        ...[...PROGRAMS, ...others].map(
          (name) => `${auditKeyIn(folder, name)}: for ${name} only, ORDERGRAPH_AUDIT_KEY; keep it secret`,
        ),
        `${sealKeys}: for subgraphs, ORDERGRAPH_AUDIT_KEYS`,
        `${gatewaySealKeys}: the same keys, for gateways`,
        `${auditKeys}: for auditors, \`audit verify --keys\``,
        `${eventKeys}: for subgraphs with events, ORDERGRAPH_EVENT_KEYS`,
        ...EVENT_READERS.map(
          (name) => `${eventKeyIn(folder, name)}: for ${name} only, ${eventKeyVariable(name)}; keep it secret`,
        ),
        `${supergraphKey}: for the publisher of supergraphs, \`compose --sign-key\`; keep it secret`,
        `${supergraphKeys}: for gateways, --supergraph-keys or ORDERGRAPH_SUPERGRAPH_KEYS`,
        `${personKeys}: for workforce and \`migrate\`, ORDERGRAPH_PERSON_KEYS; keep it secret, and back it up apart from the database`,
        ...(existsSync(shared)
          ? [`${shared}: from an earlier release; remove it once each subgraph runs with its own key`]
          : []),
        '',
      ].join('\n'),
    );
  });

const audit = program
  .command('audit')
  .description('Verifies and prunes audit records, which list who read and changed what.');
const keysIn = (flags: Flags & { keys?: string }) => flags.keys ?? readSettings(sealKeySettings, flags).auditKeys;
const yearsOption = ['--years <n>', 'Years for which records are kept.', wholeNumber(1), 7] as const;
const records =
  'audit records: audit/<subgraph>.jsonl in the data folder, or <subgraph>.jsonl in ORDERGRAPH_AUDIT; their parts are included';

withSettings(audit.command('verify'), sealKeySettings)
  .argument('<records...>', records)
  .option('--keys <file>', 'Alias for --audit-keys.')
  .option(
    '--anchor <file>',
    'File of seals kept elsewhere, as ORDERGRAPH_AUDIT_ANCHOR writes it; repeatable.',
    repeatable,
  )
  .option('--head <hash>', 'Hash that the record must contain, from the log of a process or an earlier verification.')
  .option(...yearsOption)
  .description(
    'Verifies audit records: each on its own, against the seals that the others hold of it, and against anchors. Prints each flaw, and exits with 1 if there is one. Pass the records of all subgraphs together.',
  )
  .action(
    async (files: string[], options: Flags & { keys?: string; anchor?: string[]; head?: string; years: number }) => {
      const { verifyRecords } = await import('./audit');
      process.exitCode = (await verifyRecords(files, { ...options, keys: keysIn(options) })) ? 0 : 1;
    },
  );

withSettings(audit.command('prune'), sealKeySettings)
  .argument('<records...>', records)
  .option('--keys <file>', 'Alias for --audit-keys.')
  .option(...yearsOption)
  .description('Removes the parts of records that are older than --years. The rest can still be verified.')
  .action(async (files: string[], options: Flags & { keys?: string; years: number }) => {
    const { pruneRecords } = await import('./audit');
    await pruneRecords(files, { ...options, keys: keysIn(options) });
  });

withSettings(program.command('migrate'), storeSettings)
  .argument('[names...]', 'subgraphs, or paths of compiled modules; all subgraphs of this repository by default')
  .description('Migrates the databases of the subgraphs to the tables of this release.')
  .option('--status', 'Print the state of each migration in each database; change nothing.')
  .action(async (names: string[], { status, ...flags }: Flags & { status?: boolean }) => {
    const { migrate, migrationStatus } = await import('./migrate');
    await (status ? migrationStatus : migrate)(names, settingsBySubgraph(storeSettings, flags));
  });

const events = program.command('events').description('Inspects and repairs the delivery of events between subgraphs.');
const readers = 'submissions, reviews, workforce or infrastructure';
const jsonOption = ['--json', 'Print JSON.'] as const;

withSettings(events.command('status'), eventsCommandSettings)
  .argument('[names...]', `${readers}; all by default`)
  .option(...jsonOption)
  .description(
    'Prints each event log, its unpublished events, the holder of the lease, the positions of readers, and rejected or lost events. Reads the databases and the bus at ORDERGRAPH_EVENTS_URL; exits with 1 if a database cannot be read.',
  )
  .action(async (names: string[], { json = false, ...flags }: Flags & { json?: boolean }) => {
    const { printStatus } = await import('./events');
    process.exitCode = (await printStatus(names, settingsBySubgraph(eventsCommandSettings, flags), json)) ? 0 : 1;
  });

withSettings(events.command('replay'), eventsCommandSettings)
  .argument('<reader>', readers)
  .option('--from <source>', 'Subgraph whose events to read again; all by default.')
  .option('--since <position>', 'First position to read again, or the time at which it was received.', '0')
  .description(
    'Makes a subgraph request events again. It acts only on those it has not acted on. Works while the subgraph runs.',
  )
  .action(async (reader: string, options: Flags & { from?: string; since: string }) => {
    const { replay } = await import('./events');
    await replay(reader, { ...options, settingsOf: settingsBySubgraph(storeSettings, options) });
  });

const rejected = events
  .command('rejected')
  .description('Lists, retries, and dismisses events that a subgraph could not act on.');

withSettings(rejected.command('list'), storeSettings)
  .argument('[names...]', `${readers}; all by default`)
  .option('--all', 'Include dismissed events.')
  .option(...jsonOption)
  .description('Lists rejected events with the reasons.')
  .action(async (names: string[], options: Flags & { all?: boolean; json?: boolean }) => {
    const { printRejected } = await import('./events');
    await printRejected(names, { ...options, settingsOf: settingsBySubgraph(storeSettings, options) });
  });

for (const [name, description] of [
  ['retry', 'Retries rejected events. Exits with 1 if one is rejected again.'],
  ['dismiss', 'Marks rejected events as needing no action. Exits with 1 if one is not open.'],
] as const)
  withSettings(rejected.command(name), storeSettings)
    .argument('<reader>', readers)
    .argument('[ids...]', 'event ids')
    .option('--all', 'All open events.', false)
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

const personKeys = program
  .command('person-keys')
  .description('Rotates the keys that protect the personal data of candidates, while processes read and write.');

withSettings(personKeys.command('rotate'), storeSettings)
  .description(
    'Adds a new key to the file, and protects the data of all persons by it. Continues an interrupted rotation. Exits with 1 if data keys of persons cannot be read.',
  )
  .action(async (flags: Flags) => {
    const { rotatePersonKeys } = await import('./person-keys');
    process.exitCode = (await rotatePersonKeys(workforceSettings(flags))) ? 0 : 1;
  });

withSettings(personKeys.command('status'), storeSettings)
  .description('Prints how many persons each key protects. Exits with 1 if a key is missing from the file.')
  .action(async (flags: Flags) => {
    const { printPersonKeys } = await import('./person-keys');
    process.exitCode = (await printPersonKeys(workforceSettings(flags))) ? 0 : 1;
  });

withSettings(personKeys.command('prune'), storeSettings)
  .description('Removes unused keys from the file, except the current one.')
  .action(async (flags: Flags) => {
    const { prunePersonKeys } = await import('./person-keys');
    await prunePersonKeys(workforceSettings(flags));
  });

withSettings(program.command('import'), storeSettings)
  .argument('<source>', 'a source listed below, or "all"')
  .argument('<file>', 'file or URL; with "all", a folder to search for the files of all sources')
  .description('Imports published data. Importing the same file again changes nothing.')
  .option('--rejects <file>', 'Write rejected rows to this file, one per line.')
  .option('--force <reason>', 'Apply an edition of a catalog although its checks fail; the reason is kept with it.')
  .option(
    '--watch [minutes]',
    'Keep running, and import each new edition from the URL. Minutes between two requests; 60 by default.',
    wholeNumber(1),
  )
  .addHelpText('after', () => require('./import').describeSources())
  .action(async (source: string, file: string, options: Flags & ImportFlags) => {
    const { importData, watchData } = await import('./import');
    const settingsOf = settingsBySubgraph(storeSettings, options);
    const { rejects: rejectsFile, force, watch } = options;
    const work = { source, file, settingsOf, rejectsFile, force };
    if (watch === undefined) return importData(work);
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
    await watchData(work, watch === true ? DEFAULT_WATCH_MINUTES : watch, stop.signal);
  });

withSettings(program.command('export'), { data: storeSettings.data })
  .argument('<question>', 'file with a GraphQL query')
  .description(
    'Writes every object of a list to a file, page by page: as a table with --csv or --parquet, or as JSON Lines. Started again, it continues where it stopped; a Parquet file begins again.',
  )
  .option('--csv', 'Write a table. This is the default.')
  .option('--jsonl', 'Write one JSON object a line.')
  .option('--parquet', 'Write an Apache Parquet file, with the types of the schema.')
  .option('--out <file>', 'File to write; standard output by default.')
  .option('--url <address>', 'Running graph.', 'http://127.0.0.1:4000')
  .option(
    '--as <principal>',
    'Caller that the development keys of the data folder sign, such as "role=analyst; subject=me".',
  )
  .option('--token-file <file>', 'File with the token of the caller, instead of --as.')
  .option('--variables <json>', 'JSON object with the variables, or a file with one.')
  .option('--operation <name>', 'Operation, if the file has several.')
  .option('--list <path>', 'List to write, if the question has several, such as submissions.')
  .option('--unfold <path>', 'Nested list of which each element gets a row, such as determinations.nodes.')
  .option('--page-size <n>', 'Objects asked for at once, at most 500.', wholeNumber(1), 500)
  .option('--no-banner', 'Leave out the lines on handling, time, and question.')
  .action(async (question: string, { csv, jsonl, parquet, ...options }: Flags & ExportFlags) => {
    keepNewSpaceSmall();
    const { exportQuestion } = await import('./export');
    const formats = Object.entries({ csv, jsonl, parquet }).flatMap(([name, isChosen]) => (isChosen ? [name] : []));
    const [format = 'csv', other] = formats as Format[];
    if (other !== undefined) throw new OperatorError(`--${format} and --${other} exclude each other`, 'Choose one');
    const { data: dataFolder } = readSettings(storeSettings, options);
    await exportQuestion({ ...options, question, format, dataFolder });
  });

withSettings(program.command('load'), { data: storeSettings.data })
  .argument('<mutation>', 'mutation for many objects, such as recordApplications')
  .argument('<file>', 'CSV file whose columns are the fields of an item of the mutation')
  .description(
    'Sends the rows of a file to a mutation, up to 1,000 at once, through the public API. Reports the rows that are refused. Loading a file again changes nothing more.',
  )
  .option('--url <address>', 'Running graph.', 'http://127.0.0.1:4000')
  .option('--as <principal>', 'Caller that the development keys of the data folder sign.')
  .option('--token-file <file>', 'File with the token of the caller, instead of --as.')
  .option('--dry-run', 'Report what would change; change nothing.')
  .option('--rejects <file>', 'Write rejected rows to this file, one per line.')
  .option('--keys <file>', 'Write the keys of the changed objects to this CSV file, by line of the input.')
  .addHelpText(
    'after',
    '\nExample: load recordCandidates people.csv --as "role=hr-specialist; agency=nsa; subject=me" --keys ids.csv',
  )
  .action(async (mutation: string, file: string, options: Flags & LoadFlags) => {
    const { loadRows } = await import('./load');
    await loadRows({ ...options, mutation, file, dataFolder: readSettings(storeSettings, options).data });
  });

withSettings(program.command('exercise'), storeSettings)
  .argument('[module]', 'compiled module of a subgraph of another repository; all subgraphs of this one by default')
  .description(
    'Replaces the exercise data: an invented, consistent story whose objects are all marked as exercise data.',
  )
  .option('--scale <n>', 'Amount of data: 1 is about ten thousand rows, 100 about a million.', wholeNumber(1), 1)
  .option('--seed <text>', 'Seed of the story; a different seed creates a different story.', 'ordergraph')
  .option('--as-of <date>', 'Date at which the story ends, YYYY-MM-DD; today by default.')
  .action(async (module: string | undefined, options: Flags & { scale: number; seed: string; asOf?: string }) => {
    const { replaceExercise } = await import('./exercise');
    await replaceExercise({ ...options, module, settingsOf: settingsBySubgraph(storeSettings, options) });
  });

withSettings(program.command('exercise:voluntary'), { data: storeSettings.data })
  .description(
    'Plays the voluntary framework step by step through the public API, with three companies and four agencies. Starts a temporary graph unless --url names a running one.',
  )
  .option('--url <address>', 'Running graph, such as http://127.0.0.1:4000, that accepts tokens of the data folder.')
  .action(async ({ url, ...flags }: Flags & { url?: string }) => {
    const { exerciseVoluntary } = await import('./voluntary/command');
    await exerciseVoluntary({ url, dataFolder: readSettings(storeSettings, flags).data });
  });

withSettings(program.command('exercise:hire'), { data: storeSettings.data })
  .description(
    'Plays the hiring of two agencies step by step through the public API, from a gap to the entry on duty. Starts a temporary graph unless --url names a running one.',
  )
  .option('--url <address>', 'Running graph, such as http://127.0.0.1:4000, that accepts tokens of the data folder.')
  .action(async ({ url, ...flags }: Flags & { url?: string }) => {
    const { exerciseHire } = await import('./hire/command');
    await exerciseHire({ url, dataFolder: readSettings(storeSettings, flags).data });
  });

withSettings(program.command('exercise:protect'), { data: storeSettings.data })
  .description(
    'Plays the protection of the systems of one agency step by step: an edition of the KEV catalog, triage, remediation, an accepted risk, and a case of the clearinghouse. Starts a temporary graph unless --url names a running one without a catalog.',
  )
  .option('--url <address>', 'Running graph, such as http://127.0.0.1:4000, that accepts tokens of the data folder.')
  .action(async ({ url, ...flags }: Flags & { url?: string }) => {
    const { exerciseProtect } = await import('./protect/command');
    await exerciseProtect({ url, dataFolder: readSettings(storeSettings, flags).data });
  });

withSettings(program.command('exercise:oversight'), { data: storeSettings.data })
  .description(
    'Plays what overseers ask about step by step: inventories, figures, and deadlines that are published, and work that is open. Starts a temporary graph unless --url names a running one without imported data.',
  )
  .option('--url <address>', 'Running graph, such as http://127.0.0.1:4000, that accepts tokens of the data folder.')
  .action(async ({ url, ...flags }: Flags & { url?: string }) => {
    const { exerciseOversight } = await import('./oversight/command');
    await exerciseOversight({ url, dataFolder: readSettings(storeSettings, flags).data });
  });

program
  .command('schema')
  .description(
    'Generates the subgraph schemas, the supergraph, the API schema, and two pages of the docs from the code.',
  )
  .option('--check', 'Write nothing; fail if a committed file is stale.')
  .option('--api', 'Write nothing; print the schema that clients see to standard output.')
  .option('--supergraph <file>', 'Supergraph of the schema that --api prints; that of the four programs by default.')
  .option('--of <module>', 'Write nothing; print the schema of a subgraph: its name, or its compiled module.')
  .action(
    async ({ check, api, supergraph, of }: { check?: boolean; api?: boolean; supergraph?: string; of?: string }) => {
      if (of !== undefined) {
        const { loadSubgraph } = await import('./load-subgraph');
        return void process.stdout.write((await loadSubgraph(of)).sdl);
      }
      const { apiSchemaOfFile, checkSchemas, writeSchemas } = await import('./schema');
      if (api) return void process.stdout.write(apiSchemaOfFile(supergraph));
      if (check) return checkSchemas();
      const changed = writeSchemas();
      process.stdout.write(
        changed.length === 0
          ? 'All generated files are up to date\n'
          : changed.map((file) => `wrote ${file}\n`).join(''),
      );
    },
  );

program
  .command('new-subgraph')
  .argument('<name>', 'lower-case letters and digits, such as outreach')
  .description(
    'Writes a subgraph that runs: a type with its policy, migration, exercise data and tests, a list on Agency, and its parts for Compose and Kubernetes.',
  )
  .requiredOption('--agency <key>', 'Agency that owns its data, such as dot.')
  .option('--type <name>', 'Its type in singular; the name and "Activity" by default.')
  .option('--into <folder>', 'Write a repository of its own there; by default a folder of this one.')
  .action(async (name: string, options: { agency: string; type?: string; into?: string }) => {
    const { writeNewSubgraph } = await import('./new-subgraph/command');
    process.stdout.write(writeNewSubgraph({ name, ...options }));
  });

program
  .command('compose')
  .argument('<name=file...>', 'subgraphs as name[@url]=file, such as reviews@http://host/graphql=schema.graphql')
  .description('Composes subgraph schemas into a supergraph and prints it to standard output.')
  .option('--agreement <file>', 'What the owners of the subgraphs agreed on, as JSON; nothing by default.')
  .option(
    '--before <name=file...>',
    'Schemas of the subgraphs that are served: a change cannot take away what they own.',
  )
  .option('--sign-key <file>', 'Private key that signs the supergraph, for gateways with --supergraph-keys.')
  .action(async (sources: string[], options: ComposeOptions) => {
    const { composeFiles } = await import('./compose');
    process.stdout.write(await composeFiles(sources, options));
  });

const clients = program
  .command('clients')
  .description('Publishes, lists, and retires versions of clients, whose documents every caller may send.');
/** Options of a command that asks a running graph. */
const asCaller = (command: Command): Command =>
  withSettings(command, { data: storeSettings.data })
    .option('--url <address>', 'Running graph.', 'http://127.0.0.1:4000')
    .option(
      '--as <principal>',
      'Caller that the development keys of the data folder sign, such as "role=operator; subject=me".',
    )
    .option('--token-file <file>', 'File with the token of the caller, instead of --as.');
type CallerFlags = Flags & { url: string; as?: string; tokenFile?: string };
const callerOf = <Given extends CallerFlags>(flags: Given) => ({
  ...flags,
  dataFolder: readSettings({ data: storeSettings.data }, flags).data,
});

const oscal = program
  .command('oscal')
  .description('Exchanges plans of action and vulnerability findings of systems as OSCAL documents, in JSON.');
const models = 'poam (plan of action and milestones), or results (vulnerability findings, as assessment results)';

asCaller(oscal.command('export'))
  .argument('<document>', models)
  .argument('<system>', 'id of the system')
  .option('--out <file>', 'File to write; standard output by default.')
  .description('Writes a document of a system.')
  .addHelpText(
    'after',
    '\nExample: oscal export poam sys_01K --as "role=infrastructure-officer; agency=nsa; subject=me" --out poam.json',
  )
  .action(async (document: string, system: string, options: CallerFlags & { out?: string }) => {
    const { exportOscal } = await import('./exchange');
    await exportOscal(document, system, callerOf(options));
  });

asCaller(oscal.command('import'))
  .argument('<document>', models)
  .argument('<system>', 'id of the system that gets what the document lists')
  .argument('<file>', 'document in JSON')
  .description(
    'Opens POA&M items, or reports findings, as a document lists them, through the public API. Prints what it leaves out, with the reason. Importing a file again changes nothing more.',
  )
  .action(async (model: string, system: string, file: string, options: CallerFlags & { out?: string }) => {
    const { importOscal } = await import('./exchange');
    await importOscal({ ...callerOf(options), model, system, file });
  });

asCaller(program.command('stix'))
  .option('--out <file>', 'File to write; standard output by default.')
  .description('Writes the published cases of the clearinghouse as a bundle of STIX 2.1.')
  .action(async (options: CallerFlags & { out?: string }) => {
    const { exportStix } = await import('./exchange');
    await exportStix(callerOf(options));
  });

asCaller(clients.command('publish'))
  .argument('<client@version>', 'such as dashboard@1.4')
  .argument('<manifest>', 'manifest of its documents, in the format of Apollo or Relay')
  .description('Publishes a version of a client. Publishing the same manifest again changes nothing.')
  .option('--note <text>', 'What is new in it.')
  .action(async (release: string, manifest: string, flags: CallerFlags & { note?: string }) => {
    const { publishClient } = await import('./clients');
    process.stdout.write(await publishClient({ ...callerOf(flags), release, manifest }));
  });

asCaller(clients.command('retire'))
  .argument('<client@version>', 'such as dashboard@1.4')
  .description('Retires a version of a client: its documents are no longer trusted, and checks no longer protect them.')
  .action(async (release: string, flags: CallerFlags) => {
    const { retireClient } = await import('./clients');
    process.stdout.write(await retireClient({ ...callerOf(flags), release }));
  });

asCaller(clients.command('list'))
  .description('Lists the versions of clients in use.')
  .option('--all', 'List retired versions, too.')
  .option('--unused-days <number>', 'List only versions that no client has used for so many days.', wholeNumber(1))
  .action(async (flags: CallerFlags & { all?: boolean; unusedDays?: number }) => {
    const { listClients } = await import('./clients');
    process.stdout.write(await listClients(callerOf(flags)));
  });

addRegistryCommands(program, { flagged: asCaller, of: callerOf });

type CheckFlags = Omit<CallerFlags, 'url'> & Omit<CheckOptions, 'registry'> & { json?: boolean; registry?: string };
withSettings(program.command('check-schema'), { data: storeSettings.data })
  .alias('check')
  .argument('<name=file...>', 'proposed subgraph schemas as name=file, such as reviews=schema.graphql')
  .description(
    'Checks changes of subgraph schemas: composition, ownership, changes for clients, sensitivity classes, and names. Exits with 1 if they may not be published.',
  )
  .option('--with <name=file...>', 'Schemas of the subgraphs that are served; those of this repository by default.')
  .option('--agreement <file>', 'What the owners of the subgraphs agreed on, as JSON.')
  .option(
    '--documents <client=file...>',
    'Documents of released clients as client@version=file: manifests, or .graphql files. Changes that break none of them pass.',
  )
  .option(
    '--registry <address>',
    'Running graph, such as http://127.0.0.1:4000, whose released clients must keep working.',
  )
  .option(
    '--as <principal>',
    'Caller of --registry that the development keys of the data folder sign, such as "role=coordinator; subject=me".',
  )
  .option('--token-file <file>', 'File with the token of the caller, instead of --as.')
  .option('--json', 'Print the report as JSON.')
  .action(async (sources: string[], { json, registry, ...options }: CheckFlags) => {
    const { checkFiles, describeReport } = await import('./check');
    const asked = registry === undefined ? undefined : callerOf({ ...options, url: registry });
    const report = await checkFiles(sources, { ...options, registry: asked });
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : describeReport(report));
    process.exitCode = report.passed ? 0 : 1;
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
  // servers and pools that a failed start left open must not keep the process running
  setTimeout(() => process.exit(1), 500).unref();
});
