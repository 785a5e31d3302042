import type { Link } from '#kit/model/links';
import type { ReferenceTable } from '#kit/subgraph/references';
import { CapabilityDimension, DimensionWorkRole } from '../capability/capability';
import { Directive } from '../directive/directive';
import { Sector, SectorCoAgency } from '../sector/sector';

const sector = (
  key: string,
  name: string,
  leadAgencyKey: string,
  performedByKey: string | null = null,
): Partial<Sector> => ({
  key,
  name,
  leadAgencyKey,
  performedByKey,
});

/** The sixteen sectors and their risk management agencies. Source: National Security Memorandum 22. */
export const sectors: readonly Partial<Sector>[] = [
  sector('chemical', 'Chemical', 'dhs', 'cisa'),
  sector('commercial-facilities', 'Commercial Facilities', 'dhs', 'cisa'),
  sector('communications', 'Communications', 'dhs', 'cisa'),
  sector('critical-manufacturing', 'Critical Manufacturing', 'dhs', 'cisa'),
  sector('dams', 'Dams', 'dhs', 'cisa'),
  sector('dib', 'Defense Industrial Base', 'dod'),
  sector('emergency-services', 'Emergency Services', 'dhs', 'cisa'),
  sector('energy', 'Energy', 'doe'),
  sector('financial-services', 'Financial Services', 'treasury'),
  sector('food-agriculture', 'Food and Agriculture', 'usda'),
  sector('government-facilities', 'Government Services and Facilities', 'dhs', 'cisa'),
  sector('healthcare-public', 'Healthcare and Public Health', 'hhs'),
  sector('it', 'Information Technology', 'dhs', 'cisa'),
  sector('nuclear', 'Nuclear Reactors, Materials, and Waste', 'dhs', 'cisa'),
  sector('transport', 'Transportation Systems', 'dhs', 'tsa'),
  sector('water', 'Water and Wastewater Systems', 'epa'),
];

const coAgencies: readonly Link[] = [
  { ownerKey: 'food-agriculture', targetKey: 'hhs' },
  { ownerKey: 'government-facilities', targetKey: 'gsa' },
  { ownerKey: 'transport', targetKey: 'dot' },
];

const csfFunction = (id: string, title: string): Partial<CapabilityDimension> => ({
  id,
  level: 'FUNCTION',
  title,
  statement: null,
  parentId: null,
});
const category = (id: string, title: string): Partial<CapabilityDimension> => ({
  id,
  level: 'CATEGORY',
  title,
  statement: null,
  parentId: id.split('.')[0]!,
});

/** Functions, and the categories that this program assesses. The framework import adds the other categories and all statements. */
export const dimensions: readonly Partial<CapabilityDimension>[] = [
  csfFunction('GV', 'GOVERN'),
  csfFunction('ID', 'IDENTIFY'),
  csfFunction('PR', 'PROTECT'),
  csfFunction('DE', 'DETECT'),
  csfFunction('RS', 'RESPOND'),
  csfFunction('RC', 'RECOVER'),
  category('GV.SC', 'Cybersecurity Supply Chain Risk Management'),
  category('ID.RA', 'Risk Assessment'),
  category('PR.PS', 'Platform Security'),
  category('DE.AE', 'Adverse Event Analysis'),
  category('DE.CM', 'Continuous Monitoring'),
  category('RS.MA', 'Incident Management'),
  category('RS.AN', 'Incident Analysis'),
];

/** DCWF codes of the work roles that contribute to a dimension. Maintained by hand. */
export const workRolesOf: Readonly<Record<string, readonly string[]>> = {
  GV: ['752', '722'],
  ID: ['541', '612'],
  PR: ['521', '652'],
  DE: ['511'],
  RS: ['531'],
  RC: ['531', '521'],
  'GV.SC': ['752'],
  'ID.RA': ['541'],
  'PR.PS': ['521', '461'],
  'DE.AE': ['511', '212'],
  'DE.CM': ['511'],
  'RS.MA': ['531'],
  'RS.AN': ['212', '531'],
};

const dimensionRoles: readonly Link[] = Object.entries(workRolesOf).flatMap(([ownerKey, roles]) =>
  roles.map((targetKey) => ({ ownerKey, targetKey })),
);

const directive = (id: string, title: string, issuedOn: string, dueOn: string | null): Partial<Directive> => ({
  id,
  title,
  issuerKey: 'cisa',
  issuedOn,
  appliesTo: 'Federal civilian executive branch agencies',
  dueOn,
});

/** Binding operational directives in force. */
export const directives: readonly Partial<Directive>[] = [
  directive('BOD 18-01', 'Enhance Email and Web Security', '2017-10-16', null),
  directive('BOD 20-01', 'Develop and Publish a Vulnerability Disclosure Policy', '2020-09-02', null),
  directive('BOD 22-01', 'Reducing the Significant Risk of Known Exploited Vulnerabilities', '2021-11-03', null),
  directive(
    'BOD 23-01',
    'Improving Asset Visibility and Vulnerability Detection on Federal Networks',
    '2022-10-03',
    '2023-04-03',
  ),
  directive('BOD 23-02', 'Mitigating the Risk from Internet-Exposed Management Interfaces', '2023-06-13', null),
  directive('BOD 25-01', 'Implementing Secure Practices for Cloud Services', '2024-12-17', '2025-06-20'),
];

export const references: readonly ReferenceTable[] = [
  { target: Sector, rows: sectors },
  { target: SectorCoAgency, rows: coAgencies },
  { target: CapabilityDimension, rows: dimensions },
  { target: DimensionWorkRole, rows: dimensionRoles },
  { target: Directive, rows: directives },
];
