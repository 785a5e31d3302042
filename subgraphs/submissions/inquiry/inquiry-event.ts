import { Index } from 'typeorm';
import { Actor } from '#domain/actor';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { belongsTo, dateTime, exerciseFlag, generatedId, integer, oneOf, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { CoverageInquiry } from './coverage-inquiry';

export const InquiryEventKind = enumeration(
  'InquiryEventKind',
  'Kind of event on the timeline of a coverage inquiry.',
  {
    ASKED: 'The developer asked whether the model is a covered model.',
    DISCUSSED: 'NSA took up the inquiry with the developer.',
    ANSWERED: 'NSA answered by a designation.',
    WITHDRAWN: 'The developer withdrew the inquiry.',
  },
);

@model('Entry on the timeline of a coverage inquiry. Entries are never changed or deleted.', {
  order: ['occurredAt', 'sequence'],
  sensitivity: 'PROPIN',
  entity: false,
})
@Index(['inquiryId', 'sequence'], { unique: true })
export class InquiryEvent {
  @generatedId('evt') id!: string;
  @belongsTo(() => CoverageInquiry, 'Inquiry that the entry belongs to.', { as: 'inquiry' }) inquiryId!: string;
  @integer('Position on the timeline of the inquiry, from 1.', { order: true }) sequence!: number;
  @dateTime('Time of the event.', { filter: true, order: true }) occurredAt!: string;
  @oneOf(() => InquiryEventKind, 'Kind of event.', { filter: true, order: true }) kind!: ValueOf<
    typeof InquiryEventKind
  >;
  @oneOf(() => Actor, 'Party that caused the event.', { filter: true, lowerCase: true }) actor!: Actor;
  @text('Status before the event.', { nullable: true, length: 40 }) fromState!: string | null;
  @text('Status after the event.', { nullable: true, length: 40 }) toState!: string | null;
  @exerciseFlag() exercise!: boolean;
}
