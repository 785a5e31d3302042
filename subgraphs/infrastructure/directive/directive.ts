import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { belongsTo, date, exerciseFlag, generatedId, key, longText, oneOf, refersTo, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from '../agency';

export const DirectiveStatus = enumeration('DirectiveStatus', 'How far an agency is with a directive.', {
  NOT_STARTED: 'Not begun.',
  IN_PROGRESS: 'Under way.',
  REPORTED_COMPLETE: 'Reported complete.',
  VERIFIED: 'Complete, and checked.',
  EXCEPTION_REPORTED: 'An exception is reported.',
});

@model('A binding directive to agencies.', { order: ['-issuedOn'] })
export class Directive {
  @key('Its name, such as "BOD 22-01".', { as: 'number', length: 40 }) id!: string;
  @text('Title.', { filter: true, order: true }) title!: string;
  @refersTo(() => Agency, 'Who issued it.', { as: 'issuer' }) issuerKey!: string;
  @date('Day it was issued.', { filter: true, order: true }) issuedOn!: string;
  @longText('Whom it applies to.') appliesTo!: string;
  @date('Day by which all of it is due; null when it goes on.', { nullable: true, filter: true, order: true }) dueOn!:
    | string
    | null;
  @hasMany(() => DirectiveProgress, 'directiveId', 'How far agencies are.') progress!: unknown;
}

@model('How far an agency is with a directive.', { entity: false, order: ['agencyKey'], sensitivity: 'GOV' })
export class DirectiveProgress {
  @generatedId('dpr') id!: string;
  @refersTo(() => Agency, 'The agency.', { as: 'agency' }) agencyKey!: string;
  @belongsTo(() => Directive, 'The directive.', { as: 'directive', length: 40, filter: true }) directiveId!: string;
  @oneOf(() => DirectiveStatus, 'How far.', { filter: true, order: true }) status!: ValueOf<typeof DirectiveStatus>;
  @date('As of which day.', { filter: true, order: true }) asOf!: string;
  @exerciseFlag() exercise!: boolean;
}
