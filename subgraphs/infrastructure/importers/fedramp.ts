import { agencyKeyOf } from '#domain/agency/import';
import { organizationNamed } from '#domain/organization/organizations';
import { stableId } from '#kit/ids';
import { type Importer, write } from '#kit/import/importer';
import { readJson, rowsAt } from '#kit/import/readers';
import { RowError } from '#kit/import/reject';
import { AgencyAuthorization, CloudOffering, type CloudStatus, MarketplaceAgency } from '../cloud/cloud-offering';
import { vendorWrite } from './vendor';

const STATUSES: Readonly<Record<string, keyof typeof CloudStatus>> = {
  'FedRAMP Authorized': 'AUTHORIZED',
  'FedRAMP Ready': 'READY',
  'Agency In Process': 'AGENCY_IN_PROCESS',
  'FedRAMP In Process': 'IN_PROCESS',
};

export const fedrampProducts: Importer = {
  source: 'fedramp-products',
  description: 'FedRAMP marketplace cloud offerings (GSA), JSON',
  files: ['products.json'],
  read: async (file) => rowsAt(file, await readJson(file)),
  convert(row) {
    const provider = row.text('csp');
    const vendor = organizationNamed(provider);
    const statusText = row.optional('status');
    const status = statusText === null ? null : STATUSES[statusText];
    if (status === undefined)
      throw new RowError('status', `is "${statusText}"; expected one of ${Object.keys(STATUSES).join(', ')}`);
    const small = row.optional('smallBusiness');
    return [
      write(CloudOffering, {
        fedrampId: row.text('id', 30),
        vendorKey: vendor.key,
        provider,
        name: row.text('offering'),
        status,
        impactLevel: row.optional('impactLevel', 40),
        authorizationType: row.optional('authType', 60),
        authorizedOn: row.optionalDate('authDate'),
        readyOn: row.optionalDate('readyDate'),
        serviceModels: row.list('serviceModel').filter(Boolean),
        deploymentModel: row.optional('deploymentModel', 60),
        partneringAgency: row.optional('partneringAgency'),
        assessor: row.optional('assessor'),
        authorizationCount: row.optionalInteger('authorizations'),
        reuseCount: row.optionalInteger('reuse'),
        aiRelated: row.raw('aiRelated') === true,
        smallBusiness: small === null ? null : small === 'Yes',
        description: row.optional('description', 60_000),
      }),
      vendorWrite(vendor),
    ];
  },
};

export const fedrampAgencies: Importer = {
  source: 'fedramp-agencies',
  description: 'FedRAMP marketplace agencies (GSA), JSON',
  files: ['fedramp/agencies.json'],
  read: async (file) => rowsAt(file, await readJson(file)),
  convert(row, session) {
    const parentName = row.text('parent');
    const subName = row.optional('sub');
    return [
      write(MarketplaceAgency, {
        id: row.text('id', 20),
        agencyKey: agencyKeyOf(session, subName, parentName),
        parentName,
        subName,
        website: row.optional('website', 500),
        authorizationCount: row.optionalInteger('authorizations'),
        reuseCount: row.optionalInteger('reuse'),
      }),
    ];
  },
};

export const fedrampAuthorizations: Importer = {
  source: 'fedramp-authorizations',
  description: 'Agency authorizations of cloud offerings (GSA), JSON',
  files: ['agency-authorizations.json'],
  after: ['fedramp-products'],
  needs: [CloudOffering],
  async read(file) {
    // the publisher lists some authorizations twice with identical values, so each duplicate is numbered
    const occurrences = new Map<string, number>();
    return rowsAt(file, await readJson(file)).map((row) => {
      const identity = ['product', 'agency', 'parent', 'sub', 'kind', 'atoDate', 'authDate', 'expDate']
        .map((name) => row.raw(name) ?? '')
        .join('|');
      const occurrence = (occurrences.get(identity) ?? 0) + 1;
      occurrences.set(identity, occurrence);
      return row.with({ identity, occurrence });
    });
  },
  convert(row, session) {
    const fedrampId = row.text('product', 30);
    if (!session.has(CloudOffering, fedrampId)) session.unmatched('listed offering', fedrampId);
    const agencyName = row.optional('parent');
    const subAgencyName = row.optional('sub');
    const kind = row.text('kind', 20);
    if (kind !== 'INITIAL' && kind !== 'REUSE') throw new RowError('kind', `is "${kind}"; expected INITIAL or REUSE`);
    return [
      write(AgencyAuthorization, {
        id: stableId('aut', row.text('identity', 2_000), row.raw('occurrence') as number),
        fedrampId,
        agencyKey: agencyKeyOf(session, subAgencyName, agencyName),
        agencyName,
        subAgencyName,
        fedrampAgencyId: row.optional('agency', 20),
        kind,
        operatesSince: row.optionalDate('atoDate'),
        authorizedOn: row.optionalDate('authDate'),
        expiresOn: row.optionalDate('expDate'),
      }),
    ];
  },
};
