import { type Command, InvalidArgumentError } from 'commander';
import type { Contract } from '#base/contract';
import type { CallerOptions } from '../graph-client';
import type { Proposal, Registration } from './consents';
import type { PublishOptions } from './publish';
import type { ReleaseOptions } from './release';

/** How a command that asks a running graph names its caller. */
export interface CallerFlags {
  readonly url: string;
  readonly as?: string;
  readonly tokenFile?: string;
  readonly identityKey?: string;
}

export interface Callers {
  /** Adds the flags that name the caller. */
  readonly flagged: (command: Command) => Command;
  readonly of: (flags: never) => CallerOptions;
}

const print = (text: string): void => void process.stdout.write(text);

/** @throws InvalidArgumentError */
function numberOf(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a number from 1.');
  return value;
}

/** Adds `ordergraph registry` with its commands. */
export function addRegistryCommands(program: Command, { flagged, of }: Callers): void {
  const registry = program
    .command('registry')
    .description('Publishes schemas of subgraphs, and shows, compares, and takes back what was published.');
  const command = (parent: Command, name: string): Command =>
    flagged(parent.command(name)).option(
      '--identity-key <file>',
      'Private key of a gateway: --url is then the address of the registry itself, which answers without a gateway.',
    );

  command(registry, 'publish')
    .argument(
      '[name=file...]',
      'schemas as name=file, such as reviews=schema.graphql; none for the current ones with the consents and contracts of now, by operators',
    )
    .description('Checks schemas against what gateways serve, and publishes them if they pass. Exits with 1 if not.')
    .option('--note <text>', 'What changed.')
    .option('--commit <id>', 'Commit of the source.')
    .option('--accept-breaking', 'Publish although clients would break. Operators only.')
    .option('--served', 'Publish once gateways see that the subgraphs serve the schemas; fail after three minutes.')
    .option('--dry-run', 'Only check.')
    .option('--json', 'Print the report as JSON.')
    .action(async (sources: string[], { json, ...flags }: CallerFlags & PublishOptions & { json?: boolean }) => {
      const { describePublished, publishSchemas } = await import('./publish');
      const published = await publishSchemas(sources, flags, of(flags as never));
      print(json ? `${JSON.stringify(published)}\n` : describePublished(published));
      process.exitCode = published.passed ? 0 : 1;
    });

  command(registry, 'publish-release')
    .description(
      'Registers the subgraphs of this release, and publishes their schemas where gateways serve others. The first time, it takes over the agreement of the release; later it proposes consents that are new in it. Operators only.',
    )
    .requiredOption(
      '--address <url>',
      'Where gateways reach the subgraphs, such as http://*:4000/graphql: the star stands for their names.',
    )
    .option('--first', 'Do nothing if a supergraph was activated before.')
    .option('--note <text>', 'What changed.')
    .option('--accept-breaking', 'Publish although clients would break.')
    .action(async ({ address, ...flags }: CallerFlags & Omit<ReleaseOptions, 'addressOf'> & { address: string }) => {
      const { publishRelease } = await import('./release');
      const { Registry } = await import('./client');
      const { describePublished } = await import('./publish');
      const addressOf = (name: string) => address.replaceAll('*', name);
      const { notes, published } = await publishRelease(await Registry.of(of(flags as never)), { ...flags, addressOf });
      print(notes.map((note) => `${note}\n`).join(''));
      print(published ? describePublished(published) : 'Nothing to publish\n');
      process.exitCode = published?.passed === false ? 1 : 0;
    });

  command(registry, 'history')
    .description(
      'Lists what was served since when, and what each replica of the gateway serves. Exits with 1 if the history was changed.',
    )
    .option('--subgraph <name>', 'Only what changed this subgraph.')
    .option('--json', 'Print it as JSON.')
    .action(async ({ subgraph, json, ...flags }: CallerFlags & { subgraph?: string; json?: boolean }) => {
      const { describeHistory, historyOf } = await import('./history');
      const history = await historyOf(of(flags as never), subgraph);
      print(json ? `${JSON.stringify(history)}\n` : describeHistory(history));
      process.exitCode = history.changedAt === undefined ? 0 : 1;
    });

  command(registry, 'diff')
    .argument('<from>', 'number of a supergraph', numberOf)
    .argument('<to>', 'number of another', numberOf)
    .description('Lists the changes between two supergraphs, by subgraph.')
    .action(async (from: number, to: number, flags: CallerFlags) => {
      const { differences } = await import('./history');
      print(await differences(of(flags as never), from, to));
    });

  command(registry, 'rollback')
    .argument('<number>', 'number of the supergraph', numberOf)
    .description('Activates a supergraph that was published before. The next publication starts from it.')
    .requiredOption('--note <text>', 'Why.')
    .action(async (number: number, { note, ...flags }: CallerFlags & { note: string }) => {
      const { rollBack } = await import('./history');
      print(await rollBack(of(flags as never), number, note));
    });

  command(registry, 'sign')
    .description(
      'Activates the active supergraph again, so that the registry signs it with its current key. Operators only.',
    )
    .action(async (flags: CallerFlags) => {
      const { signAgain } = await import('./history');
      print(await signAgain(of(flags as never)));
    });

  command(registry, 'register')
    .argument('<name>', 'name of the subgraph')
    .description('Registers a subgraph, whose agencies may then publish its schema. Operators only.')
    .requiredOption('--agencies <key...>', 'Agencies that own it.')
    .requiredOption('--address <url>', 'Where gateways reach it.')
    .option('--clearances <class...>', 'Classes of other subgraphs’ fields that it may be sent.', ['PUBLIC'])
    .action(async (name: string, flags: CallerFlags & Omit<Registration, 'name'>) => {
      const { registerSubgraph } = await import('./consents');
      print(await registerSubgraph(of(flags as never), { ...flags, name }));
    });

  command(registry, 'adopt')
    .argument('<file>', 'agreement of the owners, as JSON')
    .description('Takes over what the owners agreed on before their graph was in the registry. Operators only.')
    .action(async (file: string, flags: CallerFlags) => {
      const { adoptAgreement } = await import('./consents');
      print(await adoptAgreement(of(flags as never), file));
    });

  addConsentCommands(registry, command, of);
  addContractCommands(registry, command, of);
}

