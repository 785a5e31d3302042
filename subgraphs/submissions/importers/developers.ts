import { organizationNamed } from '#domain/organization/organizations';
import { type Importer, type Write, write } from '#kit/import/importer';
import { readJson, rowsAt } from '#kit/import/readers';
import { type DeveloperCategory, DeveloperOrganization } from '../developer/developer-organization';
import { countryCode } from './countries';

/** What a developer has that no catalog tells. */
const NOTHING_KNOWN = {
  country: null,
  category: 'OTHER' as const,
  kevVendorNames: [],
  alsoKnownAs: [],
  agreementStatus: 'NONE' as const,
  revision: 1,
  exercise: false,
};

/** A developer as a catalog names it; several names may mean one. `facts` are what the catalog is the authority for. */
export function developerWrite(
  name: string,
  facts: Partial<DeveloperOrganization>,
  otherwise: Partial<DeveloperOrganization> = {},
): Write {
  const { key, name: legalName } = organizationNamed(name);
  return write(DeveloperOrganization, { key, ...facts }, { ...NOTHING_KNOWN, legalName, ...otherwise });
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
  description: 'Names that developers bear in other catalogs (derived), JSON',
  files: ['developer-crosswalk.json'],
  after: ['developers'],
  read: async (file) => rowsAt(file, await readJson(file)),
  convert(row) {
    const names = { kevVendorNames: row.list('kevVendorProjects'), alsoKnownAs: row.list('epochOrganizations') };
    return [developerWrite(row.text('name'), names, { category: 'INDUSTRY' })];
  },
};
