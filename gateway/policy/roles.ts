import { type ConstDirectiveNode, type DocumentNode, Kind, valueFromASTUntyped } from 'graphql';
import type { RoleSpec, RoleSpecs } from '#base/identity/roles';
import { featuresOf } from '../supergraph/features';

/** The feature that defines `@role`. */
const FEATURE = 'sensitivity';

/** Roles that a supergraph, or a subgraph, declares by `@role` on its schema. */
export function rolesOf(supergraph: DocumentNode): RoleSpecs {
  const feature = featuresOf(supergraph).find(({ name }) => name === FEATURE);
  if (!feature) return {};
  const directives = supergraph.definitions.flatMap((definition) =>
    definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION
      ? (definition.directives ?? [])
      : [],
  );
  return Object.fromEntries(directives.filter(({ name }) => name.value === feature.directiveNamed('role')).map(roleIn));
}

function roleIn({ arguments: nodes = [] }: ConstDirectiveNode): [name: string, spec: RoleSpec] {
  const { name, kinds, ...spec } = Object.fromEntries(
    nodes.map(({ name, value }) => [name.value, valueFromASTUntyped(value)]),
  ) as unknown as { name: string; kinds?: readonly string[] } & RoleSpec;
  const is = (kind: string) => (kinds ?? []).includes(kind);
  return [
    name,
    {
      ...spec,
      ...(is('GOVERNMENT') ? { isGovernment: true } : {}),
      ...(is('STATISTICAL') ? { isStatistical: true } : {}),
      ...(is('OVERSIGHT') ? { isOversight: true } : {}),
    },
  ];
}
