import { compose } from '../../gateway/composition/compose';
import { agreementOf } from '../../gateway/ownership/agreement';
import { requireOwnership } from '../../gateway/ownership/ownership';
import { readSupergraph } from '../../gateway/supergraph/supergraph';
import { AGREEMENT, HOSTILE_CHANGES, type HostileChange, published, WORLD } from './hostile-schemas';

const consentOf = ({ by, act, coordinate, owner }: HostileChange) => ({
  ...{ by: owner, to: [by], act, coordinates: [coordinate], reason: 'Agreed.' },
});

const composed = (world: HostileChange['world'], consents: readonly ReturnType<typeof consentOf>[] = []) =>
  compose(published(world), {
    agreement: { ...AGREEMENT, consents: [...AGREEMENT.consents, ...consents] },
    before: published(WORLD),
  });

const served = (supergraph: string) => {
  const { document, join } = readSupergraph(supergraph);
  requireOwnership(document, join);
};

test('the agencies of the world agree', () => {
  expect(() => served(composed(WORLD))).not.toThrow();
});

test('at least 200 hostile changes are tried, of every kind', () => {
  expect(HOSTILE_CHANGES.length).toBeGreaterThanOrEqual(200);
  expect([...new Set(HOSTILE_CHANGES.map(({ act }) => act))].sort()).toEqual(
    [
      ...['AUTHORIZE', 'CHANGE', 'COST', 'DEPRECATE', 'EXTEND', 'HIDE', 'INTERFACE_OBJECT', 'KEY', 'NODE', 'OVERRIDE'],
      ...['PROVIDE', 'REQUIRE', 'SHARE', 'TAG'],
    ].sort(),
  );
});

/** Supergraphs have these only merged, without the subgraph: signatures vouch for them. */
const MERGED = new Set(['TAG', 'AUTHORIZE', 'COST', 'DEPRECATE', 'CHANGE']);

describe.each(
  HOSTILE_CHANGES.map(
    (change) => [`${change.by}: ${change.act} ${change.coordinate} (${change.form})`, change] as const,
  ),
)('%s', (_, change) => {
  const { by, act, coordinate, owner, world, agreed } = change;
  let supergraph: string;

  test('is refused, and the owner is named', () => {
    expect(() => composed(world)).toThrow(coordinate);
    expect(() => composed(world)).toThrow(`needs the consent ${act} of ${owner}`);
  });

  test('is accepted with the consent of its owner, and of no other', () => {
    const consent = consentOf(change);
    supergraph = composed(agreed, [consent]);
    expect(() => composed(agreed, [{ ...consent, by: 'outreach' }])).toThrow('needs the consent');
    expect(() => composed(agreed, [{ ...consent, to: ['registry'] }])).toThrow('needs the consent');
    expect(() => composed(agreed, [{ ...consent, coordinates: [`${coordinate}x`] }])).toThrow('needs the consent');
    expect(() => composed(agreed, [{ ...consent, act: act === 'TAG' ? 'HIDE' : 'TAG' }])).toThrow('needs the consent');
  });

  if (!MERGED.has(act))
    test('is not served, even from a supergraph written by hand', () => {
      expect(() => served(supergraph)).not.toThrow();
      const without = supergraph.replace(
        new RegExp(`@consent\\(by: "${owner}", to: \\["${by}"\\], act: "${act}", coordinates: \\[.*?\\]\\)`),
        '',
      );
      expect(without).not.toBe(supergraph);
      expect(() => served(without)).toThrow(`the consent ${act} of `);
    });
});

