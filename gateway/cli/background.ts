import { join } from 'node:path';
import type { Logger } from 'pino';
import type { SealBoard } from '../../shared/audit/seal-exchange';
import { OperatorError } from '../../shared/errors';
import type { EventBus } from '../../shared/events/bus';
import { DEFAULT_PREFIX, RedisBus } from '../../shared/events/redis-bus';
import { FolderStore } from '../../shared/files/content-store';
import { requireFolder } from './folders';
import { EVENT_READERS } from './programmes';

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

/** The bus that EVENTS_URL names; undefined when it names none. */
export function remoteBus(log: Logger, environment: Environment = process.env): (EventBus & SealBoard) | undefined {
  const url = environment.EVENTS_URL;
  return url ? new RedisBus({ url, readers: EVENT_READERS, log, prefix: eventsPrefix(environment) }) : undefined;
}

/** Where uploaded documents are kept: ORDERGRAPH_FILES, else a folder beside the databases. @throws OperatorError */
export function fileStore(dataFolder: string, environment: Environment = process.env): FolderStore {
  const folder = environment.ORDERGRAPH_FILES ?? join(dataFolder, 'artifacts');
  requireFolder(folder, 'Uploaded documents', 'ORDERGRAPH_FILES');
  return new FolderStore(folder);
}
