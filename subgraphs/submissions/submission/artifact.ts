import { enumeration, type ValueOf } from '../../../shared/model/enumeration';
import { belongsTo, bigNumber, dateTime, exerciseFlag, key, oneOf, sha256, text } from '../../../shared/model/fields';
import { model } from '../../../shared/model/model';
import { Submission } from './submission';

export const ArtifactKind = enumeration('ArtifactKind', 'What a document is.', {
  MODEL_CARD: 'A model card.',
  SAFETY_CASE: 'A safety case.',
  EVAL_REPORT: 'A report of evaluations.',
  ENDPOINT_SPEC: 'The description of an endpoint.',
  OTHER: 'Anything else.',
});

@model('A pointer to a document of a submission, with its digest. Weights are never held.', {
  order: ['createdAt'],
  sensitivity: 'PROPIN',
})
export class Artifact {
  @key('`art_` and 26 base-32 digits.') id!: string;
  @belongsTo(() => Submission, 'The submission it belongs to.', { as: 'submission' }) submissionId!: string;
  @oneOf(() => ArtifactKind, 'What it is.', { filter: true }) kind!: ValueOf<typeof ArtifactKind>;
  @sha256('Digest of its content.', { index: true }) sha256!: string;
  @bigNumber('Its size in bytes.', { order: true }) bytes!: string;
  @text('Where it is kept.') storedWhere!: string;
  @dateTime('When it was attached.', { order: true }) createdAt!: string;
  @dateTime('When it was destroyed.', { nullable: true }) destroyedAt!: string | null;
  @text('Who attests the destruction.', { nullable: true }) destructionAttestedBy!: string | null;
  @exerciseFlag() exercise!: boolean;
}
