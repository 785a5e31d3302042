import type { NamesOf, RoleSpecs } from '#base/identity/roles';
import { withSharedRoles } from '#domain/roles';

const OWN_ROLES = {
  'agency-reviewer': {
    description: 'Reviews submissions for an agency.',
    needs: 'agency',
    isGovernment: true,
  },
} as const satisfies RoleSpecs;

declare module '#base/identity/roles' {
  interface RoleNames extends NamesOf<typeof OWN_ROLES> {}
}

export const ROLES = withSharedRoles(OWN_ROLES);
