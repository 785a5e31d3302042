import { Index } from 'typeorm';
import { CaseStatus } from '#domain/contracts/case-status';
import { hasMany } from '#kit/collection/connection';
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
import { kept } from '#kit/model/record';
import { Agency } from '../agency';
import { Finding } from '../entities';
import { Sector } from '../sector/sector';
import { FederalSystem } from '../system/federal-system';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { Vulnerability } from '../vulnerability/vulnerability';

export const CaseSource = enumeration('CaseSource', 'How the clearinghouse learned of a flaw.', {
  REVIEW_FINDING: 'Found in the review of an AI model.',
  INDUSTRY: 'Reported by industry.',
  AGENCY_SCAN: 'Found by an agency scan.',
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
  @text('CVE id of the flaw, such as "CVE-2026-12345". Null until one is assigned.', {
    nullable: true,
    length: 30,
    filter: true,
  })
  assignedCve!: string | null;
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
  @oneOf(() => CaseStatus, 'Status of the case.', { filter: true, order: true, index: true }) status!: CaseStatus;
  @oneOf(() => CasePriority, 'Priority of the case.', { filter: true }) priority!: CasePriority;
  @dateTime('Time the case was opened.', { filter: true, order: true }) openedAt!: string;
  @dateTime('Time the embargo on publication ends.', { nullable: true, filter: true, order: true }) embargoUntil!:
    | string
    | null;
  @dateTime('Time a patch became available.', { nullable: true, filter: true, order: true }) patchedAt!: string | null;
  @dateTime('Time the case was published.', { nullable: true, filter: true, order: true }) publishedAt!: string | null;
  @text('Vendor of the affected software. Null until it is known.', { nullable: true, filter: true }) vendorName!:
    | string
    | null;
  @dateTime('Time the vendor was contacted about the flaw.', { nullable: true, filter: true, order: true })
  vendorContactedAt!: string | null;
  @belongsTo(() => ClearinghouseCase, 'Case about the same flaw that replaces this one.', {
    as: 'mergedInto',
    nullable: true,
  })
  mergedIntoId!: string | null;
  /** CVE id, while the clearinghouse handles the case: its unique index makes the database refuse a second one. */
  @kept({ length: 30, nullable: true }) @Index({ unique: true }) handledCve!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => InfrastructureEvent, 'subjectId', 'Events of the case, oldest first.') timeline!: unknown;
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
