import { Index } from 'typeorm';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { belongsTo, bigNumber, dateTime, exerciseFlag, generatedId, oneOf, sha256, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { kept } from '#kit/model/record';
import { Submission } from './submission';

export const ArtifactKind = enumeration('ArtifactKind', 'Kind of document.', {
  MODEL_CARD: 'Model card.',
  SAFETY_CASE: 'Safety case.',
  EVAL_REPORT: 'Evaluation report.',
  ENDPOINT_SPEC: 'Specification of an endpoint.',
  OTHER: 'Any other document.',
});
export type ArtifactKind = ValueOf<typeof ArtifactKind>;

export const ArtifactStorage = enumeration('ArtifactStorage', "Storage state of a document's content.", {
  AWAITING_UPLOAD: 'Announced, not uploaded yet.',
  STORED: "Uploaded to the program's store; the content matches the digest.",
  REFERENCE: 'Kept by the developer. The graph holds only the digest and a reference.',
  DESTROYED: 'Destroyed.',
});
export type ArtifactStorage = ValueOf<typeof ArtifactStorage>;

@model('Document of a submission: its digest, and the location of its content. The graph never holds weights.', {
  order: ['createdAt'],
  sensitivity: 'PROPIN',
})
@Index(['storage', 'contentRemoved'])
export class Artifact {
  @generatedId('art') id!: string;
  @belongsTo(() => Submission, 'Submission that the document belongs to.', { as: 'submission' }) submissionId!: string;
  @oneOf(() => ArtifactKind, 'Kind of document.', { filter: true }) kind!: ArtifactKind;
  @sha256('SHA-256 digest of the content.', { index: true }) sha256!: string;
  @bigNumber('Size in bytes.', { order: true }) bytes!: string;
  @oneOf(() => ArtifactStorage, 'Storage state of the content.', { filter: true, default: 'REFERENCE' })
  storage!: ArtifactStorage;
  @text("Location of the content: a download path on this server, or the developer's reference.")
  storedWhere!: string;
  @text('File name.', { nullable: true }) fileName!: string | null;
  @dateTime('Time the document was attached.', { order: true }) createdAt!: string;
  @dateTime('Time the document was destroyed.', { nullable: true }) destroyedAt!: string | null;
  @text('Party that attested to the destruction.', { nullable: true }) destructionAttestedBy!: string | null;
  /** Whether the store no longer has the content of a destroyed document. */
  @kept({ type: 'boolean', default: false }) contentRemoved!: boolean;
  @exerciseFlag() exercise!: boolean;
}
