import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { belongsTo, date, exerciseFlag, generatedId, key, longText, oneOf, refersTo, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from '../agency';

export const DirectiveStatus = enumeration('DirectiveStatus', 'Status of an agency on a directive.', {
  NOT_STARTED: 'Not started.',
  IN_PROGRESS: 'In progress.',
  REPORTED_COMPLETE: 'Reported complete by the agency.',
  VERIFIED: 'Completion verified.',
  EXCEPTION_REPORTED: 'Exception reported by the agency.',
});

@model('Binding operational directive to federal agencies.', { order: ['-issuedOn'] })
export class Directive {
  @key('Directive number, such as "BOD 22-01".', { as: 'number', length: 40 }) id!: string;
  @text('Title of the directive.', { search: true, filter: true, order: true }) title!: string;
  @refersTo(() => Agency, 'Issuing agency.', { as: 'issuer' }) issuerKey!: string;
  @date('Date of issue.', { filter: true, order: true }) issuedOn!: string;
  @longText('Agencies that the directive applies to.') appliesTo!: string;
  @date('Final due date. Null for a standing directive.', { nullable: true, filter: true, order: true }) dueOn!:
    | string
    | null;
  @hasMany(() => DirectiveProgress, 'directiveId', 'Progress reports of agencies on the directive.') progress!: unknown;
}

@model('Progress of an agency on a directive.', { entity: false, order: ['agencyKey'], sensitivity: 'GOV' })
export class DirectiveProgress {
  @generatedId('dpr') id!: string;
  @refersTo(() => Agency, 'Reporting agency.', { as: 'agency' }) agencyKey!: string;
  @belongsTo(() => Directive, 'Directive that the report is about.', { as: 'directive', length: 40, filter: true })
  directiveId!: string;
  @oneOf(() => DirectiveStatus, 'Status of the agency.', { filter: true, order: true }) status!: ValueOf<
    typeof DirectiveStatus
  >;
  @date('Date the status was reported.', { filter: true, order: true }) asOf!: string;
  @exerciseFlag() exercise!: boolean;
}
