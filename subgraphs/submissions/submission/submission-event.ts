import { Index } from 'typeorm';
import { Actor } from '#domain/actor';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  dateTime,
  exerciseFlag,
  generatedId,
  integer,
  longText,
  oneOf,
  refersTo,
  text,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from '../agency';
import { Submission } from './submission';

export const SubmissionEventKind = enumeration('SubmissionEventKind', 'What happened to a submission.', {
  DRAFTED: 'Drafted.',
  FILED: 'Filed.',
  AMENDED: 'The developer changed what it says or whom it is shared with.',
  PLAN_CHANGED: 'The launch plan changed.',
  WINDOW_OPENED: 'The 30 days before the planned launch began.',
  LAUNCH_DUE: 'The planned launch came, and none is recorded.',
  AGENCY_ASSIGNED: 'Intake assigned an agency.',
  INTAKE_CHECKED: 'Intake looked whether it is complete.',
  INFORMATION_REQUESTED: 'Intake asked for information.',
  INFORMATION_PROVIDED: 'The developer answered.',
  INFORMATION_OVERDUE: 'A question is open past its day. Nothing follows from it.',
  INFORMATION_REQUEST_CLOSED: 'Intake closed a question without an answer.',
  ARTIFACT_ATTACHED: 'A document was attached.',
  ACCESS_OFFERED: 'Access was offered to an agency.',
  ACCESS_STARTED: 'An agency accepted and has access.',
  ACCESS_PAUSED: 'Access was paused.',
  ACCESS_RESUMED: 'Access went on after a pause.',
  ACCESS_ENDED: 'Access ended.',
  ACCESS_RESCINDED: 'An offer of access was taken back.',
  ACCESS_DECLINED: 'An agency did not take an offer of access.',
  ACCESS_CONSENTED: 'The developer consented to access after launch.',
  ARTIFACT_DESTROYED: 'A document was destroyed.',
  DESTRUCTION_ATTESTED: 'A holder attested that it destroyed what it held.',
  FINDING_RECEIVED: 'An agency shared a finding with the developer.',
  DETERMINATION_RECEIVED: 'An agency said whether it finds a review necessary.',
  LAUNCHED: 'The model was launched.',
  NOT_RELEASED: 'The developer declared that it will not be released.',
  WITHDRAWN: 'The developer withdrew it.',
  CLOSED: 'The file was closed after launch.',
  DISCARDED: 'The draft was discarded.',
});

@model('One entry of the timeline of a submission. Entries are only ever added.', {
  order: ['occurredAt', 'sequence'],
  sensitivity: 'PROPIN',
  entity: false,
})
@Index(['submissionId', 'sequence'], { unique: true })
export class SubmissionEvent {
  @generatedId('evt') id!: string;
  @belongsTo(() => Submission, 'The submission it happened to.', { as: 'submission' }) submissionId!: string;
  @integer('Its place among the events of the submission, from 1.', { order: true }) sequence!: number;
  @dateTime('When it happened.', { filter: true, order: true }) occurredAt!: string;
  @oneOf(() => SubmissionEventKind, 'What happened.', { filter: true, order: true }) kind!: ValueOf<
    typeof SubmissionEventKind
  >;
  @oneOf(() => Actor, 'Party that did it.', { filter: true, lowerCase: true }) actor!: Actor;
  @refersTo(() => Agency, 'The agency it concerns, if one.', { as: 'agency', nullable: true, index: false }) agencyKey!:
    | string
    | null;
  @text('Key of the part of the submission it happened to, such as a grant of access.', { nullable: true, length: 40 })
  objectId!: string | null;
  @text('State before, of the submission or of the part.', { nullable: true, length: 40 }) fromState!: string | null;
  @text('State after.', { nullable: true, length: 40 }) toState!: string | null;
  @longText('What else is worth knowing.', { nullable: true }) detail!: string | null;
  @exerciseFlag() exercise!: boolean;
}
