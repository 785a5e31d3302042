import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  date,
  dateTime,
  exerciseFlag,
  generatedId,
  longText,
  oneOf,
  refersTo,
  revisionNumber,
} from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import { kept } from '#kit/model/record';
import { Agency } from '../agency';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { VulnerabilityFinding } from '../vulnerability/vulnerability-finding';

export const RiskAcceptanceStatus = enumeration('RiskAcceptanceStatus', 'Status of a risk acceptance.', {
  PROPOSED: 'Proposed; another officer of the agency decides.',
  IN_FORCE: 'Accepted, until a day.',
  DECLINED: 'Declined.',
  REVOKED: 'Revoked before its last day.',
  EXPIRED: 'Its last day has passed.',
});
export type RiskAcceptanceStatus = ValueOf<typeof RiskAcceptanceStatus>;

@model(
  'Decision of an agency to accept the risk of unresolved findings until a day. It moves no deadline, and overdue findings stay overdue.',
  { order: ['-proposedAt'], sensitivity: 'ISVI' },
)
export class RiskAcceptance {
  @generatedId('rac') id!: string;
  @refersTo(() => Agency, 'Agency that accepts the risk.', { as: 'agency' }) agencyKey!: string;
  @oneOf(() => RiskAcceptanceStatus, 'Status.', { filter: true, order: true, index: true })
  status!: RiskAcceptanceStatus;
  @longText('Why the risk is acceptable.') reason!: string;
  @dateTime('Time of the proposal.', { filter: true, order: true }) proposedAt!: string;
  @dateTime('Time of the decision. Null until decided.', { nullable: true, filter: true, order: true }) decidedAt!:
    | string
    | null;
  @date('Last day on which it is in force. Null unless accepted.', { nullable: true, filter: true, order: true })
  expiresOn!: string | null;
  /** Person who proposed it; another one accepts it. */
  @kept({ length: 100 }) proposerKey!: string;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => InfrastructureEvent, 'subjectId', 'Events of the acceptance, oldest first.') timeline!: unknown;
}

export const RiskAcceptanceFinding = links(
  () => RiskAcceptance,
  'findings',
  () => VulnerabilityFinding,
  { description: 'Findings whose risk is accepted.', paged: true, sensitivity: 'ISVI' },
);
