import type { NamesOf, RoleSpecs } from '#base/identity/roles';
import { withSharedRoles } from '#domain/roles';

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

declare module '#base/identity/roles' {
  interface RoleNames extends NamesOf<typeof OWN_ROLES> {}
}

export const ROLES = withSharedRoles(OWN_ROLES);
