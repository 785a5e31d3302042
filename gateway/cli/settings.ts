import { z } from 'zod';
import { calendarSettings } from '#base/calendar-settings';
import { TRANSFERS_OF_GATEWAYS } from '#base/files/transfers';
import {
  type Environment,
  readSettings,
  type Setting,
  type SettingTable,
  type SettingValues,
  variableOf,
} from '#base/settings';
import { documentSettings, frameworkSettings, recordsSettings, triageSettings } from '#domain/settings';
import { DATABASE_LIMITS } from '#kit/database/limits';
import { settings as gateway, list, redisUrl } from '../config';
import { defaultPort, PROGRAMS } from './programs';

const milliseconds = (min = 10) => z.coerce.number().int().min(min).max(3_600_000);
const file = z.string();

/** Where a command finds the databases. */
export const dataSettings = {
  data: {
    env: 'ORDERGRAPH_DATA',
    schema: z.string(),
    default: '.data',
    value: 'folder',
    help: 'Folder of the SQLite databases, uploaded files, records, and development keys.',
  },
} as const satisfies SettingTable;

export const databaseSettings = {
  database: {
    env: 'ORDERGRAPH_<NAME>_DATABASE_URL',
    schema: z.string(),
    default: '',
    defaultHelp: '<name>.sqlite in --data',
    value: 'url',
    help: 'Database of a subgraph: mysql://user:password@host:3306/name, or a SQLite file.',
  },
  databaseConnections: {
    env: 'ORDERGRAPH_DATABASE_CONNECTIONS',
    schema: z.coerce.number().int().min(2).max(1_000),
    default: DATABASE_LIMITS.connections,
    help: 'Maximum connections of a subgraph to its MySQL server, from 2 to 1000.',
  },
  databaseTimeoutMs: {
    env: 'ORDERGRAPH_DATABASE_TIMEOUT_MS',
    schema: milliseconds(0),
    default: DATABASE_LIMITS.timeoutMs,
    help: 'Maximum milliseconds of a statement on a MySQL server; 0 disables the limit. Imports and migrations have none.',
  },
  personKeys: {
    env: 'ORDERGRAPH_PERSON_KEYS',
    schema: z.string(),
    default: '',
    defaultHelp: 'new keys in --data; production requires a file',
    value: 'file',
    help: 'Secret keys that protect personal data of candidates in the workforce database; `ordergraph keys` makes the file.',
  },
} as const satisfies SettingTable;

export const sealKeySettings = {
  auditKeys: {
    env: 'ORDERGRAPH_AUDIT_KEYS',
    schema: file,
    default: '',
    value: 'file',
    help: 'Public keys that verify seals of audit records; `ordergraph keys` makes the file.',
  },
} as const satisfies SettingTable;

const anchorSettings = {
  ...sealKeySettings,
  auditAnchor: {
    env: 'ORDERGRAPH_AUDIT_ANCHOR',
    schema: z.string(),
    default: '',
    value: 'file or url',
    help: 'File or URL that receives each new seal of an audit record.',
  },
} as const satisfies SettingTable;

/** The audit record of a subgraph. */
export const recordSettings = {
  audit: {
    env: 'ORDERGRAPH_AUDIT',
    schema: z.string(),
    default: '',
    defaultHelp: 'audit in --data',
    value: 'folder',
    help: 'Folder of the audit records.',
  },
  auditKey: {
    env: 'ORDERGRAPH_<NAME>_AUDIT_KEY',
    commonEnv: 'ORDERGRAPH_AUDIT_KEY',
    schema: file,
    default: '',
    defaultHelp: 'a new key in --data; production requires one',
    value: 'file',
    help: 'Private key that seals the audit record of a subgraph; `ordergraph keys` makes one for each.',
  },
  auditReplica: {
    env: 'ORDERGRAPH_AUDIT_REPLICA',
    schema: z.coerce.number().int().min(1).max(9_999),
    default: 1,
    help: 'Number of this replica, from 1 to 9999, where replicas of a subgraph keep records in separate folders.',
  },
  ...anchorSettings,
} as const satisfies SettingTable;

/** Where the registry signs what it publishes. */
const publishingSettings = {
  supergraphKey: {
    env: 'ORDERGRAPH_SUPERGRAPH_KEY',
    schema: file,
    default: '',
    value: 'file',
    help: 'Private key with which the registry signs the supergraphs that it publishes; `ordergraph keys` makes one. Only the registry uses it.',
  },
} as const satisfies SettingTable;

