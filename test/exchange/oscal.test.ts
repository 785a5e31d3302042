import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importDocument, oscalDocument, writeDocument } from '../../gateway/cli/exchange';
import { readPoam, readResults } from '../../gateway/exchange/oscal/read';
import type { Ask } from '../../gateway/export/ask';
import { Control } from '../../subgraphs/infrastructure/capability/capability';
import {
  addItems,
  addSystem,
  addVulnerabilities,
  ciso,
  POAM_ITEM,
  VULNERABILITY_FINDING,
} from '../infrastructure/inputs';
import { Framework } from '../support/framework';
import { danglingIn, flawsOf } from './shapes';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Loose = any;

const OFFICER = ciso('nsa');
const SECOND = ciso('nsa', 'officer-2');
const [ON_ASSETS, ON_SYSTEM, FIXED] = ['CVE-2026-30001', 'CVE-2026-30002', 'CVE-2026-30003'] as const;

describe('systems exchanged as OSCAL documents', () => {
  let graph: Framework;
  let ask: Ask;
  const target = ({ id, revision }: Loose) => ({ id, expectedRevision: revision });

  beforeAll(async () => {
    graph = await Framework.open('sqlite');
    ask = ({ query, variables }) => graph.ask(OFFICER, query, { ...variables }) as Promise<Loose>;
    for (const [system, item] of [
      ['sys_from', 'inv_from'],
      ['sys_to', 'inv_to'],
    ] as const) {
      await addSystem(graph, system, 'nsa');
      await addItems(graph, [item], { id: system, agencyKey: 'nsa' });
    }
    await addVulnerabilities(graph, [{ cveId: ON_ASSETS }, { cveId: ON_SYSTEM }, { cveId: FIXED }]);
    const { database } = graph.subgraph('infrastructure');
    await database.transaction((inside) =>
      inside.insert(Control, [
        {
          ...{ id: 'si-2', label: 'SI-02', title: 'Flaw remediation', family: 'si', familyTitle: 'Integrity' },
          ...{ enhancesId: null, baselines: ['LOW'], statement: null },
        },
      ]),
    );
    await plan();
  });
  afterAll(() => graph.close());

  /** Findings and items of the first system: open, moved, with completed milestones, and closed. */
  async function plan(): Promise<void> {
    const report = (vulnerability: string, item: string | null) =>
      graph.perform(
        OFFICER,
        'reportFinding',
        { system: 'sys_from', vulnerability, item, detectedAt: graph.inDays(-1), method: 'authenticated scan' },
        VULNERABILITY_FINDING,
      );
    const onAssets = await report(ON_ASSETS, 'inv_from');
    const onSystem = await report(ON_SYSTEM, null);
    const fixed = await report(FIXED, null);
    const open = (title: string, change: object): Promise<Loose> =>
      graph.perform(
        OFFICER,
        'openPoamItem',
        {
          ...{ system: 'sys_from', title, description: `${title}:\n*soon*.`, findings: [], controls: [] },
          ...{ responsibleRole: 'System owner', milestones: [{ title: 'Ordered', dueOn: day(20) }], ...change },
        },
        POAM_ITEM,
      );
    const replaced = await open('Replace the mail server', {
      ...{ findings: [onAssets.id, onSystem.id], controls: ['si-2'], resources: 'Two engineers.' },
      milestones: [
        { title: 'Ordered', dueOn: day(20) },
        { title: 'In operation', dueOn: day(60) },
      ],
    });
    const [ordered] = replaced.milestones.nodes.toSorted((a: Loose, b: Loose) => (a.dueOn < b.dueOn ? -1 : 1));
    await graph.perform(OFFICER, 'completeMilestone', { ...target(ordered), doneOn: day(-1) }, 'milestone { id }');
    const investigated = await move(replaced, 'INVESTIGATING');
    await move(investigated, 'REMEDIATING');
    await move(
      await open('Keep an old port', { controls: ['si-2'], responsibleRole: '3rd-line support' }),
      'DEVIATION_REQUESTED',
    );
    const closed = await open('Patch the archive', { findings: [fixed.id] });
    const remediation = { method: 'UPDATED', remediatedAt: graph.inDays(-0.5) };
    const remediated = await graph.perform(
      OFFICER,
      'recordRemediation',
      { ...target(fixed), expectedRevision: fixed.revision + 1, ...remediation },
      VULNERABILITY_FINDING,
    );
    const scan = { ...target(remediated), scannedAt: graph.inDays(0) };
    await graph.perform(SECOND, 'verifyRemediation', scan, VULNERABILITY_FINDING);
    await graph.perform(OFFICER, 'closePoamItem', target(closed), POAM_ITEM);
  }
  const day = (days: number): string => graph.inDays(days).slice(0, 10);
  const move = (item: Loose, to: string): Promise<Loose> =>
    graph.perform(OFFICER, 'movePoamItem', { ...target(item), to }, POAM_ITEM);
  const exported = (model: string, system: string): Promise<Loose> =>
    oscalDocument(ask, model, system, graph.inDays(0));
  const imported = (model: string, document: object) => importDocument(ask, model, 'sys_to', JSON.stringify(document));

  test('writes documents with the shapes that the schema defines, and references that resolve', async () => {
    const poam = await exported('poam', 'sys_from');
    expect(Object.keys(poam)).toEqual(['plan-of-action-and-milestones']);
    expect(flawsOf(poam['plan-of-action-and-milestones'], 'poam')).toEqual([]);
    expect(danglingIn(poam)).toEqual([]);
    const { risks } = poam['plan-of-action-and-milestones'];
    expect(risks.map(({ title, status }: Loose) => `${title}: ${status}`).toSorted()).toEqual([
      'Keep an old port: deviation-requested',
      'Patch the archive: closed',
      'Replace the mail server: remediating',
    ]);
    const results = await exported('results', 'sys_from');
    expect(Object.keys(results)).toEqual(['assessment-results']);
    expect(flawsOf(results['assessment-results'], 'results')).toEqual([]);
    expect(danglingIn(results)).toEqual([]);
    // the same elements have the same UUIDs in each document, and in each export
    const uuids = ({ observations }: Loose) => observations.map(({ uuid }: Loose) => uuid).toSorted();
    expect(uuids(poam['plan-of-action-and-milestones'])).toEqual(uuids(results['assessment-results'].results[0]));
    expect(await exported('poam', 'sys_from')).toEqual(poam);
  });

  test('imports what it exported into another system, which then exports the same', async () => {
    const [results, poam] = [await exported('results', 'sys_from'), await exported('poam', 'sys_from')];
    expect(await imported('results', results)).toEqual({ added: 2, skipped: [`${FIXED}: the risk is closed`] });
    expect(await imported('poam', poam)).toEqual({ added: 2, skipped: ['Patch the archive: its risk is closed'] });
    const plain = (list: readonly Loose[]): Loose[] =>
      list
        .map(({ uuid: _uuid, observations, ...rest }) => ({
          ...rest,
          ...(observations && { observations: plain(observations) }),
        }))
        .filter(({ status, isClosed }) => status !== 'closed' && isClosed !== true)
        .toSorted((a, b) => ((a.title ?? a.cve) < (b.title ?? b.cve) ? -1 : 1));
    const read = (document: object) => JSON.stringify(document);
    expect(plain(readResults(read(await exported('results', 'sys_to'))))).toEqual(plain(readResults(read(results))));
    const copies = plain(readPoam(read(await exported('poam', 'sys_to'))));
    expect(copies).toEqual(plain(readPoam(read(poam))));
    expect(copies).toMatchObject([
      {
        title: 'Keep an old port',
        status: 'deviation-requested',
        responsibleRole: '3rd-line support',
        resources: null,
      },
      {
        ...{ title: 'Replace the mail server', status: 'remediating', controls: ['si-2'], resources: 'Two engineers.' },
        milestones: [{ doneOn: day(-1) }, { doneOn: null }],
        observations: [
          { cve: ON_ASSETS, asset: { product: 'Mail' } },
          { cve: ON_SYSTEM, asset: null },
        ],
      },
    ]);
  });

  test('adds nothing when a document is imported again', async () => {
    const events = async () =>
      (await graph.sql('infrastructure', 'SELECT COUNT(*) AS n FROM infrastructure_event'))[0].n;
    const before = await events();
    for (const [model, skipped] of [
      ['results', 3],
      ['poam', 3],
    ] as const) {
      const again = await imported(model, await exported(model, 'sys_from'));
      expect([model, again.added, again.skipped.length]).toEqual([model, 0, skipped]);
    }
    expect(await events()).toBe(before);
  });

  test('reads the plan of action of another tool by what OSCAL defines', () => {
    const uuid = 'b9ba6a2b-3f14-4b47-8b4c-5f2a5c9a4c01';
    const document = {
      uuid,
      metadata: { title: 'Plan', 'last-modified': graph.inDays(0), version: '1', 'oscal-version': '1.1.2' },
      observations: [
        { uuid, description: `Scanner: ${ON_SYSTEM}`, methods: ['TEST'], collected: '2026-06-01T08:00:00-04:00' },
      ],
      risks: [
        {
          ...{ uuid, title: 'r', description: 'd', statement: 's', status: 'open' },
          remediations: [
            {
              ...{ uuid, lifecycle: 'planned', title: 'Fix', description: 'A contract.' },
              tasks: [
                {
                  ...{ uuid, type: 'milestone', title: 'Signed' },
                  timing: { 'within-date-range': { start: '2026-07-01T04:00:00Z', end: '2026-07-31T20:00:00Z' } },
                  'responsible-roles': [{ 'role-id': 'isso' }],
                },
              ],
            },
          ],
        },
      ],
      'poam-items': [
        {
          ...{ title: 'Weakness', description: 'd', 'related-risks': [{ 'risk-uuid': uuid }] },
          'related-observations': [{ 'observation-uuid': uuid }],
          props: [{ name: 'impacted-control-id', value: 'si-2' }],
        },
      ],
    };
    expect(readPoam(JSON.stringify({ 'plan-of-action-and-milestones': document }))).toEqual([
      {
        ...{ uuid: 'Weakness', title: 'Weakness', description: 'd', status: 'open', responsibleRole: 'isso' },
        ...{ resources: 'A contract.', controls: ['si-2'] },
        milestones: [{ title: 'Signed', dueOn: '2026-07-31', doneOn: null }],
        observations: [
          {
            ...{ uuid, cve: ON_SYSTEM, asset: null, detectedAt: '2026-06-01T12:00:00.000Z', method: 'OSCAL import' },
            isClosed: false,
          },
        ],
      },
    ]);
  });

  const METADATA = { 'oscal-version': '1.2.0' };
  const [FIRST, OTHER] = ['b9ba6a2b-3f14-4b47-8b4c-5f2a5c9a4c01', 'b9ba6a2b-3f14-4b47-8b4c-5f2a5c9a4c02'];
  const observed = (cve: string, collected: string) => ({
    ...{ uuid: FIRST, description: cve, collected, methods: ['TEST'] },
    subjects: [FIRST, OTHER].map((uuid) => ({ 'subject-uuid': uuid, type: 'inventory-item' })),
  });
  const results = (parts: object) => JSON.stringify({ 'assessment-results': { metadata: METADATA, results: [parts] } });

  test('reads an observation once for each of its assets, open while one of its risks is', () => {
    const related = { 'related-observations': [{ 'observation-uuid': FIRST }] };
    const text = results({
      'local-definitions': {
        'inventory-items': [FIRST, OTHER].map((uuid, place) => ({
          uuid,
          props: [
            { name: 'vendor-name', value: 'V' },
            { name: 'software-name', value: `P${place}` },
          ],
        })),
      },
      observations: [observed(ON_SYSTEM, graph.inDays(0))],
      risks: [
        { uuid: FIRST, status: 'open', ...related },
        { uuid: OTHER, status: 'closed', ...related },
      ],
    });
    expect(readResults(text)).toMatchObject([
      { asset: { product: 'P0' }, isClosed: false },
      { asset: { product: 'P1' }, isClosed: false },
    ]);
  });

  const planned = (title: string, status: string, doneOn: string) => ({
    metadata: METADATA,
    risks: [
      {
        ...{ uuid: FIRST, status },
        remediations: [
          {
            description: 'Fix',
            tasks: [
              {
                ...{ type: 'milestone', title: 'Signed', timing: { 'on-date': { date: graph.inDays(9) } } },
                props: [{ name: 'done-on', ns: 'urn:ordergraph:oscal', value: doneOn }],
              },
            ],
          },
        ],
      },
    ],
    'poam-items': [
      {
        ...{ title, description: 'd', 'related-risks': [{ 'risk-uuid': FIRST }] },
        props: [{ name: 'control-id', value: 'si-2' }],
      },
    ],
  });
  const importedPlan = (...[title, status, doneOn]: Parameters<typeof planned>) =>
    imported('poam', { 'plan-of-action-and-milestones': planned(title, status, doneOn) });

  test('says which risks have no status here, and which milestones stay open', async () => {
    expect(await importedPlan('Foreign', 'constructor', day(-1))).toEqual({
      added: 0,
      skipped: ['Foreign: its risk is constructor'],
    });
    expect(await importedPlan('Early', 'open', day(2))).toMatchObject({
      added: 1,
      skipped: [expect.stringMatching(/^Early: a milestone stays open: .*in the future/)],
    });
    await expect(importedPlan('Odd', 'open', 'last week')).rejects.toThrow(
      /tasks\.0\.props: .*"done-on" is not a date/,
    );
  });

  test('reports a vulnerability that came back after its verified remediation, but no dismissed one', async () => {
    const seen = (days: number) =>
      importDocument(
        ask,
        'results',
        'sys_from',
        results({ observations: [{ ...observed(FIXED, graph.inDays(days)), subjects: [] }] }),
      );
    const left = { added: 0, skipped: [`${FIXED}: the system has a finding`] };
    expect(await seen(-0.7)).toEqual(left);
    expect(await seen(-0.1)).toEqual({ added: 1, skipped: [] });
    expect(await seen(-0.1)).toEqual(left);
    const [{ id }] = await graph.sql(
      'infrastructure',
      `SELECT id FROM vulnerability_finding WHERE cve_id = '${FIXED}' AND system_id = 'sys_from' AND status = 'OPEN'`,
    );
    await graph.perform(
      OFFICER,
      'dismissFinding',
      { ...target({ id, revision: 1 }), evidence: 'Absent.' },
      VULNERABILITY_FINDING,
    );
    expect(await seen(0)).toEqual(left);
  });

  test.each([
    ['what is not JSON', '<poam/>', /The file is not JSON/],
    ['another document', '{"catalog":{}}', /not a POA&M in OSCAL: plan-of-action-and-milestones/],
  ])('refuses %s, changing nothing', async (_what, text, message) => {
    await expect(importDocument(ask, 'poam', 'sys_to', text)).rejects.toThrow(message);
  });

  test('writes a new file for its owner alone, never into one that others may read', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'oscal-')), 'poam.json');
    await writeDocument({ plan: 1 }, file);
    expect([JSON.parse(readFileSync(file, 'utf8')), statSync(file).mode & 0o777]).toEqual([{ plan: 1 }, 0o600]);
    await expect(writeDocument({ plan: 2 }, file)).rejects.toThrow(/exists/);
    await expect(writeDocument({ plan: 2 }, join(file, 'in'))).rejects.toThrow(/Cannot write/);
  });

  test('refuses to export a system without elements, of another agency, or an unknown document', async () => {
    await addSystem(graph, 'sys_empty', 'nsa');
    await addSystem(graph, 'sys_hhs', 'hhs');
    await expect(exported('poam', 'sys_empty')).rejects.toThrow(/has no POA&M items/);
    await expect(exported('poam', 'sys_hhs')).rejects.toThrow(/sees no system|FORBIDDEN/);
    await expect(exported('ssp', 'sys_from')).rejects.toThrow(/"ssp" is not a document to exchange/);
  });
});
