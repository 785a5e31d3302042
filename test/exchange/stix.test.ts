import { type PublishedCase, stixBundle } from '../../gateway/exchange/stix';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what was written
type Loose = any;

const CASE: PublishedCase = {
  ...{ id: 'chc_1', title: 'Flaw in a parser', assignedCve: 'CVE-2026-40001', source: 'INDUSTRY', priority: 'HIGH' },
  ...{ vendorName: 'Granite', patchedAt: '2026-06-10T10:00:00.000Z', publishedAt: '2026-06-12T10:00:00.000Z' },
  ...{ exercise: false, sectors: [{ key: 'energy' }] },
};
const UNPATCHED: PublishedCase = {
  ...CASE,
  ...{ id: 'chc_2', assignedCve: null, vendorName: null, patchedAt: null, sectors: [] },
};
const LATER: PublishedCase = { ...CASE, id: 'chc_3', publishedAt: '2026-07-01T00:00:00.000Z' };

/** Properties that STIX 2.1 requires of each type, beside the common ones. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  'marking-definition': ['definition_type', 'definition'],
  identity: ['name'],
  vulnerability: ['name'],
  'course-of-action': ['name'],
  relationship: ['relationship_type', 'source_ref', 'target_ref'],
  report: ['name', 'published', 'object_refs'],
};
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

function flawsOf({ objects }: Loose): string[] {
  const ids = new Set(objects.map(({ id }: Loose) => id));
  return objects.flatMap((object: Loose) => {
    const { type, id, spec_version, created, modified = created } = object;
    const refs = Object.entries(object).flatMap(
      ([name, value]) => (/_refs?$/.test(name) ? value : []) as string | string[],
    );
    return [
      ...(new RegExp(`^${type}--${UUID}$`).test(id) ? [] : [`${id} is no id of a ${type}`]),
      ...(spec_version === '2.1' ? [] : [`${id} is of version ${spec_version}`]),
      ...[created, modified].filter((time) => !INSTANT.test(time)).map((time) => `${id}: ${time}`),
      ...(created <= modified ? [] : [`${id} was modified before it was created`]),
      ...REQUIRED[type]!.filter((name) => object[name] === undefined).map((name) => `${id} has no ${name}`),
      ...refs.filter((ref) => !ids.has(ref)).map((ref) => `${id} refers to ${ref}`),
    ];
  });
}

test('writes published cases as a bundle with the properties that STIX 2.1 requires', () => {
  const bundle: Loose = stixBundle([CASE, UNPATCHED, LATER]);
  expect(Object.keys(bundle)).toEqual(['type', 'id', 'objects']);
  expect([bundle.type, bundle.id]).toEqual(['bundle', expect.stringMatching(new RegExp(`^bundle--${UUID}$`))]);
  expect(flawsOf(bundle)).toEqual([]);
  const ids = bundle.objects.map(({ id }: Loose) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const count = (type: string) => bundle.objects.filter((object: Loose) => object.type === type).length;
  expect(Object.keys(REQUIRED).map((type) => [type, count(type)])).toEqual([
    ['marking-definition', 1],
    // the clearinghouse and one vendor
    ['identity', 2],
    ['vulnerability', 3],
    ['course-of-action', 2],
    ['relationship', 2],
    ['report', 3],
  ]);
});

test('names a flaw by its CVE id, and what mitigates it', () => {
  const { objects }: Loose = stixBundle([CASE]);
  const of = (type: string, name?: string) =>
    objects.find((object: Loose) => object.type === type && (name === undefined || object.name === name));
  const [vulnerability, patch, vendor] = [of('vulnerability'), of('course-of-action'), of('identity', 'Granite')];
  expect(vulnerability).toMatchObject({
    ...{ name: 'CVE-2026-40001', description: 'Flaw in a parser', created: CASE.publishedAt },
    external_references: [{ source_name: 'cve', external_id: 'CVE-2026-40001' }],
  });
  expect(of('relationship')).toMatchObject({
    ...{ relationship_type: 'mitigates', source_ref: patch.id, target_ref: vulnerability.id },
  });
  expect(of('report')).toMatchObject({
    ...{ report_types: ['vulnerability'], published: CASE.publishedAt },
    labels: ['source:INDUSTRY', 'priority:HIGH', 'sector:energy'],
    object_refs: expect.arrayContaining([vulnerability.id, patch.id, vendor.id]),
  });
  const invented: Loose = stixBundle([{ ...CASE, exercise: true }]);
  for (const type of ['vulnerability', 'report'])
    expect(invented.objects.find((object: Loose) => object.type === type).labels).toContain('exercise');
  const { objects: withoutCve }: Loose = stixBundle([UNPATCHED]);
  const unnamed = withoutCve.find(({ type }: Loose) => type === 'vulnerability');
  expect([unnamed.name, unnamed.external_references]).toEqual(['Flaw in a parser', undefined]);
});
