import { organizationNamed } from '#domain/organization/organizations';

const MAX = 255;

/** Vendor and product in a form that different spellings share: `microsoft|exchange-server`. At most 255 characters. */
export function productKey(vendor: string, product: string): string {
  const words = product
    .toLowerCase()
    .normalize('NFKD')
    .match(/[a-z0-9]+/g);
  return `${organizationNamed(vendor).key}|${words?.join('-') ?? ''}`.slice(0, MAX);
}
