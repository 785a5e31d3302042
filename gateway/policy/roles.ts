import { type ConstDirectiveNode, type DocumentNode, Kind } from 'graphql';
import { z } from 'zod';
import { OperatorError } from '#base/errors';
import { isUncheckedOversight, meaningOf, type RoleSpec, type RoleSpecs } from '#base/identity/roles';
import { argumentsOf } from '../supergraph/ast';
import { handlingFeature } from '../supergraph/features';

/** Arguments of `@role`, as a role. Other values are rejected: a misspelled kind would grant more than its subgraph meant. */
const declaration = z
  .strictObject({
    // "public" names callers without a token in budgets
    name: z.string().regex(/^(?!public$)[a-z][a-z0-9-]{0,49}$/, 'use 1 to 50 lower-case letters, digits, and hyphens'),
    description: z.string().min(1),
    needs: z.enum(['organization', 'agency', 'caseNumber']).optional(),
    kinds: z.array(z.enum(['GOVERNMENT', 'STATISTICAL', 'OVERSIGHT'])).default([]),
  })
  .transform(({ name, description, needs, kinds }): Declaration => {
    const spec = {
      description,
      ...(needs ? { needs } : {}),
      ...(kinds.includes('GOVERNMENT') ? { isGovernment: true } : {}),
      ...(kinds.includes('STATISTICAL') ? { isStatistical: true } : {}),
      ...(kinds.includes('OVERSIGHT') ? { isOversight: true } : {}),
    };
    return [name, spec];
  })
  .refine(([, spec]) => !isUncheckedOversight(spec), {
    path: ['kinds'],
    message: 'OVERSIGHT requires GOVERNMENT, and needs "caseNumber"',
  });

type Declaration = readonly [name: string, spec: RoleSpec];

/** Every `@role` on the schema of a supergraph or a subgraph. @throws OperatorError for invalid arguments */
export function roleDeclarationsIn(document: DocumentNode): Declaration[] {
  const feature = handlingFeature(document);
  if (!feature) return [];
  return document.definitions
    .flatMap((definition) =>
      definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION
        ? (definition.directives ?? [])
        : [],
    )
    .filter(({ name }) => name.value === feature.directiveNamed('role'))
    .map(roleIn);
}

/** Roles that a supergraph, or a subgraph, declares. @throws OperatorError for invalid ones, and one with two meanings */
export function rolesOf(document: DocumentNode): RoleSpecs {
  const roles = new Map<string, RoleSpec>();
  for (const [name, spec] of roleDeclarationsIn(document)) {
    const first = roles.get(name);
    if (first && meaningOf(first) !== meaningOf(spec))
      throw new OperatorError(
        `The role "${name}" has two meanings: ${meaningOf(first)}, and ${meaningOf(spec)}`,
        'Declare each role once; compose the supergraph again',
      );
    roles.set(name, spec);
  }
  return Object.fromEntries(roles);
}

function roleIn(directive: ConstDirectiveNode): Declaration {
  const parsed = declaration.safeParse(argumentsOf(directive));
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new OperatorError(
    `A @role has an invalid ${String(path[0] ?? 'argument')}: ${message}`,
    'See "Add a role" in CONTRIBUTING.md',
  );
}
