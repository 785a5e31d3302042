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

export const SubmissionEventKind = enumeration(
  'SubmissionEventKind',
  'Kind of event on the timeline of a submission.',
  {
    DRAFTED: 'The developer created the draft.',
    FILED: 'The developer filed the submission.',
    AMENDED: 'The developer changed the content of the submission or the agencies it is shared with.',
    PLAN_CHANGED: 'The developer changed the launch plan.',
    WINDOW_OPENED: 'The 30 days before the planned launch began.',
    LAUNCH_DUE: 'The planned launch passed without a recorded launch.',
    AGENCY_ASSIGNED: 'The intake office assigned an agency.',
    INTAKE_CHECKED: 'The intake office found the submission complete.',
    INFORMATION_REQUESTED: 'The intake office requested information.',
    INFORMATION_PROVIDED: 'The developer answered an information request.',
    INFORMATION_OVERDUE: 'An information request is still open after its due date. This has no consequence.',
    INFORMATION_REQUEST_CLOSED: 'The intake office closed an information request without an answer.',
    ARTIFACT_ATTACHED: 'The developer attached a document.',
    ACCESS_OFFERED: 'The developer offered access to an agency.',
    ACCESS_STARTED: 'An agency accepted an offer; its access started.',
    ACCESS_PAUSED: 'Access was paused.',
    ACCESS_RESUMED: 'Access resumed.',
    ACCESS_ENDED: 'Access ended.',
    ACCESS_RESCINDED: 'The developer rescinded an offer of access.',
    ACCESS_DECLINED: 'An agency declined an offer of access.',
    ACCESS_CONSENTED: 'The developer consented to access after launch.',
    PARTNER_PROPOSED: 'The developer or the intake office proposed a trusted partner.',
    PARTNER_AGREED: 'The developer agreed to a trusted partner, or changed when it gets the model.',
    PARTNER_NOT_PURSUED: 'The developer set a trusted partner aside, or the submission ended.',
    PARTNER_PROPOSAL_WITHDRAWN: 'The side that proposed a trusted partner withdrew the proposal.',
    ARTIFACT_DESTROYED: 'A document was destroyed.',
    DESTRUCTION_ATTESTED: 'A holder attested to the destruction of everything it held.',
    FINDING_RECEIVED: 'An agency shared a finding with the developer.',
    DETERMINATION_RECEIVED: 'An agency issued a determination.',
    LAUNCHED: 'The model was launched.',
    NOT_RELEASED: 'The developer declared that it will not release the model.',
    WITHDRAWN: 'The developer withdrew the submission.',
    CLOSED: 'The intake office closed the file after launch.',
    DISCARDED: 'The developer discarded the draft.',
  },
);

@model('Entry on the timeline of a submission. Entries are never changed or deleted.', {
  order: ['occurredAt', 'sequence'],
  sensitivity: 'PROPIN',
  entity: false,
})
@Index(['submissionId', 'sequence'], { unique: true })
// breaches of voluntariness, for metrics
@Index(['fromState', 'actor', 'toState', 'occurredAt'])
export class SubmissionEvent {
  @generatedId('evt') id!: string;
  @belongsTo(() => Submission, 'Submission that the entry belongs to.', { as: 'submission' }) submissionId!: string;
  @integer('Position on the timeline of the submission, from 1.', { order: true }) sequence!: number;
  @dateTime('Time of the event.', { filter: true, order: true }) occurredAt!: string;
  @oneOf(() => SubmissionEventKind, 'Kind of event.', { filter: true, order: true }) kind!: ValueOf<
    typeof SubmissionEventKind
  >;
  @oneOf(() => Actor, 'Party that caused the event.', { filter: true, lowerCase: true }) actor!: Actor;
  @refersTo(() => Agency, 'Agency concerned, if any.', { as: 'agency', nullable: true, index: false }) agencyKey!:
    | string
    | null;
  @text('Key of the part of the submission concerned, such as an access grant.', { nullable: true, length: 40 })
  objectId!: string | null;
  @text('State before the event, of the submission or the part concerned.', { nullable: true, length: 40 }) fromState!:
    | string
    | null;
  @text('State after the event, of the submission or the part concerned.', { nullable: true, length: 40 }) toState!:
    | string
    | null;
  @longText('Further details.', { nullable: true }) detail!: string | null;
  @exerciseFlag() exercise!: boolean;
}
