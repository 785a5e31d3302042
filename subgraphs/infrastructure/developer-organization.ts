import { hasMany } from '#kit/collection/connection';
import { stub, stubKey } from '#kit/model/model';
import { Vendor } from './vendor/vendor';

/** A developer of AI models, as infrastructure extends it. */
@stub('Organization that develops AI models and may voluntarily share them before launch.', {
  key: 'key',
  matchedBy: 'developerOrganizationKeys',
})
export class DeveloperOrganization {
  @stubKey() key!: string;
  @hasMany(() => Vendor, 'developerKey', 'The same organization in its role as a vendor to agencies.')
  vendors!: unknown;
}