/** The event bus between processes. */
export const busSettings = {
  eventsUrl: {
    env: 'ORDERGRAPH_EVENTS_URL',
    formerEnv: 'EVENTS_URL',
    schema: redisUrl,
    default: '',
    value: 'url',
    help: 'Redis server that carries events between processes, as redis://host:6379; without it, events wait in the database.',
  },
  eventsPrefix: {
    env: 'ORDERGRAPH_EVENTS_PREFIX',
    formerEnv: 'EVENTS_PREFIX',
    schema: z.string().regex(/^[\w:.{}-]{1,100}$/, 'use 1 to 100 letters, digits, and . : _ - { }'),
    default: 'ordergraph:events',
    help: 'Prefix of the keys in that Redis; the same for every process of a deployment.',
  },
} as const satisfies SettingTable;

export const eventSettings = {
  ...busSettings,
  eventKeys: {
    env: 'ORDERGRAPH_EVENT_KEYS',
    schema: file,
    default: '',
    value: 'file',
    help: 'Public keys that verify events of other subgraphs; `ordergraph keys` makes the file.',
  },
  eventKey: {
    env: 'ORDERGRAPH_<NAME>_EVENT_KEY',
    schema: file,
    default: '',
    value: 'file',
    help: 'Private key that signs the events of a subgraph.',
  },
} as const satisfies SettingTable;

const fileSettings = {
  files: {
    env: 'ORDERGRAPH_FILES',
    schema: z.string(),
    default: '',
    defaultHelp: 'artifacts in --data',
    value: 'folder',
    help: 'Folder of uploaded files.',
  },
} as const satisfies SettingTable;

const backgroundSettings = {
  scheduleMs: {
    env: 'ORDERGRAPH_SCHEDULE_MS',
    schema: milliseconds(),
    default: 5_000,
    help: 'Milliseconds between runs of scheduled tasks.',
  },
  leaseMs: {
    env: 'ORDERGRAPH_LEASE_MS',
    schema: milliseconds(),
    default: 10_000,
    help: 'Milliseconds after which a replica takes over the background work of one that stopped.',
  },
} as const satisfies SettingTable;

/** What a subgraph needs to open and to work, in a process of its own or in `start`. */
export const openSettings = {
  ...dataSettings,
  ...databaseSettings,
  ...fileSettings,
  ...recordSettings,
  ...eventSettings,
  ...backgroundSettings,
  nodeEnv: gateway.nodeEnv,
} as const satisfies SettingTable;

/** What `ordergraph subgraph` reads. */
export const subgraphSettings = {
  host: gateway.host,
  port: {
    ...gateway.port,
    schema: z.union([z.literal(''), gateway.port.schema]),
    default: '' as const,
    defaultHelp: PROGRAMS.map((name) => `${defaultPort(name)} for ${name}`).join(', '),
  },
  identityKeys: {
    env: 'ORDERGRAPH_IDENTITY_KEYS',
    schema: file,
    default: '',
    value: 'file',
    help: 'Public keys of the gateways whose callers are accepted; `ordergraph keys` makes the file.',
  },
  tlsCert: {
    env: 'ORDERGRAPH_TLS_CERT',
    schema: file,
    default: '',
    value: 'file',
    help: 'Certificate of this subgraph in PEM; without one it serves plain HTTP.',
  },
  tlsKey: { env: 'ORDERGRAPH_TLS_KEY', schema: file, default: '', value: 'file', help: 'Key of --tls-cert in PEM.' },
  tlsCa: {
    env: 'ORDERGRAPH_TLS_CA',
    schema: file,
    default: '',
    value: 'file',
    help: 'Authority of client certificates in PEM; with it, only clients with a certificate can connect.',
  },
  ...publishingSettings,
  metricsPort: gateway.metricsPort,
  metricsHost: gateway.metricsHost,
  ...openSettings,
  maxTransfers: { ...gateway.maxTransfers, default: TRANSFERS_OF_GATEWAYS.perCaller },
  minTransferRate: { ...gateway.minTransferRate, default: TRANSFERS_OF_GATEWAYS.bytesPerSecond },
  transferWindowMs: { ...gateway.transferWindowMs, default: TRANSFERS_OF_GATEWAYS.windowMs },
  maxUnreadBytes: gateway.maxUnreadBytes,
  shutdownMs: gateway.shutdownMs,
  drainMs: gateway.drainMs,
  logLevel: gateway.logLevel,
  ...calendarSettings,
  ...frameworkSettings,
  ...documentSettings,
  ...recordsSettings,
  ...triageSettings,
} as const satisfies SettingTable;

