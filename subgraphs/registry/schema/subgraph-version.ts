import { Directive } from 'type-graphql';
import { Index } from 'typeorm';
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
  url,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import type { Context } from '#kit/subgraph/context';
import { RegisteredSubgraph } from './registered-subgraph';
import { shownText } from './schema-text';

@model('Published version of the schema of a subgraph. Versions are never changed or deleted.', {
  order: ['subgraphName', 'number'],
  sensitivity: 'GOV',
  tags: ['operation'],
})
@Index(['subgraphName', 'number'], { unique: true })
export class SubgraphVersion {
  @generatedId('sgv') id!: string;
  @belongsTo(() => RegisteredSubgraph, 'The subgraph.', { as: 'subgraph', length: 60, filter: true, index: false })
  subgraphName!: string;
  @integer('Number of the version, from 1.', { filter: true, order: true, aggregate: false }) number!: number;
  @sha256('SHA-256 of the schema.') digest!: string;
  @url('Where gateways reach the subgraph with this schema.') url!: string;
  @longText('What changed.', { nullable: true }) note!: string | null;
  @text('Commit of the source, as the publisher named it.', { length: 100, nullable: true, aggregate: false })
  sourceCommit!: string | null;
  @dateTime('Time at which it was published.', { filter: true, order: true }) publishedAt!: string;
  @text('Subject of the publisher.', { length: 200, sensitivity: 'PII', aggregate: false }) publishedBy!: string;
  @exerciseFlag() exercise!: boolean;

  /** Costs what hundreds of kilobytes cost. */
  @Directive('@cost(weight: 100)')
  @computed(() => String, 'The schema in the GraphQL schema language.', { derivedFrom: ['SubgraphVersion.digest'] })
  sdl(context: Context): Promise<string> {
    return shownText(context, this.digest);
  }
}
