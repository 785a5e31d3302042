import { createHash } from 'node:crypto';
import type { Client, GraphQLBody } from './stack';

/** The agency that tests share submissions with. */
const AGENCY = 'nsa';

interface Changed {
  readonly [field: string]: { readonly id: string; readonly revision: number } | undefined;
}

/**
 * Performs a mutation once.
 * @returns the selected fields
 * @throws Error when it is not acknowledged
 */
async function perform(
  client: Client,
  authorization: Record<string, string>,
  [name, idempotencyKey]: readonly [name: string, idempotencyKey: string],
  input: Record<string, unknown>,
  selection: string,
): Promise<Changed> {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input!`;
  const query = `mutation ($input: ${type}) { ${name}(input: $input) { ${selection} } }`;
  const { body } = await client.graphql({ query, variables: { input: { idempotencyKey, ...input } } }, authorization);
  const payload = (body?.data as Record<string, Changed | null> | undefined)?.[name];
  if (body?.errors || !payload) throw new Error(`${name} was not acknowledged: ${JSON.stringify(body?.errors)}`);
  return payload;
}

/**
 * Files a submission of the organization "alder", shared with one agency.
 * @param key distinguishes filings: the same key files nothing new
 * @returns its id, once the filing is acknowledged
 * @throws Error when a step is not acknowledged
 */
export async function fileSubmission(client: Client, developer: Record<string, string>, key: string): Promise<string> {
  const send = (name: string, input: Record<string, unknown>, selection: string, once = key) =>
    perform(client, developer, [name, `${name}-${once}`], input, selection);
  const organization = { key: 'alder', legalName: 'The Alder company', category: 'INDUSTRY' };
  await send('registerOrganization', organization, 'organization { key }', 'once');
  const { model } = await send('registerModel', { codename: `filed-${key}`, modalities: ['TEXT'] }, 'model { id }');
  const version = await send('registerModelVersion', { modelId: model!.id, label: 'rc 1' }, 'version { id }');
  const plannedLaunchAt = new Date(Math.floor(Date.now() / 86_400_000 + 20) * 86_400_000).toISOString();
  const { submission } = await send(
    'draftSubmission',
    {
      versionId: version.version!.id,
      launchPlan: { plannedLaunchAt },
      sharingPreference: 'NAMED_AGENCIES_ONLY',
      requestedAgencies: [AGENCY],
    },
    'submission { id revision }',
  );
  const { id, revision } = submission!;
  await send('fileSubmission', { id, expectedRevision: revision }, 'submission { id }');
  return id;
}

/**
 * Announces a document of a submission.
 * @returns the path of its upload
 */
export async function attachDocument(
  client: Client,
  developer: Record<string, string>,
  submissionId: string,
  content: Buffer,
): Promise<string> {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const input = { submissionId, kind: 'OTHER', sha256, bytes: String(content.length) };
  const { artifact } = await perform(
    client,
    developer,
    ['attachArtifact', sha256],
    input,
    'artifact { id revision: bytes }',
  );
  return `/artifacts/${artifact!.id}`;
}

/** Number of determinations the agency was invited to, by the id of the submission; only those with any. */
export async function invitations(client: Client, inspector: Record<string, string>): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let after: string | null = null; ; ) {
    const answer: { body: GraphQLBody | undefined } = await client.graphql(
      {
        query: `query ($after: String) { determinations(first: 500, after: $after) {
          nodes { submission { id } agency { key } } pageInfo { hasNextPage endCursor } } }`,
        variables: { after },
      },
      inspector,
    );
    const { determinations } = answer.body!.data as { determinations: Determinations };
    for (const { submission, agency } of determinations.nodes)
      if (agency.key === AGENCY) counts.set(submission.id, (counts.get(submission.id) ?? 0) + 1);
    if (!determinations.pageInfo.hasNextPage) return counts;
    after = determinations.pageInfo.endCursor;
  }
}

interface Determinations {
  readonly nodes: readonly {
    readonly submission: { readonly id: string };
    readonly agency: { readonly key: string };
  }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}
