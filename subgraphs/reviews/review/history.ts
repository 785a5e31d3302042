import { Arg, Ctx, Directive, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { fromVisible } from '#kit/model/derivation';
import { sensitivity } from '#kit/model/fields';
import { stubOf } from '#kit/model/model';
import { pastInstant } from '#kit/model/past-instant';
import { GraphQLInstant } from '#kit/model/scalars';
import { part, valueObject } from '#kit/model/value-object';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { DeterminationOutcome, DeterminationStatus } from '../determination/determination';
import { Submission } from '../submission';
import { ReviewStatus } from './review';
import { ReviewEvent } from './review-event';

@valueObject("Status of an agency's determination at a past time.")
export class PastDetermination {
  @part(() => Agency, 'Agency that the determination belongs to.') agency!: Agency;
  @part(() => DeterminationStatus, 'Status at that time.') status!: DeterminationStatus;
  @part(() => DeterminationOutcome, 'Outcome, if issued by that time.', { nullable: true })
  outcome!: DeterminationOutcome | null;
}

@valueObject("Status of an agency's review at a past time.")
export class PastReview {
  @part(() => Agency, 'Lead agency.') agency!: Agency;
  @part(() => ReviewStatus, 'Status at that time.') status!: ReviewStatus;
}

@valueObject('Determinations and reviews of a submission at a past time, replayed from its timeline.')
export class PastReviews {
  @part(() => GraphQLInstant, 'Time described.') asOf!: string;
  @part(() => [PastDetermination], 'Determinations that existed at that time, drafts included.')
  determinations!: PastDetermination[];
  @part(() => [PastReview], 'Reviews opened by that time.') reviews!: PastReview[];
  @part(() => Int, 'Number of times agencies had shared findings by that time.') timesFindingsShared!: number;
}

/** Replays a timeline up to an instant. */
export function reviewsAsOf(events: readonly ReviewEvent[], asOf: string): PastReviews {
  const determinations = new Map<string, PastDetermination>();
  const reviews = new Map<string, PastReview>();
  let timesFindingsShared = 0;
  for (const { kind, agencyKey, objectId, toState, detail, occurredAt } of events) {
    if (occurredAt > asOf || agencyKey === null) continue;
    const key = objectId ?? agencyKey;
    const agency = stubOf(Agency, agencyKey)!;
    if (kind === 'FINDINGS_SHARED') timesFindingsShared += 1;
    if (kind === 'INVITED' || kind === 'DETERMINATION_DRAFTED')
      determinations.set(key, { agency, status: 'DRAFT', outcome: null });
    else if (kind.startsWith('DETERMINATION_')) {
      const outcome = detail !== null && detail in DeterminationOutcome ? (detail as never) : null;
      const before = determinations.get(key)?.outcome ?? null;
      determinations.set(key, { agency, status: toState as PastDetermination['status'], outcome: outcome ?? before });
    } else if (toState !== null && toState in ReviewStatus && /^(REVIEW_|EVALUATION_|FINDINGS_)/.test(kind))
      reviews.set(key, { agency, status: toState as PastReview['status'] });
  }
  return {
    asOf,
    determinations: [...determinations.values()],
    reviews: [...reviews.values()],
    timesFindingsShared,
  };
}

@Resolver(() => Submission)
export class ReviewHistoryResolver {
  @FieldResolver(() => PastReviews, {
    nullable: true,
    description: 'Determinations and reviews at a past time, replayed from the timeline.',
  })
  @sensitivity('GOV')
  // weight: it replays a timeline
  @Directive('@cost(weight: 5)')
  @fromVisible('Submission', () => [ReviewEvent])
  async reviewsAsOf(
    @Root() submission: Submission,
    @Ctx() { loaders, clock }: Context,
    @Arg('at', () => GraphQLInstant, { description: 'Time to describe.' }) at: string,
  ): Promise<PastReviews> {
    const instant = pastInstant(at, clock, 'at');
    return reviewsAsOf(await loaders.allBy(ReviewEvent, 'submissionId').load(submission.id), instant);
  }
}
