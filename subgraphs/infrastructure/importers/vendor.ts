import { isDeveloperKey, type Organization } from '#domain/organization/organizations';
import { type Write, write } from '#kit/import/importer';
import { Vendor } from '../vendor/vendor';

/** Writes the vendor of an organization. The name applies only to a new vendor, so the first catalog sets it. */
export function vendorWrite({ key, name }: Organization): Write {
  return write(Vendor, { key }, { name, developerKey: isDeveloperKey(key) ? key : null, exercise: false });
}
