import { withSharedRoles } from '#domain/roles';

export const ROLES = withSharedRoles({});
