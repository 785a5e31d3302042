import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { belongsTo, exerciseFlag, float, key, longText, oneOf, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Submission } from './submission';

export const CapabilityArea = enumeration('CapabilityArea', 'The area a declared capability falls in.', {
  CYBERSECURITY: 'Finding or using flaws in software and networks.',
  BIOLOGY_AND_CHEMISTRY: 'Biology, chemistry and their hazards.',
  AUTONOMY: 'Acting over long stretches without people.',
  PERSUASION: 'Changing what people believe or do.',
  CODE: 'Writing and running programs.',
  GENERAL: 'Anything else.',
});

@model('A capability that a developer declares of its model.', {
  entity: false,
  order: ['area'],
  sensitivity: 'PROPIN',
})
export class Declaration {
  @key('Key of the declaration.') id!: string;
  @belongsTo(() => Submission, 'The submission it belongs to.', { as: 'submission' }) submissionId!: string;
  @oneOf(() => CapabilityArea, 'The area it falls in.', { filter: true, order: true }) area!: ValueOf<
    typeof CapabilityArea
  >;
  @longText("The developer's statement.") statement!: string;
  @exerciseFlag() exercise!: boolean;
}

@model('A result that a developer measured itself.', { entity: false, order: ['evaluation'], sensitivity: 'PROPIN' })
export class SelfEvaluation {
  @key('Key of the result.') id!: string;
  @belongsTo(() => Submission, 'The submission it belongs to.', { as: 'submission' }) submissionId!: string;
  @text('Which evaluation.', { filter: true, order: true }) evaluation!: string;
  @float('The score, from 0 to 1.') score!: number;
  @text('How it was measured.') method!: string;
  @exerciseFlag() exercise!: boolean;
}
