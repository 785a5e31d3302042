import { hasMany } from '#kit/collection/connection';
import type { ValueOf } from '#kit/model/enumeration';
import { computed } from '#kit/model/fields';
import { stub, stubKey, stubOf } from '#kit/model/model';
import { part, valueObject } from '#kit/model/value-object';
import type { Context } from '#kit/subgraph/context';
import { Agency } from './agency';
import { RiskAssessment } from './assessment/risk-assessment';
import { Advice, Consultation } from './consultation/consultation';
import { Designation, Determination } from './determination/determination';
import { Finding } from './finding/finding';
import { Review, ReviewStatus } from './review/review';
import { ReviewEvent } from './review/review-event';
import { levelRank, RiskDomain, RiskLevel } from './risk';

@valueObject('The highest current level that one agency sees for one risk of a submission.')
export class AssessedRisk {
  @part(() => RiskDomain, 'Which risk.') domain!: RiskDomain;
  @part(() => Agency, 'Who sees it.') agency!: Agency;
  @part(() => RiskLevel, 'How high.') level!: RiskLevel;
}

/** From first to last; a stopped review had reached what its events say, so it counts as opened. */
const STAGES: readonly ValueOf<typeof ReviewStatus>[] = [
  'STOPPED',
  'OPENED',
  'EVALUATING',
  'FINDINGS_DRAFTED',
  'FINDINGS_SHARED',
  'CLOSED_NO_FINDINGS',
  'CLOSED',
];

/** A submission, as the reviews program extends it. */
@stub('A model shared voluntarily before launch, or announced for sharing.')
export class Submission {
  @stubKey() id!: string;

  @hasMany(() => Determination, 'submissionId', 'What agencies find: whether a review is needed. Advisory only.')
  determinations!: unknown;
  @hasMany(() => Designation, 'submissionId', 'Findings of NSA whether the model is a covered one.')
  designations!: unknown;
  @hasMany(() => Review, 'submissionId', 'Reviews of it.') reviews!: unknown;
  @hasMany(() => RiskAssessment, 'submissionId', 'Assessments of its risks.') riskAssessments!: unknown;
  @hasMany(() => Finding, 'submissionId', 'What reviews found.') findings!: unknown;
  @hasMany(() => Consultation, 'submissionId', 'Consultations between agencies and the developer.')
  consultations!: unknown;
  @hasMany(() => Advice, 'submissionId', 'Advice sent to the developer.') advice!: unknown;
  @hasMany(() => ReviewEvent, 'submissionId', 'Everything that happened to it in the agencies, in time order.')
  reviewTimeline!: unknown;

  @computed(() => Boolean, 'Whether any agency currently finds a review necessary.', {
    sensitivity: 'GOV',
    derivedFrom: ['Determination.outcome', 'Determination.status'],
  })
  async reviewSought({ loaders }: Context): Promise<boolean> {
    const determinations = await loaders.allBy(Determination, 'submissionId').load(this.id);
    return determinations.some(({ status, outcome }) => status === 'ISSUED' && outcome === 'REVIEW_NECESSARY');
  }

  @computed(() => ReviewStatus, 'The furthest that any review of it has come; null when there was none.', {
    nullable: true,
    sensitivity: 'GOV',
    derivedFrom: ['Review.status'],
  })
  async furthestReviewStage({ loaders }: Context): Promise<ValueOf<typeof ReviewStatus> | null> {
    const reviews = await loaders.allBy(Review, 'submissionId').load(this.id);
    const stages = reviews.map(({ status }) => STAGES.indexOf(status));
    return stages.length === 0 ? null : STAGES[Math.max(...stages)]!;
  }

  @computed(() => [AssessedRisk], 'The highest current level for each risk and agency.', {
    sensitivity: 'GOV',
    derivedFrom: ['RiskAssessment.level'],
  })
  async highestRisks({ loaders }: Context): Promise<AssessedRisk[]> {
    const assessments = (await loaders.allBy(RiskAssessment, 'submissionId').load(this.id)).filter(
      ({ current }) => current,
    );
    const groups = Map.groupBy(assessments, ({ domain, agencyKey }) => `${domain} ${agencyKey}`);
    return [...groups.keys()].sort().map((name) => {
      const group = groups.get(name)!;
      const highest = group.reduce((a, b) => (levelRank(b.level) > levelRank(a.level) ? b : a));
      const agency = stubOf(Agency, highest.agencyKey)!;
      return Object.assign(new AssessedRisk(), { domain: highest.domain, agency, level: highest.level });
    });
  }
}
