import { Index } from 'typeorm';
import { belongsTo, dateTime, exerciseFlag, generatedId, integer, longText, sha256, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { digestOf } from './schema-text';
import { SupergraphVersion } from './supergraph-version';

@model('Decision that gateways serve a supergraph. The last one holds.', {
  order: ['number'],
  sensitivity: 'GOV',
  tags: ['operation'],
})
// two activations after the same one cannot both be stored
@Index(['number'], { unique: true })
export class SupergraphActivation {
  @generatedId('spa') id!: string;
  @integer('Number, from 1.', { filter: true, order: true, aggregate: false }) number!: number;
  @belongsTo(() => SupergraphVersion, 'The supergraph that gateways serve from then on.', {
    ...{ as: 'supergraph', filter: true },
  })
  supergraphId!: string;
  @longText('Why.', { nullable: true }) note!: string | null;
  @dateTime('Time of the decision.', { filter: true, order: true }) activatedAt!: string;
  @text('Subject of the caller who decided.', { length: 200, sensitivity: 'PII', aggregate: false })
  activatedBy!: string;
  @longText('Last line of the served text, with its signature.', { nullable: true, hidden: true })
  signature!: string | null;
  @sha256('SHA-256 over this activation and `chain` of the one before: a change of the history shows.') chain!: string;
  @exerciseFlag() exercise!: boolean;
}

/** What the chain covers. */
export interface Link {
  readonly number: number;
  readonly activatedAt: string;
  readonly note: string | null;
  /** Digest of the supergraph. */
  readonly digest: string;
  /** Names of its subgraphs, with the numbers and digests of their versions, sorted. */
  readonly members: readonly (readonly [name: string, version: number, digest: string])[];
}

/** The chain of an activation. @param before that of the one before; empty for the first */
export const chainOf = (before: string, { number, activatedAt, note, digest, members }: Link): string =>
  digestOf(JSON.stringify([before, number, activatedAt, note, digest, members]));
