import type { Registry } from 'prom-client';
import type { Traffic } from '#base/http/traffic';
import type { Door } from '#base/identity/door';
import { addTrafficMetrics, Metrics, snapshot } from '#base/telemetry/metrics';
import type { AuditLog } from '../audit/audit-log';
import type { SealExchange } from '../audit/seal-exchange';
import type { Database } from '../database/database';
import type { OperationCounts } from '../subgraph/operation-counts';
import type { OpenSubgraph } from '../subgraph/subgraph';

/** Metrics of one subgraph process. */
export function subgraphMetrics(open: OpenSubgraph, traffic: Traffic, seals?: SealExchange): Registry {
  const metrics = new Metrics();
  addTrafficMetrics(metrics, traffic);
  addOperationMetrics(metrics, open.operations);
  addIdentityMetrics(metrics, open.door);
  addPoolMetrics(metrics, open.database);
  addBackgroundMetrics(metrics, open);
  if (open.audit) addRecordMetrics(metrics, open.audit);
  if (seals) addSealMetrics(metrics, seals);
  return metrics.registry;
}

function addOperationMetrics(metrics: Metrics, counts: OperationCounts): void {
  metrics.counter('ordergraph_graphql_operations_total', 'GraphQL operations answered.', () => counts.operations);
  metrics.counters(
    'ordergraph_graphql_errors_total',
    'Errors in GraphQL responses, by code.',
    'code',
    () => counts.errorsByCode,
  );
}

function addIdentityMetrics(metrics: Metrics, { refused, clockSkew }: Door): void {
  if (!refused || !clockSkew) return;
  metrics.gauge(
    'ordergraph_identity_clock_skew_seconds',
    "How far this subgraph's clock is ahead of the gateway's, by the ages of identities; negative if the gateway's is ahead.",
    () => clockSkew.seconds,
  );
  metrics.counters(
    'ordergraph_identities_refused_total',
    'Requests rejected for an invalid identity, by flaw.',
    'flaw',
    () => refused,
  );
}

function addPoolMetrics(metrics: Metrics, database: Database): void {
  metrics.gauge('ordergraph_database_connections', 'Maximum database connections.', () => database.pool().size);
  metrics.gauge('ordergraph_database_connections_idle', 'Idle database connections.', () => database.pool().idle);
  metrics.gauge(
    'ordergraph_database_statements_waiting',
    'Statements waiting for a database connection.',
    () => database.pool().waiting,
  );
  metrics.counter(
    'ordergraph_database_timeouts_total',
    'Statements that got no database connection, or no result, in time.',
    () => database.pool().timeouts,
  );
}

/** Omitted until the background work starts, and while the database does not respond. */
function addBackgroundMetrics(metrics: Metrics, open: OpenSubgraph): void {
  const status = snapshot(() => open.backgroundStatus());
  const gauges = [
    ['lease_held', 'Whether this replica does the background work: 1 or 0.', 'leaseHeld'],
    [
      'lease_clock_skew_seconds',
      "How far this process's clock is ahead of the database's; negative if the database's is ahead.",
      'leaseClockSkewSeconds',
    ],
    ['events_backlog', 'Events not yet published to the bus.', 'backlog'],
    ['events_oldest_unpublished_seconds', 'Age of the oldest unpublished event.', 'oldestUnpublishedSeconds'],
    ['events_rejected', 'Rejected events that no operator has dismissed.', 'rejected'],
    ['events_orphaned', 'Events that their source lost when it was restored from a backup.', 'orphaned'],
    ['events_gaps', 'Sources with known missing events.', 'gapsOpen'],
  ] as const;
  for (const [name, help, which] of gauges)
    metrics.gauge(`ordergraph_${name}`, help, () => status((values) => values[which]));
  const counters = [
    ['events_replays_requested_total', 'Requests to other subgraphs for missing events.', 'replaysRequested'],
    ['events_replays_served_total', 'Answered requests of other subgraphs for missing events.', 'replaysServed'],
    [
      'events_epoch_changes_total',
      'New histories of the event log, for example after a restored backup.',
      'epochChanges',
    ],
  ] as const;
  for (const [name, help, which] of counters)
    metrics.counter(`ordergraph_${name}`, help, () => status((values) => values[which]));
  metrics.counters(
    'ordergraph_events_unsigned_total',
    'Rejected event bus messages without a valid signature, by claimed kind.',
    'kind',
    () => open.unsignedMessages,
  );
}

function addRecordMetrics(metrics: Metrics, { counts }: AuditLog): void {
  metrics.counter('ordergraph_record_entries_total', 'Entries written to the record.', () => counts.written);
  metrics.gauge('ordergraph_record_entries_waiting', 'Entries waiting to be written.', () => counts.waiting());
  metrics.counter(
    'ordergraph_record_write_failures_total',
    'Failed writes to the record; the actions to record were rejected.',
    () => counts.failures,
  );
  metrics.counter(
    'ordergraph_record_breaches_total',
    'Parts that this process began because the record before them had been altered.',
    () => counts.breaches,
  );
  metrics.gauge(
    'ordergraph_record_last_seal_timestamp_seconds',
    'Unix time of the last seal by this process; 0 before the first seal.',
    () => counts.sealedAt,
  );
}

function addSealMetrics(metrics: Metrics, { counts }: SealExchange): void {
  metrics.counter(
    'ordergraph_record_seals_received_total',
    'Seals of other records that the record of this process accepted.',
    () => counts.received,
  );
  metrics.counter(
    'ordergraph_record_seals_refused_total',
    'Rejected seals of other records, without a signature by a configured key of their subgraph.',
    () => counts.refused,
  );
  metrics.counter(
    'ordergraph_record_anchor_failures_total',
    'Failed attempts to store seals of the record elsewhere or to read those of others.',
    () => counts.failures,
  );
}
