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
  REVIEW_FINDING: 'Found in the review of an AI model.',
  INDUSTRY: 'Reported by industry.',
  AGENCY_SCAN: 'Found by an agency scan.',
});

export const CaseStatus = enumeration('CaseStatus', 'Status of a clearinghouse case.', {
  PENDING: 'Received, not yet triaged.',
  OPEN: 'Accepted for handling.',
  DECLINED: 'Declined.',
  NOT_A_FLAW: 'Closed because the report does not describe a flaw.',
  VALIDATED: 'Flaw confirmed.',
  PATCH_IN_PROGRESS: 'Patch in development.',
  PATCH_AVAILABLE: 'Patch available.',
  PUBLISHED: 'Case published.',
  CLOSED: 'Closed.',
});

export const CasePriority = enumeration('CasePriority', 'Priority of a clearinghouse case.', {
  LOW: 'Low priority.',
  MEDIUM: 'Medium priority.',
  HIGH: 'High priority.',
  URGENT: 'Urgent: handle first.',
});
export type CasePriority = ValueOf<typeof CasePriority>;

@model('Case of the vulnerability clearinghouse: one flaw from report to publication.', {
  order: ['-openedAt'],
  sensitivity: 'ISVI',
})
export class ClearinghouseCase {
  @generatedId('chc') id!: string;
  @text('Short description of the flaw.', { search: true, filter: true }) title!: string;
  @belongsTo(() => Vulnerability, 'Cataloged vulnerability. Null until the flaw has a listed CVE id.', {
    as: 'vulnerability',
    nullable: true,
    filter: true,
  })
  cveId!: string | null;
  @refersTo(() => Agency, 'Agency that opened the case.', { as: 'openedBy' }) openedByKey!: string;
  @refersTo(() => Finding, 'Review finding that led to the case. Null for cases from other sources.', {
    as: 'finding',
    nullable: true,
    length: 30,
    sensitivity: 'PROPIN',
  })
  findingId!: string | null;
  @oneOf(() => CaseSource, 'How the clearinghouse learned of the flaw.', { filter: true }) source!: ValueOf<
    typeof CaseSource
  >;
  @oneOf(() => CaseStatus, 'Status of the case.', { filter: true, order: true, index: true }) status!: ValueOf<
    typeof CaseStatus
  >;
  @oneOf(() => CasePriority, 'Priority of the case.', { filter: true }) priority!: CasePriority;
  @dateTime('Time the case was opened.', { filter: true, order: true }) openedAt!: string;
  @dateTime('Time the embargo on publication ends.', { nullable: true, filter: true, order: true }) embargoUntil!:
    | string
    | null;
  @dateTime('Time a patch became available.', { nullable: true, filter: true, order: true }) patchedAt!: string | null;
  @dateTime('Time the case was published.', { nullable: true, filter: true, order: true }) publishedAt!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;
}

export const CaseSector = links(
  () => ClearinghouseCase,
  'sectors',
  () => Sector,
  { description: 'Sectors that the flaw affects.' },
);
export const CaseSystem = links(
  () => ClearinghouseCase,
  'affectedSystems',
  () => FederalSystem,
  { description: 'Federal systems that the flaw affects.', paged: true, sensitivity: 'ISVI' },
);
