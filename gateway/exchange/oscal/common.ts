import { createHash } from 'node:crypto';
import { uuidOf } from '../uuid';
import type { Asset, FindingRecord, SystemRecord } from './record';

/** Version of OSCAL that documents follow. */
export const OSCAL_VERSION = '1.2.0';
/** Namespace of properties that OSCAL does not define. */
export const NS = 'urn:ordergraph:oscal';
/** Naming system of CVE ids in OSCAL. */
export const CVE_SYSTEM = 'http://cve.mitre.org';

/** Risk status of OSCAL for the status of a POA&M item. */
export const RISK_STATUS: Readonly<Record<string, string>> = {
  OPEN: 'open',
  INVESTIGATING: 'investigating',
  REMEDIATING: 'remediating',
  DEVIATION_REQUESTED: 'deviation-requested',
  DEVIATION_ACCEPTED: 'deviation-approved',
  CLOSED: 'closed',
};

/** Risk status of OSCAL for the status of a vulnerability finding. */
export const FINDING_RISK_STATUS: Readonly<Record<string, string>> = {
  SUSPECTED: 'investigating',
  OPEN: 'open',
  IN_REMEDIATION: 'remediating',
  MITIGATED: 'remediating',
  REMEDIATED: 'remediating',
  VERIFIED: 'closed',
  FALSE_POSITIVE: 'closed',
  SYSTEM_RETIRED: 'closed',
};

/** Lists of OSCAL have at least one element: an empty one is left out. */
export const list = <Name extends string, Item>(name: Name, items: readonly Item[]) =>
  (items.length > 0 ? { [name]: items } : {}) as Partial<Record<Name, readonly Item[]>>;

/** Properties of our namespace. One without a value is left out. */
export const props = (values: Readonly<Record<string, string | null>>) =>
  Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [{ name, ns: NS, value }]));

/** Ids of roles are tokens: this one follows from the title of the role. */
export const roleIdOf = (title: string): string =>
  `role-${createHash('sha256').update(title).digest('hex').slice(0, 12)}`;

export const partyOf = ({ agency }: SystemRecord) => uuidOf(`agency ${agency.key}`);

/** @param now instant of the export, which is also the version of the document */
export function metadata(record: SystemRecord, title: string, roles: readonly string[], now: string) {
  return {
    title: `${title} of ${record.name}`.replaceAll('\n', ' '),
    'last-modified': now,
    version: now,
    'oscal-version': OSCAL_VERSION,
    props: [{ name: 'marking', value: 'ISVI' }, ...props({ exercise: record.exercise ? 'true' : null })],
    ...list(
      'roles',
      [...new Set(roles)].map((role) => ({ id: roleIdOf(role), title: role })),
    ),
    parties: [
      { uuid: partyOf(record), type: 'organization', name: record.agency.name, 'short-name': record.agency.key },
    ],
  };
}

export const inventoryItem = ({ id, vendor, product, version, count }: Asset) => ({
  uuid: uuidOf(id),
  description: `${count} × ${[vendor, product, version].filter((part) => part !== null).join(' ')}`,
  props: props({ 'inventory-item-id': id, vendor, product, version, count: String(count) }),
});

/** What a scan saw: a vulnerability on assets of the system. */
export function observation({ id, status, detectedAt, method, vulnerability: { cveId }, item }: FindingRecord) {
  return {
    uuid: uuidOf(id),
    title: cveId,
    description: `${cveId} was detected on the system.`,
    props: props({ 'finding-id': id, vulnerability: cveId, status, method }),
    methods: ['TEST'],
    types: ['finding'],
    ...list('subjects', item ? [{ 'subject-uuid': uuidOf(item.id), type: 'inventory-item' }] : []),
    collected: detectedAt,
  };
}

/** The CVE ids of findings, as characteristics of a risk. */
export function characterizations(record: SystemRecord, findings: readonly FindingRecord[]) {
  const ids = [...new Set(findings.map(({ vulnerability }) => vulnerability.cveId))].sort();
  if (ids.length === 0) return {};
  return {
    characterizations: [
      {
        origin: { actors: [{ type: 'party', 'actor-uuid': partyOf(record) }] },
        facets: ids.map((value) => ({ name: 'cve-id', system: CVE_SYSTEM, value })),
      },
    ],
  };
}

/** Assets of findings. */
export function assetsOf(record: SystemRecord, findings: readonly FindingRecord[]): readonly Asset[] {
  const ids = new Set(findings.flatMap(({ item }) => item?.id ?? []));
  return record.inventory.filter(({ id }) => ids.has(id));
}

export const related = (findings: readonly FindingRecord[]) =>
  list(
    'related-observations',
    findings.map(({ id }) => ({ 'observation-uuid': uuidOf(id) })),
  );
