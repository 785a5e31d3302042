import { join } from 'node:path';
import type { Logger } from 'pino';
import { OperatorError } from '#base/errors';
import type { TransferLimits } from '#base/files/transfers';
import type { SealBoard } from '#kit/audit/seal-exchange';
import type { EventBus } from '#kit/events/bus';
import { type EventKeys, readEventKeys } from '#kit/events/event-keys';
import { RedisBus } from '#kit/events/redis-bus';
import { FolderStore } from '#kit/files/content-store';
import type { BackgroundOptions } from '#kit/subgraph/background';
import { requireFolder } from './folders';
import { EVENT_READERS, PROGRAMS } from './programs';
import {
  type BusSettings,
  type EventSettings,
  eventKeyVariable,
  type OpenSettings,
  type SettingsOf,
  type SubgraphSettings,
} from './settings';

/** How often a subgraph runs its tasks, and how soon a replica takes over. */
export const backgroundTimes = ({
  scheduleMs,
  leaseMs,
}: Pick<OpenSettings, 'scheduleMs' | 'leaseMs'>): Omit<BackgroundOptions, 'bus'> => ({ everyMs: scheduleMs, leaseMs });

/** Limits on file transfers between gateways and a subgraph. */
export const transferLimits = ({
  maxTransfers,
  minTransferRate,
  transferWindowMs,
}: Pick<SubgraphSettings, 'maxTransfers' | 'minTransferRate' | 'transferWindowMs'>): TransferLimits => ({
  perCaller: maxTransfers,
  bytesPerSecond: minTransferRate,
  windowMs: transferWindowMs,
});

/**
 * The event bus between processes; undefined where none is configured.
 * @param keysOf reads the keys that sign and verify its messages @throws OperatorError
 */
export function remoteBus(
  { eventsUrl, eventsPrefix }: BusSettings,
  keysOf: () => EventKeys,
  log: Logger,
): (EventBus & SealBoard) | undefined {
  if (eventsUrl === '') return undefined;
  return new RedisBus({
    url: eventsUrl,
    readers: EVENT_READERS,
    sealers: PROGRAMS,
    keys: keysOf(),
    log,
    prefix: eventsPrefix,
  });
}

/** Reads the private event keys of these subgraphs and the public keys of all. @throws OperatorError */
export function eventKeysFrom(
  subgraphs: readonly string[],
  settingsOf: SettingsOf<Pick<EventSettings, 'eventKeys' | 'eventKey'>>,
  log?: Logger,
): EventKeys {
  const { eventKeys: senders } = settingsOf();
  if (senders === '')
    throw new OperatorError(
      'ORDERGRAPH_EVENTS_URL is set, but no event keys are configured: anyone with access to Redis could forge events',
      `Set ORDERGRAPH_EVENT_KEYS to the file of the public keys, and ${eventKeyVariable('<name>')} to the key of this subgraph; \`ordergraph keys FOLDER\` creates them`,
    );
  const privateKeys = subgraphs
    .filter((name) => EVENT_READERS.includes(name))
    .map((name) => {
      const { eventKey } = settingsOf(name);
      if (eventKey === '')
        throw new OperatorError(
          `The ${name} subgraph has no key to sign its events`,
          `Set ${eventKeyVariable(name)} to its file; \`ordergraph keys FOLDER\` creates it`,
        );
      return [name, eventKey] as const;
    });
  return readEventKeys({ own: new Map(privateKeys), senders }, log);
}

/** The store of uploaded files. @throws OperatorError */
export function fileStore({ files, data }: Pick<OpenSettings, 'files' | 'data'>): FolderStore {
  const folder = files || join(data, 'artifacts');
  requireFolder(folder, 'Uploaded documents', 'ORDERGRAPH_FILES');
  return new FolderStore(folder);
}
