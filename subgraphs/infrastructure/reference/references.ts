import { stableId } from '#kit/ids';
import type { Link } from '#kit/model/links';
import type { ReferenceTable } from '#kit/subgraph/references';
import { CapabilityDimension, DimensionWorkRole } from '../capability/capability';
import { Directive, DirectivePhase } from '../directive/directive';
import { RemediationPolicy, RemediationRow } from '../remediation/remediation-policy';
import { remediationPolicies, remediationRows } from '../remediation/table-1';
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

interface DirectiveFacts {
  readonly issuerKey?: string;
  readonly dueOn?: string;
  readonly revokedOn?: string;
  readonly supersededById?: string;
  readonly appliesTo?: string;
}

const directive = (id: string, title: string, issuedOn: string, facts: DirectiveFacts = {}): Partial<Directive> => ({
  id,
  title,
  issuerKey: 'cisa',
  issuedOn,
  appliesTo: 'Federal civilian executive branch agencies',
  dueOn: null,
  revokedOn: null,
  supersededById: null,
  ...facts,
});

const OMB: DirectiveFacts = { issuerKey: 'omb', appliesTo: 'Executive departments and agencies' };
const revokedBy2604: DirectiveFacts = { revokedOn: '2026-06-10', supersededById: 'BOD 26-04' };

/** Binding operational directives and memoranda. A directive comes after the one that replaced it. */
export const directives: readonly Partial<Directive>[] = [
  directive('BOD 18-01', 'Enhance Email and Web Security', '2017-10-16'),
  directive('BOD 20-01', 'Develop and Publish a Vulnerability Disclosure Policy', '2020-09-02'),
  directive('BOD 23-01', 'Improving Asset Visibility and Vulnerability Detection on Federal Networks', '2022-10-03', {
    dueOn: '2023-04-03',
  }),
  directive('BOD 23-02', 'Mitigating the Risk from Internet-Exposed Management Interfaces', '2023-06-13'),
  directive('BOD 25-01', 'Implementing Secure Practices for Cloud Services', '2024-12-17', { dueOn: '2025-06-20' }),
  directive('BOD 26-02', 'Mitigating Risk From End-of-Support Edge Devices', '2026-02-05', { dueOn: '2028-02-05' }),
  directive('BOD 26-04', 'Prioritizing Security Updates Based on Risk', '2026-06-10', { dueOn: '2026-12-07' }),
  directive(
    'BOD 22-01',
    'Reducing the Significant Risk of Known Exploited Vulnerabilities',
    '2021-11-03',
    revokedBy2604,
  ),
  directive(
    'BOD 19-02',
    'Vulnerability Remediation Requirements for Internet-Accessible Systems',
    '2019-04-29',
    revokedBy2604,
  ),
  directive(
    'M-25-21',
    'Accelerating Federal Use of AI through Innovation, Governance, and Public Trust',
    '2025-04-03',
    OMB,
  ),
  directive('M-26-05', 'Adopting a Risk-based Approach to Software and Hardware Security', '2026-01-23', OMB),
  directive('M-26-14', 'Event Logging for Cybersecurity of Federal Systems', '2026-05-22', OMB),
];

const phase = (
  directiveId: string,
  number: number,
  name: string,
  dueOn: string | null,
  duties: string,
): Partial<DirectivePhase> => ({ id: stableId('dph', directiveId, number), directiveId, number, name, dueOn, duties });

/** Phases of directives. The dates of M-26-14 follow a document that has not been seen, so they are not set. */
export const directivePhases: readonly Partial<DirectivePhase>[] = [
  phase(
    'BOD 26-04',
    1,
    'I',
    '2026-06-10',
    'Remediate by the due dates of the KEV catalog; review the policy for managing vulnerabilities; report automatically.',
  ),
  phase('BOD 26-04', 2, 'II', '2026-08-09', 'Update policies and processes to the new timelines.'),
  phase('BOD 26-04', 3, 'III', '2026-12-07', 'Remediate by Table 1; tag every asset that public networks can reach.'),
  phase('BOD 26-02', 1, 'Inventory', '2026-05-05', 'List edge devices past the end of support.'),
  phase('BOD 26-02', 2, 'Decommissioning', '2027-02-05', 'Decommission listed devices past the end of support.'),
  phase('BOD 26-02', 3, 'Removal', '2027-08-05', 'Remove all edge devices past the end of support.'),
  phase('BOD 26-02', 4, 'Continuous discovery', '2028-02-05', 'Discover edge devices continuously.'),
  phase('M-26-14', 1, 'Plan', null, 'Submit a plan for event logging.'),
  phase('M-26-14', 2, 'Level 1', null, 'Reach maturity level 1.'),
  phase('M-26-14', 3, 'Level 2', null, 'Reach maturity level 2.'),
  phase('M-26-14', 4, 'Level 3', null, 'Reach maturity level 3.'),
];

export const references: readonly ReferenceTable[] = [
  { target: Sector, rows: sectors },
  { target: SectorCoAgency, rows: coAgencies },
  { target: CapabilityDimension, rows: dimensions },
  { target: DimensionWorkRole, rows: dimensionRoles },
  { target: Directive, rows: directives, keeps: ['revokedOn', 'supersededById', 'revision'] },
  { target: DirectivePhase, rows: directivePhases },
  { target: RemediationPolicy, rows: remediationPolicies },
  { target: RemediationRow, rows: remediationRows },
];
