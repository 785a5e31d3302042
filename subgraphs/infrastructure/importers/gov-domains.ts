import { agencyKeyOf } from '#domain/agency/import';
import { stableId } from '#kit/ids';
import { type Importer, write } from '#kit/import/importer';
import { readCsv } from '#kit/import/readers';
import { RowError } from '#kit/import/reject';
import { Bureau, GovDomain } from '../domain';

/** Leaves out the personal email addresses that the registry publishes. */
export const govDomains: Importer = {
  source: 'gov-domains',
  description: 'Federal .gov domains (CISA, CC0), CSV',
  files: ['federal_gov_domains.csv', 'current-federal.csv'],
  read: (file) =>
    readCsv(file, ['Domain name', 'Domain type', 'Organization name', 'Suborganization name', 'City', 'State']),
  convert(row, session) {
    const domain = row.text('Domain name', 100).toLowerCase();
    if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain))
      throw new RowError('Domain name', `is "${domain}", which is not a domain name`);
    const organization = row.text('Organization name');
    const suborganization = row.optional('Suborganization name');
    return [
      write(GovDomain, {
        domain,
        type: row.text('Domain type', 60),
        agencyKey: agencyKeyOf(session, suborganization, organization),
        organization,
        suborganization,
        city: row.optional('City', 80),
        state: row.optional('State', 10),
      }),
    ];
  },
};

export const bureaus: Importer = {
  source: 'bureaus',
  description: 'Agencies and bureaus in the .gov registry (CISA, CC0), CSV',
  files: ['federal_agencies_and_bureaus.csv'],
  merges: true,
  read: (file) => readCsv(file, ['Agency', 'Bureau']),
  convert(row, session) {
    const agencyName = row.text('Agency');
    const name = row.optional('Bureau');
    return [
      write(Bureau, {
        id: stableId('bur', agencyName, name ?? ''),
        agencyKey: agencyKeyOf(session, agencyName),
        agencyName,
        name,
      }),
    ];
  },
};
