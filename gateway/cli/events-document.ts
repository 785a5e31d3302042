import { z } from 'zod';
import type { EventType } from '../../shared/contracts/event';
import { eventTypes } from '../../shared/contracts/events';

interface Property {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly items?: Property;
  readonly properties?: Readonly<Record<string, Property>>;
}

function typeOf({ type, format, enum: values, items, properties }: Property): string {
  if (values) return values.join(' or ');
  if (items) return `list of ${typeOf(items)}`;
  if (properties) return `{ ${Object.keys(properties).join(', ')} }`;
  return format === 'date-time' ? 'instant' : (type ?? 'any');
}

function section({ name, version, description, readers, data }: EventType): string {
  const { properties = {} } = z.toJSONSchema(data, { io: 'output' }) as Property;
  const rows = Object.entries(properties).map(
    ([field, property]) => `| \`${field}\` | ${typeOf(property)} | ${property.description ?? ''} |`,
  );
  return [
    `## ${name}, version ${version}`,
    '',
    description,
    '',
    `Acted on by: ${readers.join(', ')}.`,
    '',
    '| field | type | |',
    '| --- | --- | --- |',
    ...rows,
  ].join('\n');
}

/** The document of all events, from what both ends check them against. */
export function eventsDocument(): string {
  return `${[
    '# Events between subgraphs',
    'Written by `npm run generate` from `shared/contracts/events.ts`; do not edit.',
    `Each subgraph tells the others what happened in its programme. An event is written into the outbox of the subgraph's own
database in the transaction of what it tells of, handed to the bus (Redis Streams when \`EVENTS_URL\` is set, else within the process), and
acted on by each reader in one transaction with a note of how far it has come. It arrives at least once and in the order of its
subject; its effect happens once. An event that a reader cannot read is kept in \`inbox_rejected\` and stops none behind it.`,
    `Around the data stand \`id\`, \`type\`, \`version\`, \`source\` (the subgraph), \`subject\` (the submission's id), \`sequence\` (its place among
the events of the source about the subject, from 1) and \`occurredAt\`. Fields may be added to an event; a change of meaning raises its
version.`,
    ...[...eventTypes.values()].map(section),
  ].join('\n\n')}\n`;
}
