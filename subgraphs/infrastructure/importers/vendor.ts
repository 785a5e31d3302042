import { isDeveloperKey, type Organization } from '#domain/organization/organizations';
import { type Write, write } from '#kit/import/importer';
import { Vendor } from '../vendor/vendor';

/** The vendor that an organization is; the first catalog that names it gives the name. */
export function vendorWrite({ key, name }: Organization): Write {
  return write(Vendor, { key }, { name, developerKey: isDeveloperKey(key) ? key : null, exercise: false });
}
