import type { NamesOf, RoleSpecs } from '#base/identity/roles';
import { withSharedRoles } from '#domain/roles';

const OWN_ROLES = {
  'schema-publisher': {
    description: 'Publishes schemas of the subgraphs of an agency, and consents to what others do to its parts.',
    needs: 'agency',
  },
} as const satisfies RoleSpecs;

declare module '#base/identity/roles' {
  interface RoleNames extends NamesOf<typeof OWN_ROLES> {}
}

export const ROLES = withSharedRoles(OWN_ROLES);
