import type { Link } from '#kit/model/links';
import type { TrustedPartner } from '../partner/trusted-partner';

type Listed = readonly [slug: string, name: string, kind: TrustedPartner['kind'], sectors: readonly string[]];

const LISTED: readonly Listed[] = [
  ['river-hospitals', 'River Hospitals', 'CRITICAL_INFRASTRUCTURE', ['healthcare-public']],
  ['valley-bank', 'Valley Bank', 'CRITICAL_INFRASTRUCTURE', ['financial-services']],
  ['plains-power', 'Plains Power', 'CRITICAL_INFRASTRUCTURE', ['energy', 'water']],
  ['harbor-security', 'Harbor Security', 'SECURITY_VENDOR', ['it']],
  ['summit-university', 'Summit University', 'RESEARCH', []],
  ['lake-water', 'Lake Water', 'CRITICAL_INFRASTRUCTURE', ['water']],
  ['meadow-institute', 'Meadow Institute', 'RESEARCH', []],
  ['coast-state', 'State of Coast', 'GOVERNMENT', []],
];

/** Trusted partners of the exercise. */
export const PARTNERS: readonly Partial<TrustedPartner>[] = LISTED.map(([slug, name, kind]) => ({
  key: `exercise-${slug}`,
  name: `Exercise Partner ${name}`,
  kind,
  exercise: true,
}));

/** Partners that nobody proposes: being on the list says nothing. */
const UNPROPOSED = 2;
export const PROPOSED_PARTNERS = PARTNERS.slice(UNPROPOSED);

export const PARTNER_SECTORS: readonly Link[] = LISTED.flatMap(([slug, , , sectors]) =>
  sectors.map((targetKey) => ({ ownerKey: `exercise-${slug}`, targetKey })),
);
