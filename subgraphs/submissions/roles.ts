import type { RoleSpecs } from '#base/identity/roles';
import { SHARED_ROLES } from '#domain/roles';

const OWN_ROLES = {
  'developer-submitter': {
    description: 'Submits models for a developer organization.',
    needs: 'organization',
  },
  'intake-officer': {
    description: 'Receives submissions and coordinates their review.',
    isGovernment: true,
  },
} as const satisfies RoleSpecs;

type OwnRoles = { readonly [Name in keyof typeof OWN_ROLES]: true };
declare module '#base/identity/roles' {
  interface RoleNames extends OwnRoles {}
}

export const ROLES: RoleSpecs = { ...OWN_ROLES, ...SHARED_ROLES };
