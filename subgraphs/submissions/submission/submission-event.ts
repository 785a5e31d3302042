import { enumeration, type ValueOf } from '../../../shared/model/enumeration';
import {
  belongsTo,
  dateTime,
  exerciseFlag,
  integer,
  key,
  longText,
  oneOf,
  refersTo,
  text,
} from '../../../shared/model/fields';
import { model } from '../../../shared/model/model';
import { Agency } from '../agency';
import { Submission } from './submission';

export const SubmissionEventKind = enumeration('SubmissionEventKind', 'What happened to a submission.', {
  DRAFTED: 'Drafted.',
  FILED: 'Filed.',
  PLAN_CHANGED: 'The launch plan changed.',
  INTAKE_CHECKED: 'Intake looked whether it is complete.',
  INFORMATION_REQUESTED: 'Intake asked for information.',
  INFORMATION_PROVIDED: 'The developer answered.',
  ARTIFACT_ATTACHED: 'A document was attached.',
  ACCESS_OFFERED: 'Access was offered to an agency.',
  ACCESS_STARTED: 'An agency accepted and has access.',
  ACCESS_PAUSED: 'Access was paused.',
  ACCESS_ENDED: 'Access ended.',
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
export class SubmissionEvent {
  @key('`evt_` and 26 base-32 digits.') id!: string;
  @belongsTo(() => Submission, 'The submission it happened to.', { as: 'submission' }) submissionId!: string;
  @integer('Its place among the events of the submission, from 1.', { order: true }) sequence!: number;
  @dateTime('When it happened.', { filter: true, order: true }) occurredAt!: string;
  @oneOf(() => SubmissionEventKind, 'What happened.', { filter: true, order: true }) kind!: ValueOf<
    typeof SubmissionEventKind
  >;
  @text('Who did it: developer, intake or system.', { length: 40, filter: true }) actor!: string;
  @refersTo(() => Agency, 'The agency it concerns, if one.', { as: 'agency', nullable: true, index: false }) agencyKey!:
    | string
    | null;
  @text('State of the submission before.', { nullable: true, length: 40 }) fromState!: string | null;
  @text('State of the submission after.', { nullable: true, length: 40 }) toState!: string | null;
  @longText('What else is worth knowing.', { nullable: true }) detail!: string | null;
  @exerciseFlag() exercise!: boolean;
}
