import { Int } from 'type-graphql';
import { hasMany } from '../../../shared/collection/connection';
import { belongsTo, computed, dateTime, exerciseFlag, flag, key, refersTo, text } from '../../../shared/model/fields';
import { model } from '../../../shared/model/model';
import type { Context } from '../../../shared/subgraph/context';
import { Agency } from '../agency';
import { AgencyWorkRole, WorkRole } from '../entities';
import { OPEN_REVIEW_SQL, Review } from './review';

@model('A reviewer of an agency, known by post and not by name.', { order: ['post'], sensitivity: 'GOV' })
export class Reviewer {
  @key('`rvw_` and 26 base-32 digits.') id!: string;
  @text('The post, such as "Treasury reviewer 3".', { order: true }) post!: string;
  @refersTo(() => Agency, 'Whose reviewer.', { as: 'agency' }) agencyKey!: string;
  @refersTo(() => WorkRole, 'The role the post is of.', { as: 'workRole', length: 10 }) workRoleCode!: string;
  @refersTo(() => AgencyWorkRole, 'How the agency staffs the role: its vacancies would relieve the reviewer.', {
    as: 'staffing',
    filter: false,
  })
  staffingId!: string;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => ReviewAssignment, 'reviewerId', 'Reviews the reviewer works or worked on.') assignments!: unknown;

  @computed(() => Int, 'Open reviews the reviewer works on now.')
  openReviews({ loaders, database }: Context): Promise<number> {
    return loaders
      .batched<number>(Reviewer, 'open reviews', async (keys) => {
        const rows = await database.query<{ reviewer: string; n: number }>(
          `SELECT a.reviewer_id AS reviewer, COUNT(*) AS n FROM review_assignment a JOIN review r ON r.id = a.review_id
           WHERE a.reviewer_id IN (${keys.map(() => '?').join(', ')}) AND r.status IN (${OPEN_REVIEW_SQL}) GROUP BY a.reviewer_id`,
          keys,
        );
        const counts = new Map(rows.map(({ reviewer, n }) => [reviewer, Number(n)]));
        return keys.map((key) => counts.get(key) ?? 0);
      })
      .load(this.id);
  }
}

@model('That a reviewer works on a review.', { entity: false, order: ['assignedAt'], sensitivity: 'GOV' })
export class ReviewAssignment {
  @key('Review and reviewer.', { length: 64 }) id!: string;
  @belongsTo(() => Review, 'The review.', { as: 'review', filter: true }) reviewId!: string;
  @belongsTo(() => Reviewer, 'The reviewer.', { as: 'reviewer', filter: true }) reviewerId!: string;
  @dateTime('Since when.', { order: true }) assignedAt!: string;
  @flag('Whether the reviewer leads.', { filter: true }) lead!: boolean;
  @exerciseFlag() exercise!: boolean;
}
