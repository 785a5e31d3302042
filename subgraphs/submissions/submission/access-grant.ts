import { enumeration, type ValueOf } from '../../../shared/model/enumeration';
import {
  belongsTo,
  dateTime,
  exerciseFlag,
  flag,
  key,
  longText,
  oneOf,
  refersTo,
  text,
  versionNumber,
} from '../../../shared/model/fields';
import { model } from '../../../shared/model/model';
import { Agency } from '../agency';
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
  @key('`grt_` and 26 base-32 digits.') id!: string;
  @belongsTo(() => Submission, 'The submission it is for.', { as: 'submission', filter: true }) submissionId!: string;
  @refersTo(() => Agency, 'Who has access.', { as: 'agency' }) agencyKey!: string;
  @oneOf(() => AccessMode, 'How.', { filter: true }) mode!: ValueOf<typeof AccessMode>;
  @longText('Under which terms.', { nullable: true }) terms!: string | null;
  @dateTime('From when; inside the window.', { filter: true, order: true }) startsAt!: string;
  @dateTime('Until when.', { filter: true, order: true }) endsAt!: string;
  @oneOf(() => AccessGrantStatus, 'Where it stands.', { filter: true, order: true, index: true })
  status!: ValueOf<typeof AccessGrantStatus>;
  @flag('Whether the developer consents to access after launch.', { filter: true }) postLaunchConsent!: boolean;
  @dateTime('When the consent was recorded.', { nullable: true }) consentRecordedAt!: string | null;
  @dateTime('When it was offered.') offeredAt!: string;
  @dateTime('When the agency accepted.', { nullable: true }) acceptedAt!: string | null;
  @dateTime('When it was revoked.', { nullable: true }) revokedAt!: string | null;
  @text('Who revoked it.', { nullable: true }) revokedBy!: string | null;
  @versionNumber() version!: number;
  @exerciseFlag() exercise!: boolean;
}
