import type { RoleSpecs } from '#base/identity/roles';

/** Roles across programs; every subgraph has them. Roles: docs/domain.md. */
export const SHARED_ROLES = {
  coordinator: { description: 'Coordinates the programs across agencies.', isGovernment: true },
  analyst: { description: 'Analyzes figures of all programs.', isGovernment: true, isStatistical: true },
  inspector: {
    description: 'Inspects any object, for a named case.',
    needs: 'caseNumber',
    isGovernment: true,
    isOversight: true,
  },
  operator: { description: 'Operates the graph: reads metrics and health, and no data.' },
} as const satisfies RoleSpecs;

type SharedRoles = { readonly [Name in keyof typeof SHARED_ROLES]: true };
declare module '#base/identity/roles' {
  interface RoleNames extends SharedRoles {}
}
