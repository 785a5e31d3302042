import { Index } from 'typeorm';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { belongsTo, bigNumber, dateTime, exerciseFlag, generatedId, oneOf, sha256, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { kept } from '#kit/model/record';
import { Submission } from './submission';

export const ArtifactKind = enumeration('ArtifactKind', 'What a document is.', {
  MODEL_CARD: 'A model card.',
  SAFETY_CASE: 'A safety case.',
  EVAL_REPORT: 'A report of evaluations.',
  ENDPOINT_SPEC: 'The description of an endpoint.',
  OTHER: 'Anything else.',
});

export const ArtifactStorage = enumeration('ArtifactStorage', 'Where the content of a document is.', {
  AWAITING_UPLOAD: 'Announced, and not uploaded yet.',
  STORED: 'In the store of the program, under its digest; what was uploaded has been verified.',
  REFERENCE: 'With the developer, who says where; the graph holds the digest only.',
  DESTROYED: 'Destroyed.',
});

@model('A pointer to a document of a submission, with its digest. Weights are never held.', {
  order: ['createdAt'],
  sensitivity: 'PROPIN',
})
@Index(['storage', 'contentRemoved'])
export class Artifact {
  @generatedId('art') id!: string;
  @belongsTo(() => Submission, 'The submission it belongs to.', { as: 'submission' }) submissionId!: string;
  @oneOf(() => ArtifactKind, 'What it is.', { filter: true }) kind!: ValueOf<typeof ArtifactKind>;
  @sha256('Digest of its content.', { index: true }) sha256!: string;
  @bigNumber('Its size in bytes.', { order: true }) bytes!: string;
  @oneOf(() => ArtifactStorage, 'Whether its content is in the store.', { filter: true, default: 'REFERENCE' })
  storage!: ValueOf<typeof ArtifactStorage>;
  @text('Where it is kept: a path of this server to download it from, or where the developer says it is.')
  storedWhere!: string;
  @text('Name of the file.', { nullable: true }) fileName!: string | null;
  @dateTime('When it was attached.', { order: true }) createdAt!: string;
  @dateTime('When it was destroyed.', { nullable: true }) destroyedAt!: string | null;
  @text('Who attests the destruction.', { nullable: true }) destructionAttestedBy!: string | null;
  /** Whether the content of a destroyed document has been taken out of the store. */
  @kept({ type: 'boolean', default: false }) contentRemoved!: boolean;
  @exerciseFlag() exercise!: boolean;
}
