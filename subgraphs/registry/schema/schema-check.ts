import { Directive } from 'type-graphql';
import { Index } from 'typeorm';
import {
  computed,
  dateTime,
  exerciseFlag,
  flag,
  generatedId,
  integer,
  longText,
  text,
  textList,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import type { Context } from '#kit/subgraph/context';
import { shownText } from './schema-text';

/** A schema to be published. Its text is stored by its digest. */
export interface ProposedVersion {
  readonly name: string;
  readonly url: string;
  readonly digest: string;
  /** Keys of the agencies that owned the subgraph. */
  readonly agencies: readonly string[];
}

@model('Check of schemas before they are published. What it was based on is stored, so that it can be repeated.', {
  order: ['checkedAt'],
  sensitivity: 'GOV',
  tags: ['operation'],
})
@Index(['agencyKey', 'checkedAt'])
export class SchemaCheck {
  @generatedId('sck') id!: string;
  @textList('Names of the subgraphs whose schemas were checked.') subgraphs!: string[];
  @flag('Whether the schemas may be published.', { filter: true }) passed!: boolean;
  @integer('Number of the activation with whose supergraph it compares; 0 before the first.', {
    ...{ filter: true, aggregate: false },
  })
  basedOn!: number;
  /** Of {@link ProposedVersion}, as JSON. */
  @longText('Checked versions.', { hidden: true }) proposed!: string;
  @text('Digest of the agreement of the owners.', { length: 64, hidden: true }) agreementDigest!: string;
  @text('Digest of the list of released documents.', { length: 64, hidden: true }) documentsDigest!: string;
  @text('Digest of what clients sent lately.', { length: 64, hidden: true }) usedDigest!: string;
  @text('Digest of the report.', { length: 64, hidden: true }) reportDigest!: string;
  @text('Digest of the composed supergraph.', { length: 64, nullable: true, hidden: true })
  supergraphDigest!: string | null;
  @dateTime('Time of the check.', { filter: true, order: true }) checkedAt!: string;
  @text('Subject of the caller.', { length: 200, sensitivity: 'PII', aggregate: false }) checkedBy!: string;
  @text('Agency of the caller.', { length: 60, nullable: true, hidden: true }) agencyKey!: string | null;
  @exerciseFlag() exercise!: boolean;

  @Directive('@cost(weight: 10)')
  @computed(() => String, 'The report, as JSON: problems, changes, documents that would break, and notes.', {
    derivedFrom: ['SchemaCheck.subgraphs'],
  })
  report(context: Context): Promise<string> {
    return shownText(context, this.reportDigest);
  }
}
