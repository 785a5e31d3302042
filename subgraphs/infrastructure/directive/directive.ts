import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  computed,
  date,
  exerciseFlag,
  generatedId,
  integer,
  key,
  longText,
  oneOf,
  refersTo,
  revisionNumber,
  text,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import { kept } from '#kit/model/record';
import { Agency } from '../agency';
import { InfrastructureEvent } from '../timeline/infrastructure-event';

export const DirectiveStatus = enumeration('DirectiveStatus', 'Status of an agency on a directive.', {
  NOT_STARTED: 'Not started.',
  IN_PROGRESS: 'In progress.',
  REPORTED_COMPLETE: 'Reported complete by the agency.',
  VERIFIED: 'Completion verified.',
  EXCEPTION_REPORTED: 'Exception reported by the agency.',
});
export type DirectiveStatus = ValueOf<typeof DirectiveStatus>;

export const DirectiveForce = enumeration('DirectiveForce', 'Whether a directive is in force.', {
  IN_FORCE: 'In force.',
  REVOKED: 'Revoked or rescinded.',
});
export type DirectiveForce = ValueOf<typeof DirectiveForce>;

const isRevoked = (column: (property: string) => string) => `${column('revokedOn')} IS NOT NULL`;

@model('Binding operational directive or memorandum to federal agencies.', { order: ['-issuedOn'] })
export class Directive {
  @key('Directive number, such as "BOD 26-04" or "M-26-14".', { as: 'number', length: 40 }) id!: string;
  @text('Title of the directive.', { search: true, filter: true, order: true }) title!: string;
  @refersTo(() => Agency, 'Issuing agency.', { as: 'issuer' }) issuerKey!: string;
  @date('Date of issue.', { filter: true, order: true }) issuedOn!: string;
  @longText('Agencies that the directive applies to.') appliesTo!: string;
  @date('Final due date. Null for a standing directive.', { nullable: true, filter: true, order: true }) dueOn!:
    | string
    | null;
  @date('Date of revocation. Null while in force.', { nullable: true, filter: true, order: true }) revokedOn!:
    | string
    | null;
  @belongsTo(() => Directive, 'Directive that replaced it. Null if none did.', {
    as: 'supersededBy',
    length: 40,
    nullable: true,
    filter: true,
  })
  supersededById!: string | null;
  @revisionNumber({ default: 1 }) revision!: number;
  @computed(() => DirectiveForce, 'Whether it is in force.', {
    derivedFrom: ['Directive.revokedOn'],
    values: () => DirectiveForce,
    conditions: { REVOKED: isRevoked, IN_FORCE: (column) => `NOT (${isRevoked(column)})` },
  })
  status(): DirectiveForce {
    return this.revokedOn === null ? 'IN_FORCE' : 'REVOKED';
  }

  @hasMany(() => Directive, 'supersededById', 'Directives that it replaced.') supersedes!: unknown;
  @hasMany(() => DirectivePhase, 'directiveId', 'Phases with duties and due dates.') phases!: unknown;
  @hasMany(() => DirectiveProgress, 'directiveId', 'Progress reports of agencies on the directive.') progress!: unknown;
  @hasMany(() => InfrastructureEvent, 'subjectId', 'Events of the directive, oldest first.') timeline!: unknown;
}

@model('Phase of a directive.', { entity: false, order: ['directiveId', 'number'] })
export class DirectivePhase {
  @generatedId('dph') id!: string;
  @belongsTo(() => Directive, 'Directive.', { as: 'directive', length: 40, filter: true }) directiveId!: string;
  @integer('Position of the phase, from 1.', { filter: true, order: true }) number!: number;
  @text('Name of the phase.', { filter: true }) name!: string;
  @date('Due date. Null if it is not set yet.', { nullable: true, filter: true, order: true }) dueOn!: string | null;
  @longText('Duties of agencies in the phase.') duties!: string;
}

@model('Progress of an agency on a directive.', { entity: false, order: ['agencyKey'], sensitivity: 'GOV' })
export class DirectiveProgress {
  @generatedId('dpr') id!: string;
  @refersTo(() => Agency, 'Reporting agency.', { as: 'agency' }) agencyKey!: string;
  @belongsTo(() => Directive, 'Directive that the report is about.', { as: 'directive', length: 40, filter: true })
  directiveId!: string;
  @belongsTo(() => DirectivePhase, 'Phase that the report is about. Null for the whole directive.', {
    as: 'phase',
    nullable: true,
    filter: true,
  })
  phaseId!: string | null;
  @oneOf(() => DirectiveStatus, 'Status of the agency.', { filter: true, order: true }) status!: DirectiveStatus;
  @date('Date until which a reported exception holds. Null without one.', { nullable: true, filter: true, order: true })
  exceptionUntil!: string | null;
  @longText('Reason for a reported exception. Null without one.', { nullable: true }) reason!: string | null;
  @date('Date the status was reported.', { filter: true, order: true }) asOf!: string;
  /** Person who last reported completion. Null before, and for reports of earlier releases. */
  @kept({ length: 100, nullable: true }) reporterKey!: string | null;
  @revisionNumber({ default: 1 }) revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => InfrastructureEvent, 'subjectId', 'Events of the progress, oldest first.') timeline!: unknown;
}
