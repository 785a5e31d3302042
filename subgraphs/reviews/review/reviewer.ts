import { Arg, Ctx, Int, Query, Resolver } from 'type-graphql';
import { RequestError } from '#base/errors';
import { hasMany } from '#kit/collection/connection';
import { marks } from '#kit/database/marks';
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

@model('Reviewer of an agency, identified by post, never by name.', { order: ['post'], sensitivity: 'GOV' })
export class Reviewer {
  @generatedId('rvw') id!: string;
  @text('Post, such as "Treasury reviewer 3".', { order: true }) post!: string;
  @refersTo(() => Agency, 'Agency that the reviewer works for.', { as: 'agency' }) agencyKey!: string;
  @refersTo(() => WorkRole, 'Work role of the post.', { as: 'workRole', length: 10 }) workRoleCode!: string;
  @refersTo(
    () => AgencyWorkRole,
    'Staffing of the work role at the agency: filling its vacancies would relieve the reviewer.',
    {
      as: 'staffing',
      filter: false,
    },
  )
  staffingId!: string;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => ReviewAssignment, 'reviewerId', 'Reviews that the reviewer is or was assigned to.')
  assignments!: unknown;

  @computed(() => Int, 'Number of open reviews assigned to the reviewer.')
  openReviews({ loaders, database }: Context): Promise<number> {
    return loaders
      .batched<number>(Reviewer, 'open reviews', async (keys) => {
        const rows = await database.summarize<{ reviewer: string; n: number }>(
          `SELECT a.reviewer_id AS reviewer, COUNT(*) AS n FROM review_assignment a JOIN review r ON r.id = a.review_id
           WHERE a.reviewer_id IN (${marks(keys)}) AND r.status IN (${OPEN_REVIEW_SQL}) GROUP BY a.reviewer_id`,
          keys,
        );
        const counts = new Map(rows.map(({ reviewer, n }) => [reviewer, Number(n)]));
        return keys.map((key) => counts.get(key) ?? 0);
      })
      .load(this.id);
  }
}

@model('Assignment of a reviewer to a review.', { entity: false, order: ['assignedAt'], sensitivity: 'GOV' })
export class ReviewAssignment {
  @key('Review id and reviewer id.', { length: 64 }) id!: string;
  @belongsTo(() => Review, 'Review that the reviewer works on.', { as: 'review', filter: true }) reviewId!: string;
  @belongsTo(() => Reviewer, 'Reviewer assigned.', { as: 'reviewer', filter: true }) reviewerId!: string;
  @dateTime('Time of the assignment.', { order: true }) assignedAt!: string;
  @flag('Whether the reviewer leads the review.', { filter: true }) lead!: boolean;
  @exerciseFlag() exercise!: boolean;
}

@Resolver()
export class BusyReviewersResolver {
  @Query(() => [Reviewer], {
    nullable: true,
    description: 'Reviewers with more open reviews than a limit, busiest first; 500 at most.',
  })
  @sensitivity('GOV')
  async busyReviewers(
    @Ctx() { database }: Context,
    @Arg('moreThan', () => Int, { description: 'Limit of open reviews, 0 or more. Reviewers above it are listed.' })
    moreThan: number,
  ): Promise<Reviewer[]> {
    if (moreThan < 0)
      throw new RequestError('BAD_USER_INPUT', `"moreThan" is ${moreThan}: give 0 or more`, ['moreThan']);
    const rows = await database.summarize(
      `SELECT ${database.selection(Reviewer, 't')}
       FROM (SELECT a.reviewer_id AS reviewer_id, COUNT(*) AS n
             FROM review_assignment a JOIN review r ON r.id = a.review_id
             WHERE r.status IN (${OPEN_REVIEW_SQL}) GROUP BY a.reviewer_id HAVING COUNT(*) > ?
             ORDER BY n DESC, a.reviewer_id LIMIT 500) busy
       JOIN reviewer t ON t.id = busy.reviewer_id ORDER BY busy.n DESC, t.id`,
      [moreThan],
    );
    return rows.map((row) => database.hydrate(Reviewer, row));
  }
}