describe('other ways to write the same', () => {
  const refused = (by: string, from: string, to: string, ...consents: ReturnType<typeof consentOf>[]) => {
    const all = published(WORLD).map((subgraph) =>
      subgraph.name === by ? { ...subgraph, sdl: subgraph.sdl.replace(from, to) } : subgraph,
    );
    return expect(() => compose(all, { agreement: { ...AGREEMENT, consents: [...AGREEMENT.consents, ...consents] } }));
  };

  test('a directive by the name of its feature', () => {
    const all = published(WORLD).map((subgraph) =>
      subgraph.name === 'reviews'
        ? {
            ...subgraph,
            sdl: subgraph.sdl
              .replace(',"@inaccessible"', '')
              .replace('  name: String @shareable', '  name: String @shareable @federation__inaccessible'),
          }
        : subgraph,
    );
    expect(() => compose(all, { agreement: AGREEMENT })).toThrow('reviews hides Agency.name');
  });

  test('a type extension', () => {
    refused('reviews', 'type Review implements', 'extend enum State { LOST }\ntype Review implements').toThrow(
      'reviews extends State (adds "LOST"), which registry owns: it needs the consent EXTEND of registry',
    );
  });

  test('root types of other names', () => {
    const text =
      'schema { query: Root }\ntype Root { total: Money @shareable @sensitivity(class: PUBLIC) }\ntype Money @shareable { amount: Int @sensitivity(class: PUBLIC) }';
    const [submissions] = published(WORLD);
    const head = submissions!.sdl
      .slice(0, submissions!.sdl.indexOf('type Money'))
      .replaceAll('submissions', 'outreach');
    const outreach = { name: 'outreach', sdl: `${head}${text}` };
    expect(() => compose([...published(WORLD), outreach], { agreement: AGREEMENT, before: published(WORLD) })).toThrow(
      'outreach also resolves Query.total, which submissions owns: it needs the consent SHARE of submissions',
    );
  });

  test('an agreement in a schema', () => {
    refused(
      'reviews',
      '@composeDirective(name: "@owner")',
      '@composeDirective(name: "@owner") @link(url: "https://ordergraph.example/ownership/v1.0", import: ["@consent"])',
    ).toThrow('reviews: its schema states what owners agreed on');
  });
});

test('a subgraph with a clearance may require values of its classes only', () => {
  const change = HOSTILE_CHANGES.find(
    ({ act, coordinate }) => act === 'REQUIRE' && coordinate === 'Submission.weights',
  )!;
  const cleared = (...classes: ('GOV' | 'PROPIN')[]) =>
    compose(published(change.world), { agreement: { ...AGREEMENT, clearances: { [change.by]: classes } } });
  expect(() => served(cleared('PROPIN'))).not.toThrow();
  expect(() => cleared('GOV')).toThrow('its class PROPIN is above the clearance of outreach');
  expect(() => served(cleared('PROPIN').replace('classes: ["PROPIN"]', 'classes: ["GOV"]'))).toThrow(
    'its class PROPIN is above the clearance of outreach',
  );
});

test('a consent that has ended does not count', () => {
  const text = JSON.stringify({
    consents: [{ by: 'a', to: ['b'], act: 'SHARE', coordinates: ['T.f'], reason: 'r', until: '2026-01-31' }],
  });
  expect(agreementOf(text, 'agreement.json', '2026-01-31').consents).toHaveLength(1);
  expect(agreementOf(text, 'agreement.json', '2026-02-01').consents).toHaveLength(0);
});

test.each([
  ['no JSON', '{', /agreement.json is not JSON/],
  ['a list', '[]', /the file must be an object/],
  ['an unknown key', '{"consent": []}', /the file has the unknown key "consent"; did you mean "consents"/],
  [
    'an unknown act',
    '{"consents":[{"by":"a","to":["b"],"act":"SHAR","coordinates":[],"reason":"r"}]}',
    /consents\[0\].act must be one of .*; did you mean "SHARE"/,
  ],
  [
    'no reason',
    '{"consents":[{"by":"a","to":["b"],"act":"SHARE","coordinates":[]}]}',
    /consents\[0\].reason must be a text/,
  ],
  [
    'a date of another form',
    '{"consents":[{"by":"a","to":["b"],"act":"SHARE","coordinates":[],"reason":"r","until":"1/2/27"}]}',
    /consents\[0\].until must be a date such as "2027-01-31"/,
  ],
  ['an unknown class', '{"clearances":{"a":["SECRET"]}}', /clearances.a\[0\] must be one of PUBLIC, GOV/],
])('an agreement with %s is refused', (_, text, message) => {
  expect(() => agreementOf(text, 'agreement.json', '2026-01-01')).toThrow(message);
});
