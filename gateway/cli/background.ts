import { join } from 'node:path';
import type { Logger } from 'pino';
import { OperatorError } from '#base/errors';
import { TRANSFERS_OF_GATEWAYS, type TransferLimits } from '#base/files/transfers';
import type { SealBoard } from '#kit/audit/seal-exchange';
import type { EventBus } from '#kit/events/bus';
import { type EventKeys, readEventKeys } from '#kit/events/event-keys';
import { DEFAULT_PREFIX, RedisBus } from '#kit/events/redis-bus';
import { FolderStore } from '#kit/files/content-store';
import { requireFolder } from './folders';
import { EVENT_READERS, eventKeyVariable, PROGRAMS } from './programs';

type Environment = Readonly<Record<string, string | undefined>>;

function milliseconds(environment: Environment, name: string, standard: number, least = 10): number {
  const given = environment[name];
  if (given === undefined) return standard;
  const value = Number(given);
  if (!Number.isInteger(value) || value < least || value > 3_600_000)
    throw new OperatorError(`${name} is "${given}"`, `Write milliseconds: a whole number from ${least} to 3600000`);
  return value;
}

/** How long a subgraph drains and how soon it ends on SIGTERM: see `closeOnSignal`. */
export function shutdownTimes(environment: Environment = process.env): { drainMs: number; shutdownMs: number } {
  return {
    drainMs: milliseconds(environment, 'ORDERGRAPH_DRAIN_MS', 0, 0),
    shutdownMs: milliseconds(environment, 'ORDERGRAPH_SHUTDOWN_MS', 15_000),
  };
}

/** How often subgraphs look at the clock, and how soon a replica takes over from one that died. */
export function backgroundTimes(environment: Environment = process.env): { everyMs: number; leaseMs: number } {
  return {
    everyMs: milliseconds(environment, 'ORDERGRAPH_SCHEDULE_MS', 5_000),
    leaseMs: milliseconds(environment, 'ORDERGRAPH_LEASE_MS', 10_000),
  };
}

/** What gateways may have under way of files at a subgraph. @throws OperatorError */
export function transferLimits(environment: Environment = process.env): TransferLimits {
  const { perCaller, bytesPerSecond, windowMs } = TRANSFERS_OF_GATEWAYS;
  return {
    perCaller: number(environment, 'ORDERGRAPH_MAX_TRANSFERS', perCaller),
    bytesPerSecond: number(environment, 'ORDERGRAPH_MIN_TRANSFER_RATE', bytesPerSecond),
    windowMs: milliseconds(environment, 'ORDERGRAPH_TRANSFER_WINDOW_MS', windowMs),
  };
}

function number(environment: Environment, name: string, standard: number): number {
  const given = environment[name];
  if (given === undefined) return standard;
  if (!/^\d{1,9}$/.test(given)) throw new OperatorError(`${name} is "${given}"`, 'Write a whole number; 0 disables it');
  return Number(given);
}

/** @throws OperatorError when EVENTS_PREFIX cannot begin the name of a key */
export function eventsPrefix(environment: Environment = process.env): string {
  const prefix = environment.EVENTS_PREFIX || DEFAULT_PREFIX;
  if (!/^[\w:.{}-]{1,100}$/.test(prefix))
    throw new OperatorError(
      `EVENTS_PREFIX is "${prefix}"`,
      'Use 1 to 100 letters, digits, and . : _ - { }, the same for every subgraph of a deployment',
    );
  return prefix;
}

/**
 * The bus that EVENTS_URL names; undefined when it names none.
 * @param keysOf gives the keys that its messages are signed with @throws OperatorError
 */
export function remoteBus(
  log: Logger,
  keysOf: (environment: Environment) => EventKeys,
  environment: Environment = process.env,
): (EventBus & SealBoard) | undefined {
  const url = environment.EVENTS_URL;
  if (!url) return undefined;
  const [keys, prefix] = [keysOf(environment), eventsPrefix(environment)];
  return new RedisBus({ url, readers: EVENT_READERS, sealers: PROGRAMS, keys, log, prefix });
}

/** The event keys that the environment names: the private ones of these subgraphs, and the public ones of all. @throws OperatorError */
export const eventKeysFrom =
  (subgraphs: readonly string[], log?: Logger) =>
  (environment: Environment): EventKeys => {
    const senders = environment.ORDERGRAPH_EVENT_KEYS;
    if (!senders)
      throw new OperatorError(
        'EVENTS_URL is set, but no event keys are configured: anyone who reaches Redis could make up events',
        `Name the public keys by ORDERGRAPH_EVENT_KEYS, and the key of this subgraph by ${eventKeyVariable('<name>')}; \`ordergraph keys FOLDER\` makes them`,
      );
    const own = subgraphs
      .filter((name) => EVENT_READERS.includes(name))
      .map((name) => {
        const file = environment[eventKeyVariable(name)];
        if (!file)
          throw new OperatorError(
            `The ${name} subgraph has no key to sign its events with`,
            `Name its file by ${eventKeyVariable(name)}; \`ordergraph keys FOLDER\` makes it`,
          );
        return [name, file] as const;
      });
    return readEventKeys({ own: new Map(own), senders }, log);
  };

/** Where uploaded documents are kept: ORDERGRAPH_FILES, else a folder beside the databases. @throws OperatorError */
export function fileStore(dataFolder: string, environment: Environment = process.env): FolderStore {
  const folder = environment.ORDERGRAPH_FILES ?? join(dataFolder, 'artifacts');
  requireFolder(folder, 'Uploaded documents', 'ORDERGRAPH_FILES');
  return new FolderStore(folder);
}
