import { z } from 'zod';
import { OperatorError } from '#base/errors';
import type { Principal } from '#base/identity/principal';
import { readText } from '#base/read-text';

/** What `@apollo/generate-persisted-query-manifest` writes. */
const apolloManifest = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(z.object({ id: z.string().min(1), body: z.string().min(1) })),
});
/** What the Relay compiler writes: texts by id. */
const relayManifest = z.record(z.string().min(1), z.string().min(1));

/** The documents of dashboards, which everyone may have executed; others are for few. */
export class TrustedDocuments {
  private readonly texts: ReadonlySet<string>;

  private constructor(
    private readonly byId: ReadonlyMap<string, string>,
    private readonly adHocRoles: readonly string[],
  ) {
    this.texts = new Set(byId.values());
  }

  /** From manifests, as the tooling of Apollo and Relay writes them. @throws OperatorError */
  static read(files: readonly string[], adHocRoles: readonly string[]): TrustedDocuments {
    const byId = new Map<string, string>();
    for (const file of files)
      for (const [id, text] of documentsOf(file)) {
        if ((byId.get(id) ?? text) !== text)
          throw new OperatorError(
            `Two manifests give "${id}" to two documents`,
            'Ids are digests of documents: one of the manifests was made otherwise',
          );
        byId.set(id, text);
      }
    return new TrustedDocuments(byId, adHocRoles);
  }

  textOf(id: string): string | undefined {
    return this.byId.get(id) ?? this.byId.get(withoutAlgorithm(id));
  }

  /** Whether a caller may have documents executed that are not in the manifests. */
  allowsAdHoc(principal: Principal | null): boolean {
    return principal?.roles.some((role) => this.adHocRoles.includes(role)) ?? false;
  }

  /** Whether a caller may have a document executed. */
  allows(text: string, principal: Principal | null): boolean {
    return this.texts.has(text) || this.allowsAdHoc(principal);
  }
}

function documentsOf(file: string): readonly (readonly [string, string])[] {
  const fix = 'It is a manifest of @apollo/generate-persisted-query-manifest or of the Relay compiler';
  let given: unknown;
  try {
    given = JSON.parse(readText(file, 'The manifest of trusted documents (--trusted-documents)'));
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`"${file}" is no JSON: ${(error as Error).message}`, fix);
  }
  const apollo = apolloManifest.safeParse(given);
  if (apollo.success) return apollo.data.operations.map(({ id, body }) => [id, body] as const);
  const relay = relayManifest.safeParse(given);
  if (relay.success) return Object.entries(relay.data);
  throw new OperatorError(`"${file}" is no manifest of documents`, fix);
}

/** An id without the name of its digest's algorithm, which GraphQL over HTTP puts before it and manifests do not. */
export const withoutAlgorithm = (id: string): string => id.replace(/^sha256:/, '');
