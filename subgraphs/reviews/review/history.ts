import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import type { ValueOf } from '#kit/model/enumeration';
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

@valueObject('Where an agency’s determination stood.')
export class PastDetermination {
  @part(() => Agency, 'The agency.') agency!: Agency;
  @part(() => DeterminationStatus, 'Where it stood.') status!: ValueOf<typeof DeterminationStatus>;
  @part(() => DeterminationOutcome, 'What it found, once issued.', { nullable: true })
  outcome!: ValueOf<typeof DeterminationOutcome> | null;
}

@valueObject('Where an agency’s review stood.')
export class PastReview {
  @part(() => Agency, 'The agency that led it.') agency!: Agency;
  @part(() => ReviewStatus, 'Where it stood.') status!: ValueOf<typeof ReviewStatus>;
}

@valueObject('What agencies had made of a submission by an instant of the past, by its timeline.')
export class PastReviews {
  @part(() => GraphQLInstant, 'The instant.') asOf!: string;
  @part(() => [PastDetermination], 'Determinations that had been begun.') determinations!: PastDetermination[];
  @part(() => [PastReview], 'Reviews that had been opened.') reviews!: PastReview[];
  @part(() => Int, 'How often an agency had shared findings.') timesFindingsShared!: number;
}

/** Plays a timeline back up to an instant. */
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
    description: 'What agencies had made of it by an instant of the past, by its timeline.',
  })
  @sensitivity('GOV')
  async reviewsAsOf(
    @Root() submission: Submission,
    @Ctx() { loaders, clock }: Context,
    @Arg('at', () => GraphQLInstant, { description: 'The instant.' }) at: string,
  ): Promise<PastReviews> {
    const instant = pastInstant(at, clock, 'at');
    return reviewsAsOf(await loaders.allBy(ReviewEvent, 'submissionId').load(submission.id), instant);
  }
}
