import { organizationNamed } from '#domain/organization/organizations';
import { type Importer, type Write, write } from '#kit/import/importer';
import { readJson, rowsAt } from '#kit/import/readers';
import { type DeveloperCategory, DeveloperOrganization } from '../developer/developer-organization';
import { countryCode } from './countries';

/** Defaults for columns that no catalog provides. */
const DEFAULTS = {
  country: null,
  category: 'OTHER' as const,
  kevVendorNames: [],
  alsoKnownAs: [],
  agreementStatus: 'NONE' as const,
  revision: 1,
  exercise: false,
};

/** Developer as named in a catalog; several names may map to one organization. `facts` are columns for which this catalog is the authority. */
export function developerWrite(
  name: string,
  facts: Partial<DeveloperOrganization>,
  otherwise: Partial<DeveloperOrganization> = {},
): Write {
  const { key, name: legalName } = organizationNamed(name);
  return write(DeveloperOrganization, { key, ...facts }, { ...DEFAULTS, legalName, ...otherwise });
}

const CATEGORIES: Readonly<Record<string, keyof typeof DeveloperCategory>> = {
  Industry: 'INDUSTRY',
  Academia: 'ACADEMIA',
  Government: 'GOVERNMENT',
};

export const developers: Importer = {
  source: 'developers',
  description: 'Developers of notable AI models (Epoch AI, CC BY 4.0), JSON',
  files: ['developers.json'],
  merges: true,
  read: async (file) => rowsAt(file, await readJson(file)),
  convert(row) {
    const category = CATEGORIES[(row.optional('category') ?? '').split(',')[0]!] ?? 'OTHER';
    return [developerWrite(row.text('name'), { country: countryCode(row.optional('country', 400)), category })];
  },
};

export const developerCrosswalk: Importer = {
  source: 'developer-crosswalk',
  description: 'Alternative developer names from other catalogs (derived), JSON',
  files: ['developer-crosswalk.json'],
  after: ['developers'],
  read: async (file) => rowsAt(file, await readJson(file)),
  convert(row) {
    const names = { kevVendorNames: row.list('kevVendorProjects'), alsoKnownAs: row.list('epochOrganizations') };
    return [developerWrite(row.text('name'), names, { category: 'INDUSTRY' })];
  },
};
