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
import { SubmissionFile } from './submission-file';

/** Largest document taken: reports and cards, never weights. */
export const MOST_ARTIFACT_BYTES = 2 * 1024 ** 3;

const attachArtifact = mutation({
  name: 'attachArtifact',
  description:
    'Attaches a document by its digest: to be uploaded (PUT its content to the path in "storedWhere"), or kept by you and referred to. Never weights.',
  by: ['DEVELOPER'],
  input: {
    submissionId: idInput('The submission.'),
    kind: enumInput(() => ArtifactKind, 'What it is.'),
    sha256: sha256Input('Digest of its content; an upload is checked against it.'),
    bytes: bigNumberInput('Its size in bytes; an upload must have exactly as many.'),
    fileName: optional(textInput('Name of the file.', { pattern: /^[^/\\]+$/ })),
    reference: optional(textInput('Where you keep it, when it is not to be uploaded: an address or a reference.')),
  },
  returns: ['artifact', () => Artifact],
  async run(work, { submissionId, kind, sha256, bytes, fileName, reference }) {
    if (!/^\d+$/.test(bytes) || Number(bytes) < 1)
      throw new InputError(`"bytes" is ${bytes}; it must be a whole number, at least 1`, ['input', 'bytes']);
    if (reference === null && Number(bytes) > MOST_ARTIFACT_BYTES)
      throw new InputError(`Uploads have at most ${MOST_ARTIFACT_BYTES} bytes; keep it and give a "reference"`, [
        'input',
        'bytes',
      ]);
    const file = await SubmissionFile.open(work, submissionId, 'submissionId');
    const id = work.newId('art');
    file.move('attachArtifact', 'ARTIFACT_ATTACHED', {}, { objectId: id, detail: `${kind} ${sha256}` });
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
    'Attests that a holder destroyed what it held of a withdrawn submission. With the intake office’s attestation the uploaded documents are removed from the store.',
  by: ['INTAKE', 'AGENCY'],
  input: { id: idInput('The entry of the destruction list.'), expectedRevision: expectedRevisionInput() },
  returns: ['obligation', () => DestructionObligation],
  async run(work, { id, expectedRevision }) {
    const { database, principal, now } = work;
    const holder = work.actor === 'INTAKE' ? 'intake' : principal.agency;
    const { file, object: obligation } = await SubmissionFile.of(
      work,
      DestructionObligation,
      'entry of a destruction list',
      id,
      expectedRevision,
      (entry) => entry.holder === holder,
    );
    if (obligation.attestedAt !== null)
      throw new RequestError('ALREADY_ATTESTED', `It was attested at ${obligation.attestedAt}`, ['input', 'id']);
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
