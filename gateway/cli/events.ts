import { existsSync } from 'node:fs';
import { systemClock } from '#base/clock';
import { OperatorError } from '#base/errors';
import { Database } from '#kit/database/database';
import { parseDatabaseUrl } from '#kit/database/url';
import type { EventBus } from '#kit/events/bus';
import type { LogPosition } from '#kit/events/event';
import {
  dismissRejected,
  type EventsStatus,
  eventsStatus,
  rejectedEvents,
  retryRejected,
  rewindReader,
  type Since,
} from '#kit/events/operations';
import { createLog } from '../telemetry/log';
import { eventKeysFrom, remoteBus } from './background';
import { databaseUrl } from './databases';
import { loadSubgraph } from './load-subgraph';
import { EVENT_READERS } from './programs';
import type { EventSettings, SettingsOf, StoreSettings } from './settings';

type Settings = SettingsOf<StoreSettings>;

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const printJson = (value: unknown): void => print(JSON.stringify(value, undefined, 2));

function requireReaders(names: readonly string[]): readonly string[] {
  const unknown = names.find((name) => !EVENT_READERS.includes(name));
  if (unknown !== undefined)
    throw new OperatorError(`"${unknown}" is not a subgraph with events`, `Choose from ${EVENT_READERS.join(', ')}`);
  return names.length > 0 ? names : EVENT_READERS;
}

/** Opens the database of a subgraph as it is, beside processes that use it. @throws OperatorError */
async function connect(name: string, settingsOf: Settings): Promise<Database> {
  const url = databaseUrl(name, settingsOf(name));
  const address = parseDatabaseUrl(url);
  if (address.kind === 'sqlite' && !existsSync(address.file))
    throw new OperatorError(
      `The ${name} database "${address.file}" does not exist`,
      'Set --data to its folder, or ORDERGRAPH_<NAME>_DATABASE_URL to the database',
    );
  const { entities } = (await loadSubgraph(name)).parts;
  const database = await Database.connect({ url, name, entities, migrations: [] });
  try {
    await database.query('SELECT 1 FROM event_epoch LIMIT 1');
    return database;
  } catch (error) {
    await database.close();
    throw new OperatorError(`The ${name} database has no event log`, `Run \`ordergraph migrate ${name}\``, {
      cause: error,
    });
  }
}

