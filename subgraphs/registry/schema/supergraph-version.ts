import { Index } from 'typeorm';
import { hasMany } from '#kit/collection/connection';
import {
  belongsTo,
  computed,
  dateTime,
  exerciseFlag,
  generatedId,
  integer,
  longText,
  sha256,
  text,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import type { Context } from '#kit/subgraph/context';
import { shownText } from './schema-text';
import { SubgraphVersion } from './subgraph-version';

@model('Supergraph that was composed of versions of subgraphs. Versions are never changed or deleted.', {
  order: ['number'],
  sensitivity: 'GOV',
  tags: ['operation'],
})
@Index(['number'], { unique: true })
export class SupergraphVersion {
  @generatedId('spg') id!: string;
  @integer('Number of the version, from 1.', { filter: true, order: true, aggregate: false }) number!: number;
  @sha256('SHA-256 of the supergraph, without its signature.') digest!: string;
  @integer('Number of the activation with whose supergraph its check compared; 0 for the first.', { aggregate: false })
  basedOn!: number;
  @text('Digest of the agreement of the owners.', { length: 64, hidden: true }) agreementDigest!: string;
  @text('Digest of the list of released documents.', { length: 64, hidden: true }) documentsDigest!: string;
  @text('Digest of what clients sent lately.', { length: 64, hidden: true }) usedDigest!: string;
  @text('Digest of the report.', { length: 64, hidden: true }) reportDigest!: string;
  @longText('What changed.', { nullable: true }) note!: string | null;
  @dateTime('Time at which it was published.', { filter: true, order: true }) publishedAt!: string;
  @text('Subject of the publisher.', { length: 200, sensitivity: 'PII', aggregate: false }) publishedBy!: string;
  @exerciseFlag() exercise!: boolean;

  @computed(() => String, 'Report of the check before it was published, as JSON.', {
    derivedFrom: ['SupergraphVersion.digest'],
  })
  report(context: Context): Promise<string> {
    return shownText(context, this.reportDigest);
  }

  @hasMany(() => SupergraphMember, 'supergraphId', 'Versions of the subgraphs that it was composed of.')
  members!: unknown;
}

@model('Version of a subgraph in a supergraph.', {
  order: ['versionId'],
  sensitivity: 'GOV',
  tags: ['operation'],
  entity: false,
})
export class SupergraphMember {
  @generatedId('spm') id!: string;
  @belongsTo(() => SupergraphVersion, 'The supergraph.', { as: 'supergraph', filter: true }) supergraphId!: string;
  @belongsTo(() => SubgraphVersion, 'The version of the subgraph.', { as: 'version', filter: true })
  versionId!: string;
  @exerciseFlag() exercise!: boolean;
}
