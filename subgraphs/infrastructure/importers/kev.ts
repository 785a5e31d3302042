import { organizationNamed } from '#domain/organization/organizations';
import { type Importer, write } from '#kit/import/importer';
import { RowError } from '#kit/import/reject';
import { productKey } from '../matching/product-key';
import { Vulnerability } from '../vulnerability/vulnerability';
import { forensicTriage, kevEditions } from './kev-edition';
import { vendorWrite } from './vendor';

export const kev: Importer = {
  source: 'kev',
  description: 'Known exploited vulnerabilities (CISA, CC0), JSON',
  files: ['known_exploited_vulnerabilities.json'],
  edition: kevEditions,
  convert(row) {
    const cveId = row.text('cveID', 30);
    if (!/^CVE-\d{4}-\d{4,}$/.test(cveId)) throw new RowError('cveID', `is "${cveId}", which is not a CVE id`);
    const vendorName = row.text('vendorProject', 120);
    const vendor = organizationNamed(vendorName);
    return [
      write(Vulnerability, {
        cveId,
        vendorKey: vendor.key,
        vendorName,
        product: row.text('product'),
        productKey: productKey(vendorName, row.text('product')),
        name: row.text('vulnerabilityName', 300),
        description: row.text('shortDescription', 60_000),
        requiredAction: row.text('requiredAction', 60_000),
        kevDateAdded: row.date('dateAdded'),
        kevDueDate: row.date('dueDate'),
        kevRemovedOn: null,
        kevForensicTriage: forensicTriage(row),
        ransomwareUse: row.optional('knownRansomwareCampaignUse') === 'Known' ? true : null,
        cwes: row.list('cwes'),
        notes: row.optional('notes', 60_000),
        exercise: false,
      }),
      vendorWrite(vendor),
    ];
  },
};
