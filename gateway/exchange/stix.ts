import { uuidOf } from './uuid';

/** A published case of the clearinghouse, as the public API returns it. */
export interface PublishedCase {
  readonly id: string;
  readonly title: string;
  readonly assignedCve: string | null;
  readonly source: string;
  readonly priority: string;
  readonly vendorName: string | null;
  readonly patchedAt: string | null;
  readonly publishedAt: string;
  /** Whether it is invented, for an exercise. */
  readonly exercise: boolean;
  readonly sectors: readonly { readonly key: string }[];
}

/** Marking that STIX defines for information that may be shared freely. */
const TLP_WHITE = {
  type: 'marking-definition',
  spec_version: '2.1',
  id: 'marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9',
  created: '2017-01-20T00:00:00.000Z',
  definition_type: 'tlp',
  name: 'TLP:WHITE',
  definition: { tlp: 'white' },
} as const;

const idOf = (type: string, name: string): string => `${type}--${uuidOf(name)}`;

/** Time from which the identity of the clearinghouse counts: the signing of the order. */
const FOUNDED = '2026-06-02T00:00:00.000Z';
const CLEARINGHOUSE = idOf('identity', 'clearinghouse');

interface Times {
  readonly created: string;
  readonly modified: string;
}

const common = (type: string, name: string, { created, modified }: Times) => ({
  type,
  spec_version: '2.1',
  id: idOf(type, name),
  created_by_ref: CLEARINGHOUSE,
  created,
  modified,
  object_marking_refs: [TLP_WHITE.id],
});

/** Published cases as a bundle of STIX 2.1: for each a vulnerability and a report, with the vendor and the patch if there are. */
export function stixBundle(cases: readonly PublishedCase[]) {
  const { created_by_ref: _self, ...identity } = common('identity', 'clearinghouse', {
    created: FOUNDED,
    modified: FOUNDED,
  });
  const objects = cases.flatMap(objectsOf);
  const vendors = new Map(cases.toReversed().flatMap((each) => vendorOf(each).map((vendor) => [vendor.id, vendor])));
  return {
    type: 'bundle',
    id: idOf('bundle', `bundle ${cases.map(({ id, publishedAt }) => `${id} ${publishedAt}`).join(' ')}`),
    objects: [
      TLP_WHITE,
      { ...identity, name: 'Vulnerability clearinghouse (EO 14409)', identity_class: 'organization' },
      ...vendors.values(),
      ...objects,
    ],
  };
}

/** The vendor that a case names. Later cases about it change nothing. */
function vendorOf({ vendorName, publishedAt }: PublishedCase) {
  if (vendorName === null) return [];
  const times = { created: publishedAt, modified: publishedAt };
  return [{ ...common('identity', `vendor ${vendorName}`, times), name: vendorName, identity_class: 'organization' }];
}

function objectsOf(flaw: PublishedCase) {
  const { id, title, assignedCve, publishedAt, patchedAt, source, priority, sectors, exercise } = flaw;
  const modified = patchedAt !== null && patchedAt > publishedAt ? patchedAt : publishedAt;
  const times = { created: publishedAt, modified };
  const vulnerability = {
    ...common('vulnerability', id, times),
    ...(exercise ? { labels: ['exercise'] } : {}),
    name: assignedCve ?? title,
    description: title,
    ...(assignedCve === null ? {} : { external_references: [{ source_name: 'cve', external_id: assignedCve }] }),
  };
  const patch = patchOf(flaw, vulnerability.id, times);
  const report = {
    ...common('report', id, times),
    name: title,
    report_types: ['vulnerability'],
    published: publishedAt,
    labels: [
      ...(exercise ? ['exercise'] : []),
      ...[`source:${source}`, `priority:${priority}`],
      ...sectors.map(({ key }) => `sector:${key}`),
    ],
    object_refs: [...vendorOf(flaw), vulnerability, ...patch].map((object) => object.id),
  };
  return [vulnerability, ...patch, report];
}

function patchOf({ id, title, vendorName, patchedAt }: PublishedCase, vulnerability: string, times: Times) {
  if (patchedAt === null) return [];
  const patch = {
    ...common('course-of-action', `patch ${id}`, times),
    name: vendorName === null ? 'Install the patch' : `Install the patch of ${vendorName}`,
    description: `Patch for: ${title}. Available since ${patchedAt}.`,
  };
  const relationship = {
    ...common('relationship', `patch ${id}`, times),
    relationship_type: 'mitigates',
    source_ref: patch.id,
    target_ref: vulnerability,
  };
  return [patch, relationship];
}
