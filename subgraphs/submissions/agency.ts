import { AgencyFields, agencyRootsOf, declareAgency } from '#domain/agency/agency';
import { hasMany } from '#kit/collection/connection';
import { AccessGrant } from './submission/access-grant';

export class Agency extends AgencyFields {
  @hasMany(() => AccessGrant, 'agencyKey', 'Access grants that developers offered this agency, in any status.')
  accessGrants!: unknown;
}
declareAgency(Agency);

export const AgencyRoots = agencyRootsOf(Agency);
