import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { belongsTo, dateTime, exerciseFlag, generatedId, oneOf, revisionNumber } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Submission } from '../submission/submission';
import { TrustedPartner } from './trusted-partner';

export const PartnerProposer = enumeration('PartnerProposer', 'Side that proposed a trusted partner.', {
  DEVELOPER: 'Developer.',
  GOVERNMENT: 'Government, through the intake office. The proposal has no effect until the developer agrees.',
});

export const PartnerProposalStatus = enumeration('PartnerProposalStatus', 'Status of a proposed trusted partner.', {
  PROPOSED: 'Proposed.',
  AGREED: 'Recorded by the developer as agreed.',
  NOT_PURSUED: 'Not pursued by the developer, or the submission ended.',
  WITHDRAWN: 'Withdrawn by the side that proposed it.',
});

@model(
  'Proposal of a trusted partner for the model of a submission. Only its developer can agree; until then, the proposal has no effect.',
  { order: ['-proposedAt'], sensitivity: 'PROPIN' },
)
export class PartnerProposal {
  @generatedId('ppr') id!: string;
  @belongsTo(() => Submission, 'Submission that the proposal is about.', { as: 'submission', filter: true })
  submissionId!: string;
  @belongsTo(() => TrustedPartner, 'Partner proposed.', { as: 'partner', length: 60, filter: true })
  partnerKey!: string;
  @oneOf(() => PartnerProposer, 'Side that proposed the partner.', { filter: true }) proposedBy!: ValueOf<
    typeof PartnerProposer
  >;
  @oneOf(() => PartnerProposalStatus, 'Status of the proposal.', { filter: true, order: true }) status!: ValueOf<
    typeof PartnerProposalStatus
  >;
  @dateTime('Time of the proposal.', { filter: true, order: true }) proposedAt!: string;
  @dateTime('Time from which the partner gets the model; null until one is named.', {
    nullable: true,
    filter: true,
    order: true,
  })
  accessFrom!: string | null;
  @dateTime('Time the developer first recorded the agreement.', { nullable: true, filter: true, order: true })
  agreedAt!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;
}
