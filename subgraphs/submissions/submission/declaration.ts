import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { belongsTo, exerciseFlag, float, key, longText, oneOf, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Submission } from './submission';

export const CapabilityArea = enumeration('CapabilityArea', 'Area of a declared capability.', {
  CYBERSECURITY: 'Finding or exploiting flaws in software and networks.',
  BIOLOGY_AND_CHEMISTRY: 'Biology and chemistry, including their hazards.',
  AUTONOMY: 'Long-running action without human supervision.',
  PERSUASION: 'Influencing beliefs or behavior.',
  CODE: 'Writing and running software.',
  GENERAL: 'Any other capability.',
});

@model('Capability that a developer declares for its model.', {
  entity: false,
  order: ['area'],
  sensitivity: 'PROPIN',
})
export class Declaration {
  @key('Declaration id.') id!: string;
  @belongsTo(() => Submission, 'Submission that contains the declaration.', { as: 'submission' }) submissionId!: string;
  @oneOf(() => CapabilityArea, 'Area of the capability.', { filter: true, order: true }) area!: ValueOf<
    typeof CapabilityArea
  >;
  @longText('Statement of the developer.') statement!: string;
  @exerciseFlag() exercise!: boolean;
}

@model('Evaluation result measured by the developer.', { entity: false, order: ['evaluation'], sensitivity: 'PROPIN' })
export class SelfEvaluation {
  @key('Result id.') id!: string;
  @belongsTo(() => Submission, 'Submission that contains the result.', { as: 'submission' }) submissionId!: string;
  @text('Name of the evaluation.', { filter: true, order: true }) evaluation!: string;
  @float('Score, from 0 to 1.') score!: number;
  @text('Measurement method.') method!: string;
  @exerciseFlag() exercise!: boolean;
}
