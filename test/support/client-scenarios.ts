import type { Exchange, RunScenario } from './clients';

/** What Apollo Client and urql return for the query of `programs/operations.mjs`. */
export const SECTOR = { sector: { __typename: 'Sector', id: 'Sector:energy', key: 'energy', name: 'Energy' } };

/** What the scenarios `persist` and `identify` return. */
export interface Persisted {
  readonly results: readonly object[];
  readonly exchanges: readonly Exchange[];
  /** The result of a query that is in no manifest. */
  readonly other: { readonly data?: unknown; readonly error?: unknown };
}

/** Whether each request contained the text of its document, and not its hash alone. */
export const sentDocuments = (exchanges: readonly Exchange[]): boolean[] =>
  exchanges.map(({ url, requestBody }) =>
    requestBody === null ? new URL(url).searchParams.has('query') : JSON.parse(requestBody).query !== undefined,
  );

/** Writes values of the custom scalars with a client, reads them again, and expects them in their documented forms. */
export async function expectScalars(run: RunScenario, idempotencyKey: string): Promise<void> {
  const model = { parameterCount: '1750000000000', trainingComputeFlop: '3.8e25' };
  const version = { checkpointHash: 'ab'.repeat(32), frozenAt: '2026-05-01T10:00:00-04:00' };
  const input = {
    model: { idempotencyKey, codename: idempotencyKey, modalities: ['TEXT'], ...model },
    version: { idempotencyKey: `${idempotencyKey}-version`, label: '1', ...version },
  };
  const result = await run<{ announcements: { openDate: string; url: string | null }[] }>('scalars', { input });
  expect(result).toMatchObject({
    model,
    version: { checkpointHash: version.checkpointHash, frozenAt: '2026-05-01T14:00:00.000Z' },
  });
  expect(result.announcements).not.toHaveLength(0);
  for (const { openDate, url } of result.announcements) {
    expect(openDate).toMatch(/^\d{4}-\d\d-\d\d$/);
    if (url !== null) expect(url).toMatch(/^https?:\/\//);
  }
}
