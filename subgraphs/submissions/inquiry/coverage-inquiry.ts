import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  dateTime,
  exerciseFlag,
  generatedId,
  longText,
  oneOf,
  refersTo,
  revisionNumber,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import { DeveloperOrganization } from '../developer/developer-organization';
import { Designation } from '../entities';
import { AIModel } from '../model/ai-model';
import { InquiryEvent } from './inquiry-event';

export const CoverageInquiryStatus = enumeration('CoverageInquiryStatus', 'Status of a coverage inquiry.', {
  ASKED: 'Asked by the developer.',
  IN_DISCUSSION: 'Under discussion between the developer and NSA.',
  ANSWERED: 'Answered by a designation.',
  WITHDRAWN: 'Withdrawn by the developer.',
});

@model(
  'Question of a developer during development: is this model a covered frontier model? NSA answers by a designation. An inquiry without an answer means nothing, and no submission or launch needs one.',
  { order: ['-askedAt'], sensitivity: 'PROPIN' },
)
export class CoverageInquiry {
  @generatedId('cin') id!: string;
  @belongsTo(() => DeveloperOrganization, 'Developer that asks.', { as: 'developer', length: 60, filter: true })
  developerKey!: string;
  @belongsTo(() => AIModel, 'Model that the inquiry is about.', { as: 'model', filter: true }) modelId!: string;
  @longText("Developer's description of the model, if it gave one.", { nullable: true }) statement!: string | null;
  @oneOf(() => CoverageInquiryStatus, 'Status of the inquiry.', { filter: true, order: true, index: true })
  status!: ValueOf<typeof CoverageInquiryStatus>;
  @dateTime('Time the developer asked.', { filter: true, order: true }) askedAt!: string;
  @dateTime('Time NSA answered.', { nullable: true, filter: true, order: true }) answeredAt!: string | null;
  @refersTo(() => Designation, 'Designation that answers the inquiry; null without an answer.', {
    as: 'answer',
    length: 30,
    nullable: true,
  })
  answerId!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => InquiryEvent, 'inquiryId', 'Events of the inquiry, oldest first.') timeline!: unknown;
}
