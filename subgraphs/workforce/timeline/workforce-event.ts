import { Index } from 'typeorm';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { dateTime, exerciseFlag, generatedId, integer, longText, oneOf, refersTo, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from '../agency';

export const WorkforceActor = enumeration('WorkforceActor', 'Party that changes objects of the workforce program.', {
  HIRING_MANAGER: 'Hiring manager of the agency.',
  HR: "Specialist of the agency's HR office.",
  SYSTEM: 'The system: a deadline passed, or the change follows from another one.',
});
export type WorkforceActor = ValueOf<typeof WorkforceActor>;

export const WorkforceSubject = enumeration('WorkforceSubject', 'Type of the object that an event is about.', {
  POSITION: 'A position.',
  HIRING_GOAL: 'A hiring goal.',
});

export const WorkforceEventKind = enumeration('WorkforceEventKind', 'Kind of event in the workforce program.', {
  POSITION_CREATED: 'A position was planned.',
  POSITION_UPDATED: 'The description of a position was changed.',
  POSITION_FUNDED: 'A position was funded.',
  POSITION_FROZEN: 'A position was frozen.',
  POSITION_UNFROZEN: 'A freeze was lifted.',
  POSITION_ABOLISHED: 'A position was abolished.',
  EMPLOYEE_REASSIGNED: 'An employee of the agency was reassigned to a position. No hire.',
  EMPLOYEE_SEPARATED: 'The employee left a position.',
  GOAL_SET: 'A hiring goal was set.',
  GOAL_REVISED: 'The target of a hiring goal was changed.',
  GOAL_RETIRED: 'A hiring goal was retired.',
});

@model('Entry on the timeline of an object of the workforce program. Entries are never changed or deleted.', {
  order: ['occurredAt', 'sequence'],
  sensitivity: 'GOV',
  entity: false,
})
@Index(['subjectId', 'sequence'], { unique: true })
export class WorkforceEvent {
  @generatedId('evt') id!: string;
  @oneOf(() => WorkforceSubject, 'Type of the object.', { filter: true }) subjectType!: ValueOf<
    typeof WorkforceSubject
  >;
  @text('Key of the object.', { length: 40, filter: true, aggregate: false }) subjectId!: string;
  @integer('Position on the timeline of the object, from 1.', { order: true, aggregate: false }) sequence!: number;
  @dateTime('Time of the event.', { filter: true, order: true }) occurredAt!: string;
  @dateTime('Time at which the event was recorded.', { filter: true, order: true }) recordedAt!: string;
  @oneOf(() => WorkforceEventKind, 'Kind of event.', { filter: true, order: true }) kind!: ValueOf<
    typeof WorkforceEventKind
  >;
  @oneOf(() => WorkforceActor, 'Party that caused the event.', { filter: true }) actor!: WorkforceActor;
  @refersTo(() => Agency, 'Agency of the object.', { as: 'agency', nullable: true, index: false }) agencyKey!:
    | string
    | null;
  @text('State of the object before the event, if it changed.', { nullable: true, length: 40 }) fromState!:
    | string
    | null;
  @text('State of the object after the event, if it changed.', { nullable: true, length: 40 }) toState!: string | null;
  @longText('Reason or further details.', { nullable: true }) detail!: string | null;
  @exerciseFlag() exercise!: boolean;
}
