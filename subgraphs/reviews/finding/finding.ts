import { Index } from 'typeorm';
import { CaseStatus } from '#domain/contracts/case-status';
import { FindingSeverity } from '#domain/contracts/finding-severity';
import { SectorRiskLevel } from '#domain/contracts/sector-risk-level';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  computed,
  dateTime,
  exerciseFlag,
  generatedId,
  longText,
  oneOf,
  refersTo,
  revisionNumber,
  text,
} from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import { kept } from '#kit/model/record';
import type { Context } from '#kit/subgraph/context';
import { AtlasTechnique } from '../atlas/atlas';
import { ClearinghouseCase } from '../entities';
import { Review } from '../review/review';
import { Sector } from '../sector';
import { highest, SectorNotice } from '../sector-notice';
import { Submission } from '../submission';
import { Vulnerability } from '../vulnerability';

export const Confidence = enumeration('Confidence', 'Confidence of an agency in its result.', {
  LOW: 'Low confidence.',
  MODERATE: 'Moderate confidence.',
  HIGH: 'High confidence.',
});
export type Confidence = ValueOf<typeof Confidence>;

export const FindingStatus = enumeration('FindingStatus', 'Status of a finding.', {
  DRAFT: 'In preparation; the developer cannot see it.',
  DROPPED: 'Dropped before it was shared.',
  SHARED_WITH_DEVELOPER: 'Shared with the developer.',
  ACKNOWLEDGED: 'Acknowledged by the developer.',
  MITIGATION_REPORTED: 'The developer reported a mitigation.',
  DISPUTED: 'The developer disputed the finding.',
  NOTED: 'Noted by the developer, or 45 days without a response. A response is optional.',
  CLOSED: 'Closed by the agency.',
});

@model('Finding of a review about a model.', { order: ['-createdAt'], sensitivity: 'PROPIN' })
// for metrics, which so read the index alone
@Index(['createdAt', 'sharedAt', 'respondedAt', 'reviewId'])
export class Finding {
  @generatedId('fnd') id!: string;
  @belongsTo(() => Review, 'Review that made the finding.', { as: 'review', filter: true }) reviewId!: string;
  @refersTo(() => Submission, 'Submission that the finding is about.', { as: 'submission', length: 30 })
  submissionId!: string;
  @text('Title of the finding.', { search: true, filter: true }) title!: string;
  @longText('Description of the finding.') detail!: string;
  @oneOf(() => FindingSeverity, 'Severity of the finding.', { filter: true, order: true, index: true })
  severity!: FindingSeverity;
  @oneOf(() => Confidence, 'Confidence of the authors.', { filter: true }) confidence!: Confidence;
  @oneOf(() => FindingStatus, 'Status of the finding.', { filter: true, order: true, index: true }) status!: ValueOf<
    typeof FindingStatus
  >;
  @dateTime('Time the finding was drafted.', { filter: true, order: true }) createdAt!: string;
  @dateTime('Time the finding was shared with the developer.', {
    nullable: true,
    filter: true,
    order: true,
    index: true,
  })
  sharedAt!: string | null;
  @dateTime("Time of the developer's first response.", { nullable: true, filter: true, order: true }) respondedAt!:
    | string
    | null;
  @longText("Text of the developer's response.", { nullable: true }) developerResponse!: string | null;
  @refersTo(() => ClearinghouseCase, 'Clearinghouse case, for a flaw in deployed software.', {
    as: 'clearinghouseCase',
    length: 30,
    nullable: true,
    sensitivity: 'ISVI',
  })
  clearinghouseCaseId!: string | null;
  @oneOf(() => CaseStatus, 'Status of the clearinghouse case, as last reported. Null without a report.', {
    nullable: true,
    sensitivity: 'ISVI',
    derivedFrom: ['ClearinghouseCase.status'],
  })
  clearinghouseStatus!: CaseStatus | null;
  @text('Reason why the finding cannot be shared with the developer.', { nullable: true, sensitivity: 'GOV_DELIB' })
  notShareableReason!: string | null;
  /** Person key of the last editor. A different person must read the finding before it is shared. */
  @kept({ length: 100, default: '' }) authorSubject!: string;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @computed(
    () => SectorRiskLevel,
    'Highest risk level of the affected sectors, as their risk management agencies last reported it. Null without a report.',
    { nullable: true, derivedFrom: ['SectorRisk.level', 'Finding.sectors'] },
  )
  async sectorRisk({ loaders, database }: Context): Promise<SectorRiskLevel | null> {
    const sectors = await loaders.links(FindingSector).load(this.id);
    const levels = await Promise.all(
      sectors.map(({ targetKey }) =>
        loaders
          .batched<SectorRiskLevel | null>(SectorNotice, 'level', async (keys) => {
            const notices = await database.findBy(SectorNotice, 'sectorKey', keys);
            return keys.map((key) => {
              const reports = notices.filter(({ sectorKey }) => sectorKey === key);
              return reports.sort((a, b) => (a.asOf < b.asOf ? 1 : -1))[0]?.level ?? null;
            });
          })
          .load(targetKey),
      ),
    );
    return highest(levels.filter((level) => level !== null));
  }
}

export const FindingSector = links(
  () => Finding,
  'sectors',
  () => Sector,
  { remote: true, description: 'Critical-infrastructure sectors affected.' },
);
export const FindingTechnique = links(
  () => Finding,
  'techniques',
  () => AtlasTechnique,
  {
    description: 'MITRE ATLAS techniques that the finding is an instance of.',
  },
);
export const FindingVulnerability = links(
  () => Finding,
  'relatedVulnerabilities',
  () => Vulnerability,
  { remote: true, description: 'Known vulnerabilities related to the finding.' },
);
