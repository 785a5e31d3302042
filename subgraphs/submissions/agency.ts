import { AgencyFields, agencyRootsOf, declareAgency } from '#domain/agency/agency';
import { hasMany } from '#kit/collection/connection';
import { AccessGrant } from './submission/access-grant';

/** An agency, as the submissions program extends it. */
export class Agency extends AgencyFields {
  @hasMany(() => AccessGrant, 'agencyKey', 'Access to models that developers have offered or given this agency.')
  accessGrants!: unknown;
}
declareAgency(Agency);

export const AgencyRoots = agencyRootsOf(Agency);