async function withDatabase<T>(
  name: string,
  settingsOf: Settings,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = await connect(name, settingsOf);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** The ends of the logs on the event bus, or why it is unavailable; undefined where no bus is configured. */
async function busHeads(
  names: readonly string[],
  settingsOf: SettingsOf<EventSettings>,
): Promise<Map<string, LogPosition | undefined> | string | undefined> {
  let bus: EventBus | undefined;
  try {
    // reading the heads needs no private key
    bus = remoteBus(settingsOf(), () => eventKeysFrom([], settingsOf), createLog('silent', 'events'));
    if (!bus) return undefined;
    const reading = bus;
    return new Map(await Promise.all(names.map(async (name) => [name, await reading.head(name)] as const)));
  } catch (error) {
    return (error as Error).message;
  } finally {
    await bus?.close();
  }
}

/** Prints the state of event delivery. @returns whether every database could be read */
export async function printStatus(
  names: readonly string[],
  settingsOf: SettingsOf<StoreSettings & EventSettings>,
  json: boolean,
): Promise<boolean> {
  const chosen = requireReaders(names);
  const statuses: EventsStatus[] = [];
  const failures: { name: string; error: string }[] = [];
  for (const name of chosen)
    try {
      statuses.push(await withDatabase(name, settingsOf, (database) => eventsStatus(database, systemClock)));
    } catch (error) {
      failures.push({ name, error: (error as Error).message });
    }
  const heads = await busHeads(chosen, settingsOf);
  const last = new Map(statuses.map((status) => [status.name, status.lastPosition]));
  const bus = heads instanceof Map ? Object.fromEntries(heads) : heads;
  const reads = (status: EventsStatus) =>
    status.reads.map((read) => ({
      ...read,
      lag: last.has(read.source) ? Math.max(0, last.get(read.source)! - read.logOffset) : null,
    }));
  const isComplete = failures.length === 0;
  if (json) {
    const subgraphs = statuses.map((status) => ({ ...status, reads: reads(status) }));
    printJson({ bus: bus ?? null, subgraphs, failures });
    return isComplete;
  }
  for (const { name, error } of failures) print(`${name}: ${error}`);
  if (typeof heads === 'string') print(`event bus: unavailable: ${heads}`);
  for (const status of statuses) {
    printSubgraph(status);
    if (heads instanceof Map)
      print(`  bus: ${heads.get(status.name)?.offset ?? 'no'} of ${status.lastPosition} events`);
    for (const { source, logOffset, lag, gapSince, rereadFrom } of reads(status)) {
      const state = [
        `  reads ${source}: position ${logOffset}`,
        lag === null ? '' : `, ${lag} behind`,
        gapSince === null ? '' : `, events missing since ${gapSince}`,
        rereadFrom === null ? '' : `, reconciling from position ${rereadFrom}`,
      ];
      print(state.join(''));
    }
    for (const { id, reason } of status.rejected) print(`  rejected ${id}: ${reason.replaceAll(/\s+/g, ' ')}`);
    for (const { id, type, subject, source, acted } of status.orphaned)
      print(`  lost by ${source}: ${type} ${id} about ${subject}, ${acted ? 'acted on' : 'not acted on'}`);
  }
  return isComplete;
}

function printSubgraph({ name, epoch, lastPosition, backlog, oldestUnpublishedSeconds, lease }: EventsStatus): void {
  print(`${name}: ${lastPosition} events, epoch ${epoch ? `${epoch.epoch} since ${epoch.startedAt}` : 'none yet'}`);
  if (epoch && epoch.number > 1) print(`  reason for the epoch: ${epoch.reason}`);
  print(`  lease: ${lease ? `${lease.holder}, ${lease.secondsLeft} s left` : 'no holder'}`);
  print(`  unpublished: ${backlog}${backlog > 0 ? `, the oldest for ${oldestUnpublishedSeconds} s` : ''}`);
}

/** @throws OperatorError when the text is neither a position nor an instant */
function parseSince(text: string): Since {
  if (/^\d+$/.test(text)) return { position: Number(text) };
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw new OperatorError(
      `"${text}" is neither a position nor an instant`,
      'Use a whole number, or an instant such as 2026-06-02T12:00:00Z',
    );
  return { receivedAt: time.toISOString() };
}

export interface ReplayOptions {
  readonly from?: string;
  readonly since?: string;
  readonly settingsOf: Settings;
}

/** Makes a reader read logs again. */
export async function replay(reader: string, { from, since = '0', settingsOf }: ReplayOptions): Promise<void> {
  requireReaders(from === undefined ? [reader] : [reader, from]);
  if (from === reader)
    throw new OperatorError(`${reader} does not read its own events`, 'Set --from to another subgraph');
  const sources = from === undefined ? EVENT_READERS.filter((name) => name !== reader) : [from];
  const begin = parseSince(since);
  await withDatabase(reader, settingsOf, async (database) => {
    for (const source of sources) {
      const position = await rewindReader(database, systemClock, source, begin);
      print(
        position === undefined
          ? `${reader} has not read from ${source} yet and starts with its first event`
          : `${reader} reads ${source} again after position ${position}; it acts only on events it has not acted on`,
      );
    }
  });
}

/** Prints rejected events. */
export async function printRejected(
  names: readonly string[],
  options: { readonly all?: boolean; readonly json?: boolean; readonly settingsOf: Settings },
): Promise<void> {
  const rejected: Record<string, unknown>[] = [];
  for (const name of requireReaders(names)) {
    const rows = await withDatabase(name, options.settingsOf, (database) => rejectedEvents(database, options.all));
    rejected.push(...rows.map((row) => ({ reader: name, ...row, event: JSON.parse(row.event) })));
    if (options.json) continue;
    for (const { id, receivedAt, reason, dismissedAt, event } of rows) {
      const { type, source, subject } = JSON.parse(event);
      print(`${name} ${id} ${receivedAt} ${type} from ${source} about ${subject}${dismissedAt ? ', dismissed' : ''}`);
      print(`  ${reason.replaceAll(/\s+/g, ' ')}`);
    }
  }
  if (options.json) printJson(rejected);
  else if (rejected.length === 0) print('No rejected events');
}

export interface Choice {
  readonly ids: readonly string[];
  readonly all?: boolean;
  readonly settingsOf: Settings;
}

/** The ids of the chosen events. @throws OperatorError unless either ids or --all is set */
async function chosenIds(database: Database, { ids, all }: Choice): Promise<readonly string[]> {
  if (all === ids.length > 0)
    throw new OperatorError('No events are selected', 'Pass ids from `ordergraph events rejected list`, or only --all');
  return all ? (await rejectedEvents(database)).map(({ id }) => id) : ids;
}

/** Retries rejected events. @returns whether all of them were acted on */
export async function retry(reader: string, choice: Choice): Promise<boolean> {
  requireReaders([reader]);
  const { handlers = [] } = (await loadSubgraph(reader)).parts;
  return withDatabase(reader, choice.settingsOf, async (database) => {
    let isDone = true;
    for (const id of await chosenIds(database, choice)) {
      const result = await retryRejected(database, systemClock, handlers, id);
      print(`${id}: ${result.outcome}${'reason' in result ? `: ${result.reason}` : ''}`);
      isDone &&= result.outcome === 'acted on';
    }
    return isDone;
  });
}

/** Dismisses rejected events. @returns whether all of them were open */
export async function dismiss(reader: string, choice: Choice): Promise<boolean> {
  requireReaders([reader]);
  return withDatabase(reader, choice.settingsOf, async (database) => {
    let isDone = true;
    for (const id of await chosenIds(database, choice)) {
      const wasOpen = await dismissRejected(database, systemClock, id);
      print(`${id}: ${wasOpen ? 'dismissed' : 'not an open rejected event'}`);
      isDone &&= wasOpen;
    }
    return isDone;
  });
}
