import { civilDate } from '#base/civil';
import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  computed,
  date,
  exerciseFlag,
  flag,
  generatedId,
  oneOf,
  refersTo,
  revisionNumber,
  text,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
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

export const SystemAuthorizationStatus = enumeration(
  'SystemAuthorizationStatus',
  'Status of a decision on the authorization of a system.',
  {
    IN_FORCE: 'The system may operate by it.',
    EXPIRED: 'Its expiration date has passed.',
    REVOKED: 'It was revoked.',
    SUPERSEDED: 'A later decision replaced it.',
    NOT_AUTHORIZED: 'The decision is that the system may not operate.',
  },
);
export type SystemAuthorizationStatus = ValueOf<typeof SystemAuthorizationStatus>;

/** What became of a decision since it was recorded. Expiration follows from the clock and is never stored. */
export type AuthorizationRecordState = 'RECORDED' | 'REVOKED' | 'SUPERSEDED';

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
  @date('Date of the later decision that replaced it. Null while it is the latest of its system.', {
    nullable: true,
    filter: true,
    order: true,
  })
  supersededOn!: string | null;
  @text('What became of it since it was recorded.', { hidden: true, length: 20, default: 'RECORDED' })
  state!: AuthorizationRecordState;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => InfrastructureEvent, 'subjectId', 'Events of the decision, oldest first.') timeline!: unknown;

  @computed(() => SystemAuthorizationStatus, 'Status today. "authorizationInForce" of the system describes any day.', {
    derivedFrom: [
      'SystemAuthorization.kind',
      'SystemAuthorization.expiresOn',
      'SystemAuthorization.revokedOn',
      'SystemAuthorization.supersededOn',
    ],
  })
  status({ clock }: Pick<Context, 'clock'>): SystemAuthorizationStatus {
    return statusOn(this, civilDate(clock.now()));
  }
}

type Dated = Pick<SystemAuthorization, 'kind' | 'expiresOn' | 'revokedOn' | 'supersededOn'>;

/** Status of a decision on a civil day not before it. The last day of an authorization is its expiration date. */
export function statusOn({ kind, expiresOn, revokedOn, supersededOn }: Dated, day: string): SystemAuthorizationStatus {
  if (revokedOn !== null && revokedOn <= day) return 'REVOKED';
  if (supersededOn !== null && supersededOn <= day) return 'SUPERSEDED';
  if (kind === 'NOT_AUTHORIZED') return 'NOT_AUTHORIZED';
  return expiresOn !== null && expiresOn < day ? 'EXPIRED' : 'IN_FORCE';
}
