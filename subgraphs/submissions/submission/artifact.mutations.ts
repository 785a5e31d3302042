import { InputError, RequestError } from '#base/errors';
import { FILES_PATH } from '#base/files/routes';
import {
  bigNumberInput,
  enumInput,
  expectedRevisionInput,
  idInput,
  optional,
  sha256Input,
  textInput,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import { Artifact, ArtifactKind } from './artifact';
import { DestructionObligation } from './destruction-obligation';
import { requireRoom } from './document-contents';
import { SubmissionFile } from './submission-file';

/** Maximum upload size in bytes: enough for reports and model cards, too small for weights. */
export const MAX_ARTIFACT_BYTES = 2 * 1024 ** 3;

const attachArtifact = mutation({
  name: 'attachArtifact',
  description:
    'Attaches a document by its digest. Upload it with PUT to the path in "storedWhere", or keep it and give a reference. Never attach weights.',
  by: ['DEVELOPER'],
  input: {
    submissionId: idInput('Submission id.'),
    kind: enumInput(() => ArtifactKind, 'Kind of document.'),
    sha256: sha256Input('SHA-256 digest of the content. An upload must match it.'),
    bytes: bigNumberInput('Size in bytes. An upload must match it.'),
    fileName: optional(textInput('File name.', { pattern: /^[^/\\]+$/ })),
    reference: optional(textInput('Address or reference of the document, if you keep it instead of uploading it.')),
  },
  returns: ['artifact', () => Artifact],
  async run(work, { submissionId, kind, sha256, bytes, fileName, reference }) {
    if (!/^\d+$/.test(bytes) || Number(bytes) < 1)
      throw new InputError(`"bytes" is ${bytes}: give a whole number, at least 1`, ['input', 'bytes']);
    if (reference === null && Number(bytes) > MAX_ARTIFACT_BYTES)
      throw new InputError(
        `"bytes" is ${bytes}, over the limit of ${MAX_ARTIFACT_BYTES} for uploads: keep the document and give a "reference"`,
        ['input', 'bytes'],
      );
    const file = await SubmissionFile.open(work, submissionId, 'submissionId');
    const id = work.newId('art');
    file.move('attachArtifact', 'ARTIFACT_ATTACHED', {}, { objectId: id, detail: `${kind} ${sha256}` });
    if (reference === null) await requireRoom(work.database, file.submission.developerKey, Number(bytes));
    await work.database.insert(Artifact, [
      {
        id,
        submissionId,
        kind,
        sha256,
        bytes,
        fileName,
        storage: reference === null ? 'AWAITING_UPLOAD' : 'REFERENCE',
        storedWhere: reference ?? `${FILES_PATH}/${id}`,
        createdAt: work.now,
        destroyedAt: null,
        destructionAttestedBy: null,
        exercise: file.submission.exercise,
      },
    ]);
    await file.save({ changed: false });
    return id;
  },
});

const attestDestruction = mutation({
  name: 'attestDestruction',
  description:
    'Attests that a holder destroyed what it held of a withdrawn submission. The attestation of the intake office also removes uploaded documents from the store.',
  by: ['INTAKE', 'AGENCY'],
  input: { id: idInput('Destruction obligation id.'), expectedRevision: expectedRevisionInput() },
  returns: ['obligation', () => DestructionObligation],
  async run(work, { id, expectedRevision }) {
    const { database, principal, now } = work;
    const holder = work.actor === 'INTAKE' ? 'intake' : principal.agency;
    const { file, object: obligation } = await SubmissionFile.of(
      work,
      DestructionObligation,
      'destruction obligation',
      id,
      expectedRevision,
      (entry) => entry.holder === holder,
    );
    if (obligation.attestedAt !== null)
      throw new RequestError('ALREADY_ATTESTED', `The destruction was already attested at ${obligation.attestedAt}`, [
        'input',
        'id',
      ]);
    await database.update(DestructionObligation, id, {
      attestedAt: now,
      attestedBy: principal.subject,
      revision: expectedRevision + 1,
    });
    if (holder === 'intake')
      await database.updateWhere(
        Artifact,
        { storage: 'DESTROYED', destroyedAt: now, destructionAttestedBy: principal.subject },
        `submission_id = ? AND storage <> 'REFERENCE'`,
        [obligation.submissionId],
      );
    file.happen({
      kind: 'DESTRUCTION_ATTESTED',
      actor: work.actor,
      agencyKey: holder === 'intake' ? null : holder,
      objectId: id,
    });
    await file.save({ changed: false });
    return id;
  },
});

export const artifactMutations = [attachArtifact, attestDestruction];
