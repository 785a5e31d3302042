import { Arg, Ctx, Int, Query, Resolver } from 'type-graphql';
import { RequestError } from '#base/errors';
import { hasMany } from '#kit/collection/connection';
import {
  belongsTo,
  computed,
  dateTime,
  exerciseFlag,
  flag,
  generatedId,
  key,
  refersTo,
  sensitivity,
  text,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { AgencyWorkRole } from '../entities';
import { WorkRole } from '../work-role';
import { OPEN_REVIEW_SQL, Review } from './review';

@model('A reviewer of an agency, known by post and not by name.', { order: ['post'], sensitivity: 'GOV' })
export class Reviewer {
  @generatedId('rvw') id!: string;
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

@Resolver()
export class BusyReviewersResolver {
  @Query(() => [Reviewer], {
    nullable: true,
    description: 'Reviewers who work on more than so many open reviews, the busiest first; at most 500.',
  })
  @sensitivity('GOV')
  async busyReviewers(
    @Ctx() { database }: Context,
    @Arg('moreThan', () => Int, { description: 'Open reviews that are not yet too many; 0 or more.' }) moreThan: number,
  ): Promise<Reviewer[]> {
    if (moreThan < 0)
      throw new RequestError('BAD_USER_INPUT', `"moreThan" is ${moreThan}; it counts reviews, so give 0 or more`, [
        'moreThan',
      ]);
    const rows = await database.query(
      `SELECT ${database.selection(Reviewer, 't')}, COUNT(*) AS n
       FROM reviewer t JOIN review_assignment a ON a.reviewer_id = t.id JOIN review r ON r.id = a.review_id
       WHERE r.status IN (${OPEN_REVIEW_SQL}) GROUP BY t.id HAVING COUNT(*) > ? ORDER BY n DESC, t.id LIMIT 500`,
      [moreThan],
    );
    return rows.map((row) => database.hydrate(Reviewer, row));
  }
}
