import { createHash } from 'node:crypto';
import { readSettings } from '#base/settings';
import { documentSettings } from '#domain/settings';
import { MAX_ARTIFACT_BYTES } from '../../subgraphs/submissions/submission/artifact.mutations';
import { databaseKinds } from '../support/databases';
import { developer, Framework } from '../support/framework';

const LIMIT: number = documentSettings.organizationBytes.default;
const FIELDS = 'artifact { id storage }';

describe.each(databaseKinds)('the limit of documents of an organization, on %s', (kind) => {
  let graph: Framework;
  beforeEach(async () => {
    graph = await Framework.open(kind);
  });
  afterEach(() => graph.close());

  let digests = 0;
  const inputOf = (submissionId: string, bytes: number, more: Record<string, unknown> = {}) => {
    digests += 1;
    const sha256 = createHash('sha256').update(String(digests)).digest('hex');
    return { submissionId, kind: 'EVAL_REPORT', sha256, bytes: String(bytes), ...more };
  };
  const attach = (submissionId: string, bytes: number, organization = 'alder') =>
    graph.perform(developer(organization), 'attachArtifact', inputOf(submissionId, bytes), FIELDS);
  /** Announces documents up to the limit, less the bytes given. */
  const fill = async (submissionId: string, spare: number) => {
    for (let left = LIMIT - spare; left > 0; left -= MAX_ARTIFACT_BYTES)
      await attach(submissionId, Math.min(left, MAX_ARTIFACT_BYTES));
  };

  test('accepts documents up to the limit, and names limit, use, and remedies beyond it', async () => {
    const { id } = await graph.draft();
    const { id: otherId } = await graph.draft();
    await fill(id, 1_000);
    await attach(otherId, 999);
    const refused = await graph.refused(developer(), 'attachArtifact', inputOf(otherId, 2));
    expect(refused).toMatchObject({
      code: 'PRECONDITION_FAILED',
      message: `The document has 2 bytes, but the documents of your organization already use ${LIMIT - 1} of at most ${LIMIT}: keep the document and give a "reference", discard drafts whose documents you do not upload, or ask the intake office for a higher limit`,
      inputPath: ['input', 'bytes'],
      extensions: { limit: LIMIT, inUse: LIMIT - 1 },
    });
    await attach(otherId, 1);
    // what is not uploaded, and other organizations, do not count
    const kept = inputOf(id, LIMIT, { reference: 'Vault 7' });
    expect(await graph.perform(developer(), 'attachArtifact', kept, FIELDS)).toMatchObject({ storage: 'REFERENCE' });
    await attach((await graph.draft({}, 'birch')).id, MAX_ARTIFACT_BYTES, 'birch');
  });

  test('counts stored documents until they are destroyed, and announced ones while they can be uploaded', async () => {
    const { id } = await graph.draft();
    const { id: otherId } = await graph.draft();
    await fill(id, 0);
    const isFull = async () =>
      (await graph.call(developer(), 'attachArtifact', inputOf(otherId, MAX_ARTIFACT_BYTES), FIELDS)).errors?.[0]
        ?.extensions.code === 'PRECONDITION_FAILED';
    const set = (storage: string, lifecycle: string) =>
      Promise.all([
        graph.force('submissions', 'UPDATE artifact SET storage = ? WHERE submission_id = ?', [storage, id]),
        graph.force('submissions', 'UPDATE submission SET lifecycle = ? WHERE id = ?', [lifecycle, id]),
      ]);
    for (const [storage, lifecycle] of [
      ['AWAITING_UPLOAD', 'DRAFT'],
      ['AWAITING_UPLOAD', 'FILED'],
      ['AWAITING_UPLOAD', 'LAUNCHED'],
      ['STORED', 'FILED'],
      ['STORED', 'CLOSED'],
      ['STORED', 'WITHDRAWN'],
      ['STORED', 'DISCARDED'],
    ] as const) {
      await set(storage, lifecycle);
      expect([storage, lifecycle, await isFull()]).toEqual([storage, lifecycle, true]);
    }
    for (const [storage, lifecycle] of [
      ['DESTROYED', 'WITHDRAWN'],
      ['AWAITING_UPLOAD', 'DISCARDED'],
      ['AWAITING_UPLOAD', 'NOT_RELEASED'],
      ['AWAITING_UPLOAD', 'CLOSED'],
    ] as const) {
      await set(storage, lifecycle);
      expect([storage, lifecycle, await isFull()]).toEqual([storage, lifecycle, false]);
    }
  });

  test('does not let attachments at once exceed the limit together', async () => {
    const drafts = [await graph.draft(), await graph.draft(), await graph.draft(), await graph.draft()];
    await fill(drafts[0].id, 1_000);
    const answers = await Promise.all(
      drafts.map(({ id }) => graph.callUntilFree(developer(), 'attachArtifact', inputOf(id, 600), FIELDS)),
    );
    const codes = answers.map(({ errors }) => errors?.[0]?.extensions.code);
    expect(codes.filter((code) => code === undefined)).toHaveLength(1);
    expect(codes.filter((code) => code === 'PRECONDITION_FAILED')).toHaveLength(3);
  });
});

test('reads the limit from the environment, where 0 disables it', () => {
  const read = (value: string) =>
    readSettings(documentSettings, {}, { ORDERGRAPH_ORGANIZATION_DOCUMENT_BYTES: value }).organizationBytes;
  expect([read(''), read('0'), read('5000')]).toEqual([LIMIT, 0, 5_000]);
  for (const invalid of ['-1', '1.5', '100 GB'])
    expect(() => read(invalid)).toThrow(`ORDERGRAPH_ORGANIZATION_DOCUMENT_BYTES is "${invalid}"`);
});
