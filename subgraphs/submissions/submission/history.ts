import { Arg, Ctx, Directive, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { fromVisible } from '#kit/model/derivation';
import { sensitivity } from '#kit/model/fields';
import { stubOf } from '#kit/model/model';
import { pastInstant } from '#kit/model/past-instant';
import { GraphQLInstant } from '#kit/model/scalars';
import { part, valueObject } from '#kit/model/value-object';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { AccessGrantStatus } from './access-grant';
import { LaunchPlan } from './launch-plan';
import { IntakeStatus, Submission, SubmissionLifecycle, WindowPhase } from './submission';
import { SubmissionEvent, type SubmissionEventKind } from './submission-event';
import { reviewWindow } from './window';

@valueObject("Status of an agency's access at a past time.")
export class PastAccess {
  @part(() => Agency, 'Agency that the access was offered to.', { sensitivity: 'PROPIN' }) agency!: Agency;
  @part(() => AccessGrantStatus, 'Status of the access.', { sensitivity: 'PROPIN' })
  status!: AccessGrantStatus;
}

@valueObject('State of a submission at a past time, replayed from its timeline.')
export class PastSubmission {
  @part(() => GraphQLInstant, 'Time described.', { sensitivity: 'PROPIN' }) asOf!: string;
  @part(() => SubmissionLifecycle, 'Lifecycle state at that time.', { sensitivity: 'PROPIN' })
  lifecycle!: SubmissionLifecycle;
  @part(() => IntakeStatus, 'Result of the intake check at that time.', {
    sensitivity: 'PROPIN',
    derivedFrom: ['Submission.intakeStatus'],
  })
  intakeStatus!: IntakeStatus;
  @part(() => WindowPhase, 'Position relative to the 30-day window at that time.', {
    sensitivity: 'PROPIN',
    derivedFrom: ['LaunchPlan.plannedLaunchAt'],
  })
  windowPhase!: WindowPhase;
  @part(() => Int, 'Launch plan version at that time.', { sensitivity: 'PROPIN' }) planVersion!: number;
  @part(() => GraphQLInstant, 'Planned launch at that time.', {
    sensitivity: 'PROPIN',
    derivedFrom: ['LaunchPlan.plannedLaunchAt'],
  })
  plannedLaunchAt!: string;
  @part(() => [PastAccess], 'Access offered to agencies by that time, with its status.', { sensitivity: 'PROPIN' })
  access!: PastAccess[];
}

type Kind = keyof typeof SubmissionEventKind;

const STATUS_OF_KIND: Partial<Record<Kind, AccessGrantStatus>> = {
  ACCESS_OFFERED: 'OFFERED',
  ACCESS_STARTED: 'ACTIVE',
  ACCESS_RESUMED: 'ACTIVE',
  ACCESS_PAUSED: 'PAUSED',
  ACCESS_ENDED: 'ENDED',
  ACCESS_RESCINDED: 'RESCINDED',
  ACCESS_DECLINED: 'DECLINED',
};

const INTAKE_OF_KIND: Partial<Record<Kind, IntakeStatus>> = {
  INTAKE_CHECKED: 'COMPLETE',
  INFORMATION_REQUESTED: 'INFORMATION_REQUESTED',
  INFORMATION_PROVIDED: 'UNCHECKED',
};

/** Replays a timeline up to an instant. @returns null before the submission was drafted */
export function submissionAsOf(
  events: readonly SubmissionEvent[],
  plans: readonly LaunchPlan[],
  asOf: string,
): PastSubmission | null {
  const past = events.filter(({ occurredAt }) => occurredAt <= asOf);
  const plan = plans.filter(({ changedAt }) => changedAt <= asOf).at(-1);
  if (past.length === 0 || !plan) return null;
  let lifecycle = 'DRAFT' as PastSubmission['lifecycle'];
  let intakeStatus: PastSubmission['intakeStatus'] = 'UNCHECKED';
  const access = new Map<string, PastAccess>();
  for (const { kind, toState, agencyKey, objectId } of past) {
    // entries about a part of the submission have its key
    if (objectId === null && toState !== null && toState in SubmissionLifecycle)
      lifecycle = toState as typeof lifecycle;
    intakeStatus = INTAKE_OF_KIND[kind] ?? intakeStatus;
    const status = STATUS_OF_KIND[kind];
    if (status && agencyKey !== null) access.set(objectId ?? agencyKey, { agency: stubOf(Agency, agencyKey)!, status });
  }
  const { plannedLaunchAt, planVersion } = plan;
  const { opens, closes } = reviewWindow({ at: plannedLaunchAt });
  const phases = { LAUNCHED: 'LAUNCHED', CLOSED: 'LAUNCHED' } as Partial<Record<string, PastSubmission['windowPhase']>>;
  const phase = asOf < opens ? 'NOT_YET_OPEN' : asOf < closes ? 'OPEN' : 'LAUNCH_DUE';
  const windowPhase = phases[lifecycle] ?? (lifecycle === 'FILED' ? phase : 'NONE');
  return { asOf, lifecycle, intakeStatus, windowPhase, planVersion, plannedLaunchAt, access: [...access.values()] };
}

@Resolver(() => Submission)
export class SubmissionHistoryResolver {
  @FieldResolver(() => PastSubmission, {
    nullable: true,
    description: 'State at a past time, replayed from the timeline; null before the draft was created.',
  })
  @sensitivity('PROPIN')
  // weight: it replays a timeline
  @Directive('@cost(weight: 5)')
  @fromVisible('Submission', () => [SubmissionEvent])
  async asOf(
    @Root() submission: Submission,
    @Ctx() { loaders, clock }: Context,
    @Arg('at', () => GraphQLInstant, { description: 'Time to describe.' }) at: string,
  ): Promise<PastSubmission | null> {
    const instant = pastInstant(at, clock, 'at');
    const events = await loaders.allBy(SubmissionEvent, 'submissionId').load(submission.id);
    const plans = await loaders.allBy(LaunchPlan, 'submissionId').load(submission.id);
    return submissionAsOf(events, plans, instant);
  }
}
