import { hasMany } from '#kit/collection/connection';
import { fromVisible } from '#kit/model/derivation';
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

@valueObject('Highest current risk level of one agency in one area of a submission.')
export class AssessedRisk {
  @part(() => RiskDomain, 'Area of the risk.') domain!: RiskDomain;
  @part(() => Agency, 'Agency that assessed the risk.') agency!: Agency;
  @part(() => RiskLevel, 'Risk level.') level!: RiskLevel;
}

/** First to last. A stopped review counts as opened; its events tell how far it had come. */
const STAGES: readonly ReviewStatus[] = [
  'STOPPED',
  'OPENED',
  'EVALUATING',
  'FINDINGS_DRAFTED',
  'FINDINGS_SHARED',
  'CLOSED_NO_FINDINGS',
  'CLOSED',
];

@stub('Voluntary filing of an AI model by its developer before launch. The government sees it once it is filed.', {
  matchedBy: 'submissionKeys',
})
export class Submission {
  @stubKey() id!: string;

  @hasMany(
    () => Determination,
    'submissionId',
    'Determinations of agencies on whether a review is needed. Advisory only.',
  )
  determinations!: unknown;
  @hasMany(() => Designation, 'submissionId', 'Designations by NSA on whether the model is a covered model.')
  designations!: unknown;
  @hasMany(() => Review, 'submissionId', 'Reviews of the submission.') reviews!: unknown;
  @hasMany(() => RiskAssessment, 'submissionId', 'Risk assessments of the model, all revisions included.')
  riskAssessments!: unknown;
  @hasMany(() => Finding, 'submissionId', 'Findings of reviews.') findings!: unknown;
  @hasMany(() => Consultation, 'submissionId', 'Consultations between agencies and the developer.')
  consultations!: unknown;
  @hasMany(() => Advice, 'submissionId', 'Advice that agencies sent to the developer.') advice!: unknown;
  @hasMany(() => ReviewEvent, 'submissionId', 'Events of the submission at the agencies, oldest first.')
  reviewTimeline!: unknown;

  @computed(() => Boolean, 'Whether any current determination finds a review necessary.', {
    sensitivity: 'GOV',
    derivedFrom: ['Determination.outcome', 'Determination.status'],
  })
  @fromVisible('Submission', () => [Determination])
  async reviewSought({ loaders }: Context): Promise<boolean> {
    const determinations = await loaders.allBy(Determination, 'submissionId').load(this.id);
    return determinations.some(({ status, outcome }) => status === 'ISSUED' && outcome === 'REVIEW_NECESSARY');
  }

  @computed(() => ReviewStatus, 'Furthest stage that any review of the submission has reached; null without reviews.', {
    nullable: true,
    sensitivity: 'GOV',
    derivedFrom: ['Review.status'],
  })
  @fromVisible('Submission', () => [Review])
  async furthestReviewStage({ loaders }: Context): Promise<ReviewStatus | null> {
    const reviews = await loaders.allBy(Review, 'submissionId').load(this.id);
    const stages = reviews.map(({ status }) => STAGES.indexOf(status));
    return stages.length === 0 ? null : STAGES[Math.max(...stages)]!;
  }

  @computed(() => [AssessedRisk], 'Highest current risk level for each area and agency.', {
    sensitivity: 'GOV',
    derivedFrom: ['RiskAssessment.level'],
  })
  @fromVisible('Submission', () => [RiskAssessment])
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
