import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  dateTime,
  exerciseFlag,
  generatedId,
  oneOf,
  refersTo,
  revisionNumber,
  text,
} from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import { Agency } from '../agency';
import { Finding } from '../entities';
import { Sector } from '../sector/sector';
import { FederalSystem } from '../system/federal-system';
import { Vulnerability } from '../vulnerability/vulnerability';

export const CaseSource = enumeration('CaseSource', 'How the clearinghouse learned of a flaw.', {
  REVIEW_FINDING: 'A review of a model found it.',
  INDUSTRY: 'Industry reported it.',
  AGENCY_SCAN: 'A scan of an agency found it.',
});

export const CaseStatus = enumeration('CaseStatus', 'Where a case of the clearinghouse stands.', {
  PENDING: 'Not looked at yet.',
  OPEN: 'Taken up.',
  DECLINED: 'Not taken up.',
  NOT_A_FLAW: 'It is no flaw.',
  VALIDATED: 'The flaw is confirmed.',
  PATCH_IN_PROGRESS: 'A patch is being made.',
  PATCH_AVAILABLE: 'A patch is there.',
  PUBLISHED: 'Published.',
  CLOSED: 'Done with.',
});

export const CasePriority = enumeration('CasePriority', 'How urgent a case is.', {
  LOW: 'Low.',
  MEDIUM: 'Medium.',
  HIGH: 'High.',
  URGENT: 'Urgent.',
});

@model('A case of the vulnerability clearinghouse.', { order: ['-openedAt'], sensitivity: 'ISVI' })
export class ClearinghouseCase {
  @generatedId('chc') id!: string;
  @text('Title.', { filter: true }) title!: string;
  @belongsTo(() => Vulnerability, 'The vulnerability; null until it has a CVE id that is listed.', {
    as: 'vulnerability',
    nullable: true,
    filter: true,
  })
  cveId!: string | null;
  @refersTo(() => Agency, 'Who opened it.', { as: 'openedBy' }) openedByKey!: string;
  @refersTo(() => Finding, 'The finding of a review it comes from.', {
    as: 'finding',
    nullable: true,
    length: 30,
    sensitivity: 'PROPIN',
  })
  findingId!: string | null;
  @oneOf(() => CaseSource, 'How it became known.', { filter: true }) source!: ValueOf<typeof CaseSource>;
  @oneOf(() => CaseStatus, 'Where it stands.', { filter: true, order: true, index: true }) status!: ValueOf<
    typeof CaseStatus
  >;
  @oneOf(() => CasePriority, 'How urgent it is.', { filter: true }) priority!: ValueOf<typeof CasePriority>;
  @dateTime('When it was opened.', { filter: true, order: true }) openedAt!: string;
  @dateTime('Until when it is kept quiet.', { nullable: true, filter: true, order: true }) embargoUntil!: string | null;
  @dateTime('When a patch was there.', { nullable: true, filter: true, order: true }) patchedAt!: string | null;
  @dateTime('When it was published.', { nullable: true, filter: true, order: true }) publishedAt!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;
}

export const CaseSector = links(
  () => ClearinghouseCase,
  'sectors',
  () => Sector,
  { description: 'Sectors it touches.' },
);
export const CaseSystem = links(
  () => ClearinghouseCase,
  'affectedSystems',
  () => FederalSystem,
  { description: 'Affected systems.', paged: true, sensitivity: 'ISVI' },
);
