/** Type of an agency within the government. */
export type AgencyKind = 'DEPARTMENT' | 'MILITARY_DEPARTMENT' | 'COMPONENT' | 'INDEPENDENT' | 'OFFICE' | 'LEGISLATIVE';
/** Role that the executive order assigns to an agency. */
export type OrderRole = 'LEAD' | 'CONSULTED' | 'ENFORCEMENT' | 'WORKFORCE';

export interface AgencyRecord {
  readonly key: string;
  readonly abbreviation: string | null;
  readonly name: string;
  readonly alsoKnownAs: readonly string[];
  readonly parentKey: string | null;
  readonly kind: AgencyKind;
  readonly orderRole: OrderRole | null;
}

/** Increment it with every change to the table below. All subgraphs of a deployment must serve the same version. */
export const AGENCY_REFERENCE_VERSION = 1;

const agency = (
  key: string,
  abbreviation: string | null,
  name: string,
  kind: AgencyKind,
  more: { parent?: string; role?: OrderRole; aka?: readonly string[] } = {},
): AgencyRecord => ({
  key,
  abbreviation,
  name,
  kind,
  alsoKnownAs: more.aka ?? [],
  parentKey: more.parent ?? null,
  orderRole: more.role ?? null,
});

/** Agencies of the graph. Every subgraph has the same list, so that no name requires a call to another subgraph. */
export const agencies: readonly AgencyRecord[] = [
  agency('dod', 'DoD', 'Department of Defense', 'DEPARTMENT', { role: 'LEAD', aka: ['Department of War', 'DOW'] }),
  agency('army', null, 'Department of the Army', 'MILITARY_DEPARTMENT', { parent: 'dod' }),
  agency('navy', null, 'Department of the Navy', 'MILITARY_DEPARTMENT', { parent: 'dod' }),
  agency('air-force', null, 'Department of the Air Force', 'MILITARY_DEPARTMENT', { parent: 'dod' }),
  agency('nsa', 'NSA', 'National Security Agency', 'COMPONENT', {
    parent: 'dod',
    role: 'LEAD',
    aka: ['National Security Agency/Central Security Service'],
  }),
  agency('disa', 'DISA', 'Defense Information Systems Agency', 'COMPONENT', { parent: 'dod' }),
  agency('darpa', 'DARPA', 'Defense Advanced Research Projects Agency', 'COMPONENT', { parent: 'dod' }),
  agency('cybercom', 'USCYBERCOM', 'United States Cyber Command', 'COMPONENT', {
    parent: 'dod',
    aka: ['U.S. Cyber Command'],
  }),
  agency('treasury', 'TREAS', 'Department of the Treasury', 'DEPARTMENT', {
    role: 'LEAD',
    aka: ['Treasury', 'USDT', 'Treasury Department'],
  }),
  agency('irs', 'IRS', 'Internal Revenue Service', 'COMPONENT', { parent: 'treasury' }),
  agency('fincen', 'FinCEN', 'Financial Crimes Enforcement Network', 'COMPONENT', { parent: 'treasury' }),
  agency('occ', 'OCC', 'Office of the Comptroller of the Currency', 'COMPONENT', { parent: 'treasury' }),
  agency('dhs', 'DHS', 'Department of Homeland Security', 'DEPARTMENT', { role: 'LEAD' }),
  agency('cisa', 'CISA', 'Cybersecurity and Infrastructure Security Agency', 'COMPONENT', {
    parent: 'dhs',
    role: 'LEAD',
    aka: ['Cybersecurity & Infrastructure Security Agency'],
  }),
  agency('tsa', 'TSA', 'Transportation Security Administration', 'COMPONENT', { parent: 'dhs' }),
  agency('uscg', 'USCG', 'United States Coast Guard', 'COMPONENT', { parent: 'dhs', aka: ['U.S. Coast Guard'] }),
  agency('usss', 'USSS', 'United States Secret Service', 'COMPONENT', { parent: 'dhs', aka: ['U.S. Secret Service'] }),
  agency('doc', 'DOC', 'Department of Commerce', 'DEPARTMENT', { role: 'CONSULTED' }),
  agency('nist', 'NIST', 'National Institute of Standards and Technology', 'COMPONENT', {
    parent: 'doc',
    role: 'CONSULTED',
  }),
  agency('ntia', 'NTIA', 'National Telecommunications and Information Administration', 'COMPONENT', { parent: 'doc' }),
  agency('noaa', 'NOAA', 'National Oceanic and Atmospheric Administration', 'COMPONENT', { parent: 'doc' }),
  agency('doe', 'DOE', 'Department of Energy', 'DEPARTMENT'),
  agency('nnsa', 'NNSA', 'National Nuclear Security Administration', 'COMPONENT', { parent: 'doe' }),
  agency('ferc', 'FERC', 'Federal Energy Regulatory Commission', 'INDEPENDENT'),
  agency('doj', 'DOJ', 'Department of Justice', 'DEPARTMENT', { role: 'ENFORCEMENT' }),
  agency('fbi', 'FBI', 'Federal Bureau of Investigation', 'COMPONENT', { parent: 'doj' }),
  agency('hhs', 'HHS', 'Department of Health and Human Services', 'DEPARTMENT'),
  agency('fda', 'FDA', 'Food and Drug Administration', 'COMPONENT', { parent: 'hhs' }),
  agency('dot', 'DOT', 'Department of Transportation', 'DEPARTMENT'),
  agency('faa', 'FAA', 'Federal Aviation Administration', 'COMPONENT', { parent: 'dot' }),
  agency('usda', 'USDA', 'Department of Agriculture', 'DEPARTMENT'),
  agency('doi', 'DOI', 'Department of the Interior', 'DEPARTMENT'),
  agency('dol', 'DOL', 'Department of Labor', 'DEPARTMENT'),
  agency('ed', 'ED', 'Department of Education', 'DEPARTMENT'),
  agency('hud', 'HUD', 'Department of Housing and Urban Development', 'DEPARTMENT'),
  agency('state', 'STATE', 'Department of State', 'DEPARTMENT'),
  agency('va', 'VA', 'Department of Veterans Affairs', 'DEPARTMENT'),
  agency('epa', 'EPA', 'Environmental Protection Agency', 'INDEPENDENT'),
  agency('gsa', 'GSA', 'General Services Administration', 'INDEPENDENT'),
  agency('nasa', 'NASA', 'National Aeronautics and Space Administration', 'INDEPENDENT', {
    aka: ['Nat Aeronautics and Space Administration'],
  }),
  agency('nsf', 'NSF', 'National Science Foundation', 'INDEPENDENT', { aka: ['U.S. National Science Foundation'] }),
  agency('nrc', 'NRC', 'Nuclear Regulatory Commission', 'INDEPENDENT'),
  agency('opm', 'OPM', 'Office of Personnel Management', 'INDEPENDENT', { role: 'WORKFORCE' }),
  agency('sba', 'SBA', 'Small Business Administration', 'INDEPENDENT'),
  agency('ssa', 'SSA', 'Social Security Administration', 'INDEPENDENT'),
  agency('fdic', 'FDIC', 'Federal Deposit Insurance Corporation', 'INDEPENDENT'),
  agency('frb', 'FRB', 'Federal Reserve Board', 'INDEPENDENT', {
    aka: ['Federal Reserve System', 'Federal Reserve Board of Governors', 'Board of Governors of the Federal Reserve'],
  }),
  agency('sec', 'SEC', 'Securities and Exchange Commission', 'INDEPENDENT'),
  agency('fcc', 'FCC', 'Federal Communications Commission', 'INDEPENDENT'),
  agency('ftc', 'FTC', 'Federal Trade Commission', 'INDEPENDENT'),
  agency('ncua', 'NCUA', 'National Credit Union Administration', 'INDEPENDENT'),
  agency('fhfa', 'FHFA', 'Federal Housing Finance Agency', 'INDEPENDENT'),
  agency('nara', 'NARA', 'National Archives and Records Administration', 'INDEPENDENT', {
    aka: ['Nat Archives and Records Administration'],
  }),
  agency('tva', 'TVA', 'Tennessee Valley Authority', 'INDEPENDENT'),
  agency('ntsb', 'NTSB', 'National Transportation Safety Board', 'INDEPENDENT'),
  agency('pbgc', 'PBGC', 'Pension Benefit Guaranty Corporation', 'INDEPENDENT'),
  agency('cftc', 'CFTC', 'Commodity Futures Trading Commission', 'INDEPENDENT'),
  agency('usps', 'USPS', 'United States Postal Service', 'INDEPENDENT', { aka: ['U.S. Postal Service'] }),
  agency('cia', 'CIA', 'Central Intelligence Agency', 'INDEPENDENT'),
  agency('odni', 'ODNI', 'Office of the Director of National Intelligence', 'INDEPENDENT'),
  agency('omb', 'OMB', 'Office of Management and Budget', 'COMPONENT', { parent: 'eop', role: 'CONSULTED' }),
  agency('oncd', 'ONCD', 'Office of the National Cyber Director', 'COMPONENT', {
    parent: 'eop',
    role: 'CONSULTED',
    aka: ['Ofc of the Nat Cyber Dir'],
  }),
  agency('ostp', 'OSTP', 'Office of Science and Technology Policy', 'COMPONENT', { parent: 'eop', role: 'CONSULTED' }),
  agency('eop', 'EOP', 'Executive Office of the President', 'OFFICE', {
    aka: ['The Executive Office of the President', 'White House'],
  }),
  agency('gao', 'GAO', 'Government Accountability Office', 'LEGISLATIVE'),
  agency('cigie', 'CIGIE', 'Council of the Inspectors General on Integrity and Efficiency', 'INDEPENDENT', {
    aka: ['Council of Inspectors General on Integrity and Efficiency'],
  }),
];
