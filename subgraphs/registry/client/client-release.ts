import { Index } from 'typeorm';
import { hasMany } from '#kit/collection/connection';
import {
  computed,
  date,
  dateTime,
  exerciseFlag,
  generatedId,
  integer,
  longText,
  revisionNumber,
  text,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import { ClientDocument } from './client-document';

@model('Released version of a client, such as a dashboard. Every caller may send its documents until it is retired.', {
  order: ['client', 'publishedAt'],
  sensitivity: 'GOV',
  tags: ['operation'],
})
@Index(['client', 'clientVersion'], { unique: true })
export class ClientRelease {
  @generatedId('clr') id!: string;
  @text('Name of the client, such as "dashboard".', { length: 60, filter: true, order: true }) client!: string;
  @text('Version of the client, such as "1.4".', { length: 60, filter: true, order: true, aggregate: false })
  clientVersion!: string;
  @longText('What is new in it.', { nullable: true }) note!: string | null;
  @integer('Number of its documents.', { order: true }) documentCount!: number;
  @integer('Bytes of its documents.', { hidden: true }) bytes!: number;
  @dateTime('Time at which it was published.', { filter: true, order: true }) publishedAt!: string;
  @text('Subject of the operator who published it.', { length: 200, sensitivity: 'PII', aggregate: false })
  publishedBy!: string;
  @dateTime('Time at which it was retired. Null while it is in use.', { nullable: true, filter: true, order: true })
  retiredAt!: string | null;
  @date('Day on which a client that gives this name and version last sent something, in UTC. Null before the first.', {
    ...{ nullable: true, filter: true, order: true },
  })
  lastUsedOn!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @computed(() => Boolean, 'Whether callers may send its documents.', {
    derivedFrom: ['ClientRelease.retiredAt'],
    conditions: {
      true: (column) => `${column('retiredAt')} IS NULL`,
      false: (column) => `${column('retiredAt')} IS NOT NULL`,
    },
  })
  inUse(): boolean {
    return this.retiredAt === null;
  }

  @hasMany(() => ClientDocument, 'releaseId', 'Its documents.') documents!: unknown;
}
