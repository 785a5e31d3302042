import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { belongsTo, date, exerciseFlag, flag, generatedId, oneOf, refersTo, revisionNumber } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from '../agency';
import { FederalSystem } from './federal-system';

export const SystemAuthorizationKind = enumeration(
  'SystemAuthorizationKind',
  'Decision of an authorizing official on a system.',
  {
    ATO: 'Authorization to operate.',
    ATO_WITH_CONDITIONS: 'Authorization to operate under conditions.',
    NOT_AUTHORIZED: 'The system may not operate.',
  },
);
export type SystemAuthorizationKind = ValueOf<typeof SystemAuthorizationKind>;

@model('Decision on the authorization of a federal system. Not a FedRAMP authorization of a cloud offering.', {
  order: ['-decidedOn'],
  sensitivity: 'GOV',
})
export class SystemAuthorization {
  @generatedId('sau') id!: string;
  @belongsTo(() => FederalSystem, 'System.', { as: 'system', filter: true }) systemId!: string;
  @refersTo(() => Agency, 'Agency that owns the system.', { as: 'agency' }) agencyKey!: string;
  @oneOf(() => SystemAuthorizationKind, 'Decision.', { filter: true, order: true }) kind!: SystemAuthorizationKind;
  @date('Date of the decision.', { filter: true, order: true }) decidedOn!: string;
  @date('Expiration date. Null without an authorization and for an ongoing authorization.', {
    nullable: true,
    filter: true,
    order: true,
  })
  expiresOn!: string | null;
  @flag('Whether the authorization is ongoing, under continuous monitoring.', { filter: true }) ongoing!: boolean;
  @date('Date on which it was revoked. Null if not revoked.', { nullable: true, filter: true, order: true })
  revokedOn!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;
}