function addContractCommands(
  registry: Command,
  command: (parent: Command, name: string) => Command,
  of: Callers['of'],
): void {
  const contracts = registry
    .command('contracts')
    .description('Parts of the graph that gateways serve at paths of their own, from the next publication on.');

  command(contracts, 'list')
    .description('Lists contracts.')
    .action(async (flags: CallerFlags) => {
      const { listContracts } = await import('./contracts');
      print(await listContracts(of(flags as never)));
    });

  command(contracts, 'put')
    .argument('<name>', 'name of the contract, which is part of its path')
    .description('Adds a contract, or replaces it. Operators only.')
    .requiredOption('--description <text>', 'Who it is for.')
    .option('--include <tag...>', 'Tags of the fields that it shows; all without any.', [])
    .option('--exclude <tag...>', 'Tags of the parts that it hides.', [])
    .option('--classes <class...>', 'Sensitivity classes of the fields that it shows; all without any.', [])
    .action(async (name: string, flags: CallerFlags & Contract) => {
      const { putContract } = await import('./contracts');
      const { description, include, exclude, classes } = flags;
      print(await putContract(of(flags as never), name, { description, include, exclude, classes }));
    });

  command(contracts, 'remove')
    .argument('<name>', 'name of the contract')
    .description('Removes a contract. Operators only.')
    .action(async (name: string, flags: CallerFlags) => {
      const { removeContract } = await import('./contracts');
      print(await removeContract(of(flags as never), name));
    });
}

function addConsentCommands(
  registry: Command,
  command: (parent: Command, name: string) => Command,
  of: Callers['of'],
): void {
  const consent = registry
    .command('consent')
    .description('Consents of owners to what other subgraphs do to their parts of the graph.');

  command(consent, 'propose')
    .description('Proposes a consent. It holds once two publishers of the owner have approved it.')
    .requiredOption('--owner <name>', 'Subgraph that owns the parts.')
    .requiredOption('--actors <name...>', 'Subgraphs that may act.')
    .requiredOption('--act <act>', 'What they may do, such as SHARE: docs/agency-schemas.md lists the acts.')
    .requiredOption('--coordinates <part...>', 'Parts, such as Type.field.')
    .requiredOption('--reason <text>', 'Why.')
    .option('--until <date>', 'Last day, such as 2027-12-31.')
    .action(async ({ owner, actors, act, coordinates, reason, until, ...flags }: CallerFlags & Proposal) => {
      const { proposeConsent } = await import('./consents');
      print(await proposeConsent(of(flags as never), { owner, actors, act, coordinates, reason, until }));
    });

  for (const [action, what] of [
    ['approve', 'Approves a consent, as a publisher of its owner.'],
    ['withdraw', 'Withdraws a consent, as a publisher of its owner.'],
  ] as const)
    command(consent, action)
      .argument('<id>', 'id of the consent')
      .description(what)
      .action(async (id: string, flags: CallerFlags) => {
        const { decideOnConsent } = await import('./consents');
        print(await decideOnConsent(of(flags as never), action, id));
      });

  command(consent, 'list')
    .description('Lists consents that are proposed or hold.')
    .option('--all', 'List withdrawn ones, too.')
    .action(async ({ all = false, ...flags }: CallerFlags & { all?: boolean }) => {
      const { listConsents } = await import('./consents');
      print(await listConsents(of(flags as never), all));
    });
}