/** What `ordergraph gateway` reads. */
export const gatewaySettings = {
  supergraph: {
    env: 'ORDERGRAPH_SUPERGRAPH',
    schema: file,
    default: '',
    defaultHelp: 'the supergraph of the four programs',
    value: 'file',
    help: 'Supergraph schema, read again when it changes.',
  },
  supergraphKeys: {
    env: 'ORDERGRAPH_SUPERGRAPH_KEYS',
    schema: file,
    default: '',
    value: 'file',
    help: 'Public keys of those who may publish supergraphs: the gateway serves a --supergraph, or one of --supergraph-registry, only with a signature by one of them.',
  },
  supergraphRegistry: {
    env: 'ORDERGRAPH_SUPERGRAPH_REGISTRY',
    schema: z.string(),
    default: '',
    value: 'url',
    help: 'URL of the subgraph "registry", such as http://registry:4000, whose active supergraph the gateway follows; in place of --supergraph. Requires --identity-key.',
  },
  supergraphCopy: {
    env: 'ORDERGRAPH_SUPERGRAPH_COPY',
    schema: file,
    default: '',
    value: 'file',
    help: 'File in which the gateway keeps the supergraph that it serves. After a restart, it serves none that was signed before, and it serves the copy while the registry is away.',
  },
  replicaName: {
    env: 'ORDERGRAPH_REPLICA_NAME',
    schema: z.string().regex(/^[\w.-]{1,100}$/, 'use 1 to 100 letters, digits, and . _ -'),
    default: '',
    defaultHelp: 'host name and process id',
    help: 'Name of this replica of the gateway in the registry.',
  },
  subgraphUrl: {
    env: 'ORDERGRAPH_SUBGRAPH_URLS',
    schema: list,
    default: [] as string[],
    value: 'name=url',
    help: 'URL of a subgraph, in place of the one in the supergraph; repeatable. The name * stands for all subgraphs that are not named, and * in its URL for their names.',
  },
  data: { ...dataSettings.data, help: 'Folder of the development issuer’s key.' },
  ...gateway,
  ...anchorSettings,
  ...busSettings,
} as const satisfies SettingTable;

/** What `ordergraph start` reads: gateway and subgraphs are one process. */
export const startSettings = {
  followRegistry: {
    env: 'ORDERGRAPH_FOLLOW_REGISTRY',
    schema: z.enum(['on', 'off']),
    default: 'off' as const,
    help: 'Whether the graph serves what was published in its registry, as deployments do, instead of the schemas of its code.',
  },
  ...gateway,
  ...openSettings,
  ...calendarSettings,
  ...frameworkSettings,
  ...documentSettings,
  ...recordsSettings,
  ...triageSettings,
} as const satisfies SettingTable;

/** What commands read that open databases and end. */
export const storeSettings = {
  ...dataSettings,
  ...databaseSettings,
  ...calendarSettings,
  nodeEnv: gateway.nodeEnv,
} as const satisfies SettingTable;

/** What `ordergraph events` reads. */
export const eventsCommandSettings = { ...storeSettings, ...eventSettings } as const satisfies SettingTable;

export type OpenSettings = SettingValues<typeof openSettings>;
export type StoreSettings = SettingValues<
  typeof dataSettings & typeof databaseSettings & Pick<typeof openSettings, 'nodeEnv'>
>;
export type RecordSettings = SettingValues<
  typeof recordSettings & typeof dataSettings & Pick<typeof openSettings, 'nodeEnv'>
>;
export type BusSettings = SettingValues<typeof busSettings>;
export type EventSettings = SettingValues<typeof eventSettings>;
export type AnchorSettings = SettingValues<typeof anchorSettings>;
export type SubgraphSettings = SettingValues<typeof subgraphSettings>;
export type GatewaySettings = SettingValues<typeof gatewaySettings>;

/** Environment variables of one subgraph, as in `ORDERGRAPH_REVIEWS_EVENT_KEY`. */
export const databaseVariable = (name: string): string => variableOf(databaseSettings.database.env, name);
export const eventKeyVariable = (name: string): string => variableOf(eventSettings.eventKey.env, name);
export const auditKeyVariable = (name: string): string => variableOf(recordSettings.auditKey.env, name);

/** Settings by subgraph, where a process or a command works on several; without a name, those that do not differ between them. */
export type SettingsOf<Values> = (subgraph?: string) => Values;

/** Reads the settings of subgraphs by name. */
export const settingsBySubgraph =
  <Table extends SettingTable>(
    table: Table,
    flags?: Readonly<Record<string, unknown>>,
    environment?: Environment,
  ): SettingsOf<SettingValues<Table>> =>
  (subgraph) =>
    readSettings(table, flags, environment, subgraph);

/** Whether a setting has a flag: one that differs between subgraphs has it only where the process runs one subgraph. */
export const hasFlag = ({ hasFlag, env }: Setting, table: SettingTable): boolean =>
  hasFlag !== false && (table === subgraphSettings || !env.includes('<NAME>'));

/** The settings of every process and command, as docs/settings.md lists them. */
export const PROCESSES: readonly { readonly title: string; readonly table: SettingTable }[] = [
  { title: 'ordergraph start', table: startSettings },
  { title: 'ordergraph gateway', table: gatewaySettings },
  { title: 'ordergraph subgraph', table: subgraphSettings },
  { title: 'ordergraph migrate, import, exercise, person-keys, token', table: storeSettings },
  { title: 'ordergraph events', table: eventsCommandSettings },
  { title: 'ordergraph audit', table: sealKeySettings },
];
