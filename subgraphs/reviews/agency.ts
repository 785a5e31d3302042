import { Float, Int } from 'type-graphql';
import { AgencyFields, agencyRootsOf, declareAgency } from '#domain/agency/agency';
import { hasMany } from '#kit/collection/connection';
import { marks } from '#kit/database/marks';
import { computed } from '#kit/model/fields';
import { part, valueObject } from '#kit/model/value-object';
import type { Context } from '#kit/subgraph/context';
import { RiskAssessment } from './assessment/risk-assessment';
import { Determination } from './determination/determination';
import { OPEN_REVIEW_SQL, Review } from './review/review';
import { Reviewer } from './review/reviewer';

@valueObject("Workload of an agency's reviewers.")
export class ReviewWorkload {
  @part(() => Int, 'Open reviews led by the agency.') openReviews!: number;
  @part(() => Int, 'Number of reviewers registered by the agency.') reviewers!: number;
  @part(() => Float, 'Open reviews per reviewer; null if the agency has no reviewers.', { nullable: true })
  openReviewsPerReviewer!: number | null;
}

export class Agency extends AgencyFields {
  @hasMany(() => Review, 'leadAgencyKey', 'Reviews led by the agency.') reviews!: unknown;
  @hasMany(() => Determination, 'agencyKey', 'Determinations of the agency, drafts included.') determinations!: unknown;
  @hasMany(() => RiskAssessment, 'agencyKey', 'Risk assessments by the agency, all revisions included.')
  riskAssessments!: unknown;
  @hasMany(() => Reviewer, 'agencyKey', 'Reviewers of the agency.') reviewers!: unknown;

  @computed(() => ReviewWorkload, "Current workload of the agency's reviewers.", { sensitivity: 'GOV' })
  reviewWorkload({ loaders, database }: Context): Promise<ReviewWorkload> {
    return loaders
      .batched<ReviewWorkload>(Agency, 'review workload', async (keys) => {
        const open = await database.summarize<{ agency: string; n: number }>(
          `SELECT lead_agency_key AS agency, COUNT(*) AS n FROM review
           WHERE lead_agency_key IN (${marks(keys)}) AND status IN (${OPEN_REVIEW_SQL}) GROUP BY lead_agency_key`,
          keys,
        );
        const people = await database.summarize<{ agency: string; n: number }>(
          `SELECT agency_key AS agency, COUNT(*) AS n FROM reviewer WHERE agency_key IN (${marks(keys)}) GROUP BY agency_key`,
          keys,
        );
        const countOf = (rows: readonly { agency: string; n: number }[], key: string) =>
          Number(rows.find(({ agency }) => agency === key)?.n ?? 0);
        return keys.map((key) => {
          const openReviews = countOf(open, key);
          const reviewers = countOf(people, key);
          const openReviewsPerReviewer = reviewers === 0 ? null : openReviews / reviewers;
          return Object.assign(new ReviewWorkload(), { openReviews, reviewers, openReviewsPerReviewer });
        });
      })
      .load(this.key);
  }
}
declareAgency(Agency);

export const AgencyRoots = agencyRootsOf(Agency);
