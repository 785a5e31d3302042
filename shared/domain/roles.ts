import type { NamesOf, RoleSpecs } from '#base/identity/roles';

/** Roles across programs; every subgraph has them. Roles: docs/domain.md. */
const SHARED_ROLES = {
  coordinator: { description: 'Coordinates the programs across agencies.', isGovernment: true },
  analyst: { description: 'Analyzes figures of all programs.', isGovernment: true, isStatistical: true },
  inspector: {
    description: 'Inspects any object, for a named case.',
    needs: 'caseNumber',
    isGovernment: true,
    isOversight: true,
  },
  operator: { description: 'Operates the graph: reads metrics, health, and saved questions, and no other data.' },
} as const satisfies RoleSpecs;

declare module '#base/identity/roles' {
  interface RoleNames extends NamesOf<typeof SHARED_ROLES> {}
}

/** Roles of a subgraph: its own, and those of all programs. */
export const withSharedRoles = (own: RoleSpecs): RoleSpecs => ({ ...own, ...SHARED_ROLES });
