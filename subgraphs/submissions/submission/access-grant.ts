import { instant } from '#base/clock';
import { Actor } from '#domain/actor';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  computed,
  dateTime,
  exerciseFlag,
  flag,
  generatedId,
  longText,
  oneOf,
  refersTo,
  revisionNumber,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import { kept } from '#kit/model/record';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { AccessLedger } from './access-ledger';
import { Submission } from './submission';

export const AccessMode = enumeration('AccessMode', 'How an agency reaches a model.', {
  API: "Through the developer's interface.",
  HOSTED_SANDBOX: 'In a sandbox that the developer hosts.',
  ON_PREM_WEIGHTS: 'With the weights on its own premises.',
  DOCUMENTS_ONLY: 'Not at all: documents only.',
});

export const AccessGrantStatus = enumeration('AccessGrantStatus', 'Where a grant of access stands.', {
  OFFERED: 'The developer has offered it.',
  ACTIVE: 'The agency has accepted the terms and has access.',
  PAUSED: 'Access rests: the plan moved, the launch is due, or the developer paused it.',
  ENDED: 'Access has ended.',
  RESCINDED: 'The developer took the offer back.',
  DECLINED: 'The agency did not take the offer.',
});

@model("A developer's grant of access to a model for one agency.", { order: ['startsAt'], sensitivity: 'PROPIN' })
export class AccessGrant {
  @generatedId('grt') id!: string;
  @belongsTo(() => Submission, 'The submission it is for.', { as: 'submission', filter: true }) submissionId!: string;
  @refersTo(() => Agency, 'Who has access.', { as: 'agency' }) agencyKey!: string;
  @oneOf(() => AccessMode, 'How.', { filter: true }) mode!: ValueOf<typeof AccessMode>;
  @longText('Under which terms.', { nullable: true }) terms!: string | null;
  @dateTime('From when; inside the window.', { filter: true, order: true, derivedFrom: ['Submission.windowOpensAt'] })
  startsAt!: string;
  @dateTime('Until when.', { filter: true, order: true, derivedFrom: ['Submission.windowClosesAt'] }) endsAt!: string;
  /** Where it stood when it last changed; {@link currentStatus} is where it stands. */
  @kept({ name: 'status', length: 40 }) recordedStatus!: ValueOf<typeof AccessGrantStatus>;
  /** Who paused it; what the system paused, the system resumes. */
  @kept({ length: 40, nullable: true }) pausedBy!: 'DEVELOPER' | 'SYSTEM' | null;
  /** Until when the status lasts if nothing happens, and what it is from then on: what lists are narrowed by between two looks of the scheduler. */
  @kept({ length: 24, nullable: true }) statusUntil!: string | null;
  @kept({ length: 40, nullable: true }) statusThen!: ValueOf<typeof AccessGrantStatus> | null;
  /** Whether it begins with the window, wherever the plan moves it. */
  @kept({ type: 'boolean', default: false }) startsAtOpening!: boolean;
  /** Whether it ends with the window, wherever the plan moves it. */
  @kept({ type: 'boolean', default: false }) endsAtLaunch!: boolean;
  @flag('Whether the developer consents to access after launch.', { filter: true }) postLaunchConsent!: boolean;
  @dateTime('When the consent was recorded.', { nullable: true }) consentRecordedAt!: string | null;
  @dateTime('When it was offered.') offeredAt!: string;
  @dateTime('When the agency accepted.', { nullable: true }) acceptedAt!: string | null;
  @dateTime('When it was revoked.', { nullable: true }) revokedAt!: string | null;
  @oneOf(() => Actor, 'Party that revoked it.', { nullable: true, lowerCase: true, length: 255 })
  revokedBy!: Actor | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @computed(() => AccessGrantStatus, 'Where it stands now.', {
    as: 'status',
    values: () => AccessGrantStatus,
    conditions: Object.fromEntries(
      Object.keys(AccessGrantStatus).map((status) => [
        status,
        (column: (property: string) => string, now: string) =>
          `(CASE WHEN ${column('statusUntil')} <= ${now} THEN ${column('statusThen')} ELSE ${column('recordedStatus')} END) = '${status}'`,
      ]),
    ),
  })
  async currentStatus({ clock, loaders }: Context): Promise<ValueOf<typeof AccessGrantStatus>> {
    const now = instant(clock.now());
    if (this.statusUntil === null || now < this.statusUntil) return this.recordedStatus;
    // more than one thing may have fallen due since anybody looked
    const submission = await loaders.facts.byKey(Submission).load(this.submissionId);
    const grants = await loaders.facts.allBy(AccessGrant, 'submissionId').load(this.submissionId);
    return AccessLedger.statusAt(submission!, grants, this.id, now);
  }
}
