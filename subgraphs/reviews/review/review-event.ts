import { enumeration, type ValueOf } from '../../../shared/model/enumeration';
import { dateTime, exerciseFlag, integer, key, longText, oneOf, refersTo, text } from '../../../shared/model/fields';
import { model } from '../../../shared/model/model';
import { Agency } from '../agency';
import { Submission } from '../submission';

export const ReviewEventKind = enumeration('ReviewEventKind', 'What happened to a submission in the agencies.', {
  INVITED: 'An agency was invited to a determination.',
  DETERMINATION_ISSUED: 'An agency issued a determination.',
  DETERMINATION_NOT_ISSUED: 'A determination ended without being issued.',
  DESIGNATED: 'A designation was made.',
  REVIEW_OPENED: 'A review was opened.',
  EVALUATION_STARTED: 'Evaluations began.',
  FINDINGS_DRAFTED: 'Findings were written.',
  FINDINGS_SHARED: 'Findings were shared with the developer.',
  DEVELOPER_RESPONDED: 'The developer answered a finding.',
  RISK_ASSESSED: 'A risk was assessed.',
  ADVICE_SENT: 'Advice was sent.',
  REVIEW_CLOSED: 'A review ended.',
  REVIEW_STOPPED: 'A review was stopped.',
});

@model('One entry of the timeline of a submission in the agencies. Entries are only ever added.', {
  order: ['occurredAt', 'sequence'],
  sensitivity: 'GOV',
  entity: false,
})
export class ReviewEvent {
  @key('`evt_` and 26 base-32 digits.') id!: string;
  @refersTo(() => Submission, 'The submission it concerns.', { as: 'submission', length: 30 }) submissionId!: string;
  @integer('Its place among the entries of the submission, from 1.', { order: true }) sequence!: number;
  @dateTime('When it happened.', { filter: true, order: true }) occurredAt!: string;
  @oneOf(() => ReviewEventKind, 'What happened.', { filter: true, order: true }) kind!: ValueOf<typeof ReviewEventKind>;
  @text('Who did it: agency, developer or system.', { length: 40, filter: true }) actor!: string;
  @refersTo(() => Agency, 'The agency it concerns.', { as: 'agency', nullable: true, index: false }) agencyKey!:
    | string
    | null;
  @text('State before.', { nullable: true, length: 40 }) fromState!: string | null;
  @text('State after.', { nullable: true, length: 40 }) toState!: string | null;
  @longText('What else is worth knowing.', { nullable: true }) detail!: string | null;
  @exerciseFlag() exercise!: boolean;
}
