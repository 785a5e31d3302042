import { launchPlanChanged } from '#domain/contracts/events';
import type { Work } from '#kit/mutation/work';
import { PartnerProposal } from '../partner/partner-proposal';
import { LaunchPlan, type LaunchReference } from './launch-plan';
import type { Submission } from './submission';
import type { SubmissionFile } from './submission-file';
import { reviewWindow } from './window';

/** Launch as the developer states it. */
export interface StatedLaunch {
  readonly plannedLaunchAt: string;
  readonly plannedLaunchDate: string | null;
  readonly reference: LaunchReference;
}

/** Launch plan to record. */
export interface Plan extends StatedLaunch {
  /** Agreed proposal from which the plan takes its instant, and the instant that the developer stated. */
  readonly partnerProposalId: string | null;
  readonly statedLaunchAt: string | null;
}

/**
 * Plan for a stated launch. A plan that dates the release to trusted partners takes its instant from the earliest agreed access of a
 * partner.
 */
export async function planFor({ database }: Work, submissionId: string, stated: StatedLaunch): Promise<Plan> {
  const proposals =
    stated.reference === 'TRUSTED_PARTNER_RELEASE'
      ? await database.findBy(PartnerProposal, 'submissionId', [submissionId])
      : [];
  const [first] = proposals
    .filter(({ status }) => status === 'AGREED')
    .sort((a, b) => (a.accessFrom! < b.accessFrom! ? -1 : 1));
  if (!first) return { ...stated, partnerProposalId: null, statedLaunchAt: null };
  return {
    ...stated,
    plannedLaunchAt: first.accessFrom!,
    plannedLaunchDate: null,
    partnerProposalId: first.id,
    statedLaunchAt: stated.plannedLaunchAt,
  };
}

/** Stores a plan as the submission's current version, and moves the window. */
export async function addPlan(work: Work, submission: Submission, plan: Plan, reason: string | null): Promise<void> {
  const { opens, closes } = reviewWindow({ at: plan.plannedLaunchAt });
  Object.assign(submission, {
    plannedLaunchAt: plan.plannedLaunchAt,
    windowOpensAt: opens,
    windowClosesAt: closes,
  });
  await work.database.insert(LaunchPlan, [
    {
      ...plan,
      id: work.newId('lpl'),
      submissionId: submission.id,
      planVersion: submission.planVersion,
      changedAt: work.now,
      changedBy: 'DEVELOPER',
      reason,
      exercise: submission.exercise,
    },
  ]);
}

export const planChange = ({ plannedLaunchAt }: Plan) => `Launch now planned for ${plannedLaunchAt}`;

/** Records another version of the launch plan. Window, access, and targets follow. */
export async function replan(work: Work, file: SubmissionFile, plan: Plan, reason: string | null): Promise<void> {
  const { submission } = file;
  const wasOpen = submission.windowNotedVersion === submission.planVersion && work.now < submission.windowClosesAt;
  submission.planVersion += 1;
  await addPlan(work, submission, plan, reason);
  // a window that stays open does not open again
  if (wasOpen && submission.windowOpensAt <= work.now) submission.windowNotedVersion = submission.planVersion;
  file.access.followPlan();
  if (submission.lifecycle === 'FILED')
    work.emit(launchPlanChanged, submission.id, {
      planVersion: submission.planVersion,
      plannedLaunchAt: submission.plannedLaunchAt,
      windowOpensAt: submission.windowOpensAt,
      changedAt: work.now,
    });
  file.access.settle();
}

/** Records another version of the plan if the agreed proposals give it another instant. A stated launch that has passed moves nothing. */
export async function followPartners(work: Work, file: SubmissionFile): Promise<void> {
  const { submission } = file;
  if (submission.lifecycle !== 'FILED') return;
  const plans = await work.database.findBy(LaunchPlan, 'submissionId', [submission.id]);
  const current = plans.find(({ planVersion }) => planVersion === submission.planVersion)!;
  const plan = await planFor(work, submission.id, {
    plannedLaunchAt: current.statedLaunchAt ?? current.plannedLaunchAt,
    plannedLaunchDate: current.plannedLaunchDate,
    reference: current.reference,
  });
  const isSame =
    plan.plannedLaunchAt === current.plannedLaunchAt && plan.partnerProposalId === current.partnerProposalId;
  if (isSame || plan.plannedLaunchAt <= work.now) return;
  file.happen({ kind: 'PLAN_CHANGED', actor: work.actor, detail: planChange(plan) });
  await replan(work, file, plan, null);
}
