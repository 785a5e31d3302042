import { z } from 'zod';
import { OperatorError } from '#base/errors';
import type { Principal } from '#base/identity/principal';
import { readText } from '#base/read-text';

/** The format of `@apollo/generate-persisted-query-manifest`. */
const apolloManifest = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(z.object({ id: z.string().min(1), body: z.string().min(1) })),
});
/** The format of the Relay compiler: texts by id. */
const relayManifest = z.record(z.string().min(1), z.string().min(1));

/** Documents that everyone may execute. Other documents require an ad hoc role. */
export class TrustedDocuments {
  private readonly texts: ReadonlySet<string>;

  private constructor(
    private readonly byId: ReadonlyMap<string, string>,
    private readonly adHocRoles: readonly string[],
  ) {
    this.texts = new Set(byId.values());
  }

  /** Reads manifests in the formats of Apollo and Relay. @throws OperatorError */
  static read(files: readonly string[], adHocRoles: readonly string[]): TrustedDocuments {
    const byId = new Map<string, string>();
    for (const file of files)
      for (const [id, text] of manifestDocuments(file)) {
        if ((byId.get(id) ?? text) !== text)
          throw new OperatorError(
            `Two manifests assign the id "${id}" to different documents`,
            'Ids must be digests of their documents: regenerate the manifests',
          );
        byId.set(id, text);
      }
    return new TrustedDocuments(byId, adHocRoles);
  }

  textOf(id: string): string | undefined {
    return this.byId.get(id) ?? this.byId.get(withoutAlgorithm(id));
  }

  /** Whether a caller may execute documents that are not in the manifests. */
  allowsAdHoc(principal: Principal | null): boolean {
    return principal?.roles.some((role) => this.adHocRoles.includes(role)) ?? false;
  }

  /** Whether a caller may execute a document. */
  allows(text: string, principal: Principal | null): boolean {
    return this.texts.has(text) || this.allowsAdHoc(principal);
  }
}

/** The documents of a manifest in the format of Apollo or Relay, with their ids. @throws OperatorError */
export function manifestDocuments(file: string): readonly (readonly [string, string])[] {
  const fix = 'Use a manifest from @apollo/generate-persisted-query-manifest or the Relay compiler';
  let content: unknown;
  try {
    content = JSON.parse(readText(file, 'The manifest of trusted documents (--trusted-documents)'));
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`"${file}" is not valid JSON: ${(error as Error).message}`, fix);
  }
  const apollo = apolloManifest.safeParse(content);
  if (apollo.success) return apollo.data.operations.map(({ id, body }) => [id, body] as const);
  const relay = relayManifest.safeParse(content);
  if (relay.success) return Object.entries(relay.data);
  throw new OperatorError(`"${file}" is not a document manifest`, fix);
}

/** Removes the digest algorithm from an id: GraphQL over HTTP has this prefix, manifests do not. */
export const withoutAlgorithm = (id: string): string => id.replace(/^sha256:/, '');
