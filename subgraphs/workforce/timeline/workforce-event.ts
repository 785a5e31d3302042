import { Index } from 'typeorm';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { dateTime, exerciseFlag, generatedId, integer, longText, oneOf, refersTo, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from '../agency';

export const WorkforceActor = enumeration('WorkforceActor', 'Party that changes objects of the workforce program.', {
  HIRING_MANAGER: 'Hiring manager of the agency.',
  HR: "Specialist of the agency's HR office.",
  RECORDS_OFFICER: 'Records officer of the agency.',
  SYSTEM: 'The system: a deadline passed, or the change follows from another one.',
});
export type WorkforceActor = ValueOf<typeof WorkforceActor>;

export const WorkforceSubject = enumeration('WorkforceSubject', 'Type of the object that an event is about.', {
  POSITION: 'A position.',
  HIRING_GOAL: 'A hiring goal.',
  HIRING_REQUEST: 'A hiring request.',
  ANNOUNCEMENT: 'A job announcement.',
  CANDIDATE: 'A candidate.',
  APPLICATION: 'An application.',
  CERTIFICATE: 'A certificate of eligible candidates.',
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
  HIRING_STARTED: 'Hiring for a position began: its request was submitted.',
  HIRING_CANCELED: 'Hiring for a position ended without a hire: its request was canceled.',
  POSITION_FILLED: 'A new hire entered on duty in a position.',
  REQUEST_DRAFTED: 'A hiring request was drafted.',
  REQUEST_SUBMITTED: 'A hiring request was submitted to HR.',
  REQUEST_TAKEN: 'HR began to review a hiring request.',
  REQUEST_RETURNED: 'HR returned a hiring request to the hiring manager.',
  REQUEST_READY: 'HR found a hiring request ready to announce.',
  REQUEST_ANNOUNCED: 'An announcement for a hiring request was published.',
  REQUEST_UNANNOUNCED: 'The announcement for a hiring request was canceled.',
  REQUEST_FILLED: 'The selectee for a hiring request entered on duty.',
  REQUEST_CANCELED: 'A hiring request was canceled.',
  ANNOUNCEMENT_PUBLISHED: 'An announcement was published.',
  ANNOUNCEMENT_EXTENDED: 'The closing day of an announcement was moved to a later one.',
  ANNOUNCEMENT_CLOSED: 'An announcement stopped accepting applications.',
  ANNOUNCEMENT_SELECTED: 'The first candidate was selected.',
  ANNOUNCEMENT_COMPLETED: 'All certificates of an announcement are audited or expired.',
  ANNOUNCEMENT_CANCELED: 'An announcement was canceled.',
  CANDIDATE_RECORDED: 'A candidate was recorded.',
  CANDIDATE_CORRECTED: 'Data of a candidate were corrected.',
  CANDIDATE_HELD: 'A legal hold was placed on the data of a candidate.',
  CANDIDATE_RELEASED: 'A legal hold on the data of a candidate was lifted.',
  ERASURE_REQUESTED: 'The erasure of the data of a candidate was requested.',
  RETENTION_ENDED: 'A records officer ended the retention period of the data of a candidate.',
  CANDIDATE_ERASED: 'The data of a candidate were erased.',
  APPLICATION_RECEIVED: 'An application was recorded.',
  APPLICATION_RATED: 'HR rated an application.',
  APPLICATION_RECONSIDERED: 'A second specialist found an application eligible.',
  APPLICATION_REFERRED: 'An application was referred to a hiring manager on a certificate.',
  APPLICATION_WITHDRAWN: 'The candidate withdrew an application.',
  CANDIDATE_INTERVIEWED: 'The candidate was interviewed.',
  CANDIDATE_SELECTED: 'The candidate was selected.',
  SELECTION_WITHDRAWN: 'A selection was withdrawn before any offer.',
  CANDIDATE_NOT_SELECTED: 'The candidate was not selected.',
  HIRED_ELSEWHERE: 'Another agency hired the candidate from a shared certificate.',
  TENTATIVE_OFFER_MADE: 'A tentative offer was made.',
  TENTATIVE_OFFER_ACCEPTED: 'The candidate accepted the tentative offer.',
  FINAL_OFFER_MADE: 'A final offer was made.',
  OFFER_RESCINDED: 'The agency rescinded an offer.',
  OFFER_DECLINED: 'The candidate declined an offer.',
  ENTERED_ON_DUTY: 'The candidate entered on duty.',
  CERTIFICATE_ISSUED: 'A certificate was issued.',
  CERTIFICATE_OPENED: 'The hiring manager began to review a certificate.',
  CERTIFICATE_RETURNED: 'The hiring manager returned a certificate with an outcome for each name.',
  CERTIFICATE_AUDITED: 'HR audited a certificate.',
  CERTIFICATE_REISSUED: 'HR issued a certificate again.',
  CERTIFICATE_EXTENDED: 'The expiry of a certificate was moved to a later time.',
  CERTIFICATE_EXPIRED: 'A certificate expired.',
  CERTIFICATE_SHARED: 'A certificate was shared with another agency.',
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
