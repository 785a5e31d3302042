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

export const AccessMode = enumeration('AccessMode', 'Way in which an agency uses a model.', {
  API: "Through the developer's API.",
  HOSTED_SANDBOX: 'In a sandbox hosted by the developer.',
  ON_PREM_WEIGHTS: "With the weights, on the agency's premises.",
  DOCUMENTS_ONLY: 'No access to the model; documents only.',
});

export const AccessBasis = enumeration('AccessBasis', 'Basis on which a developer gives an agency access.', {
  ORDER: 'Framework of the order.',
  CAISI_AGREEMENT: "Developer's agreement with CAISI, which stands outside the order.",
  OTHER: 'Any other basis.',
});

export const AccessGrantStatus = enumeration('AccessGrantStatus', 'Status of an access grant.', {
  OFFERED: 'Offered by the developer.',
  ACTIVE: 'Accepted by the agency, which has access.',
  PAUSED: 'Paused, because the launch plan moved, the launch is due, or the developer paused it.',
  ENDED: 'Ended.',
  RESCINDED: 'Offer rescinded by the developer.',
  DECLINED: 'Offer declined by the agency.',
});
export type AccessGrantStatus = ValueOf<typeof AccessGrantStatus>;

@model('Access to a model that a developer grants to one agency.', { order: ['startsAt'], sensitivity: 'PROPIN' })
export class AccessGrant {
  @generatedId('grt') id!: string;
  @belongsTo(() => Submission, 'Submission that the access is for.', { as: 'submission', filter: true })
  submissionId!: string;
  @refersTo(() => Agency, 'Agency that the access is for.', { as: 'agency' }) agencyKey!: string;
  @oneOf(() => AccessMode, 'Way in which the agency uses the model.', { filter: true }) mode!: ValueOf<
    typeof AccessMode
  >;
  @oneOf(() => AccessBasis, 'Basis of the access; null if the grant is older than this field.', {
    nullable: true,
    filter: true,
  })
  basis!: ValueOf<typeof AccessBasis> | null;
  @longText('Terms of access.', { nullable: true }) terms!: string | null;
  @dateTime('Start of access, inside the window.', {
    filter: true,
    order: true,
    derivedFrom: ['Submission.windowOpensAt'],
  })
  startsAt!: string;
  @dateTime('End of access.', { filter: true, order: true, derivedFrom: ['Submission.windowClosesAt'] })
  endsAt!: string;
  /** Status at the last change; {@link currentStatus} applies the clock. */
  @kept({ name: 'status', length: 40 }) recordedStatus!: AccessGrantStatus;
  /** Party that paused it: the system resumes only its own pauses. */
  @kept({ length: 40, nullable: true }) pausedBy!: 'DEVELOPER' | 'SYSTEM' | null;
  /** End of the recorded status and the status after it, if nothing else happens: lists filter by them between two runs of the scheduler. */
  @kept({ length: 24, nullable: true }) statusUntil!: string | null;
  @kept({ length: 40, nullable: true }) statusThen!: AccessGrantStatus | null;
  /** Whether access starts with the window, wherever the plan moves it. */
  @kept({ type: 'boolean', default: false }) startsAtOpening!: boolean;
  /** Whether access ends with the window, wherever the plan moves it. */
  @kept({ type: 'boolean', default: false }) endsAtLaunch!: boolean;
  @flag('Whether the developer consents to access after launch.', { filter: true }) postLaunchConsent!: boolean;
  @dateTime('Time the consent was recorded.', { nullable: true }) consentRecordedAt!: string | null;
  @dateTime('Time of the offer.') offeredAt!: string;
  @dateTime('Time the agency accepted the offer.', { nullable: true }) acceptedAt!: string | null;
  @dateTime('Time the developer revoked access or rescinded the offer.', { nullable: true }) revokedAt!: string | null;
  @oneOf(() => Actor, 'Party that revoked access.', { nullable: true, lowerCase: true, length: 255 })
  revokedBy!: Actor | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @computed(() => AccessGrantStatus, 'Current status, computed from the clock.', {
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
  async currentStatus({ clock, loaders }: Context): Promise<AccessGrantStatus> {
    const now = instant(clock.now());
    if (this.statusUntil === null || now < this.statusUntil) return this.recordedStatus;
    // several transitions may have fallen due since the last write
    const submission = await loaders.facts.byKey(Submission).load(this.submissionId);
    const grants = await loaders.facts.allBy(AccessGrant, 'submissionId').load(this.submissionId);
    return AccessLedger.statusAt(submission!, grants, this.id, now);
  }
}
