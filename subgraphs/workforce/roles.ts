import type { NamesOf, RoleSpecs } from '#base/identity/roles';
import { withSharedRoles } from '#domain/roles';

const OWN_ROLES = {
  'hiring-manager': { description: 'Fills positions of an agency.', needs: 'agency', isGovernment: true },
  'hr-specialist': {
    description: 'Runs announcements and certificates of an agency.',
    needs: 'agency',
    isGovernment: true,
  },
  'records-officer': {
    description: 'Keeps the records schedule of an agency: ends retention, and allows the erasure of candidates.',
    needs: 'agency',
    isGovernment: true,
  },
} as const satisfies RoleSpecs;

declare module '#base/identity/roles' {
  interface RoleNames extends NamesOf<typeof OWN_ROLES> {}
}

export const ROLES = withSharedRoles(OWN_ROLES);
