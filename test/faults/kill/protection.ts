import type { Database } from '#kit/database/database';
import { productKey } from '../../../subgraphs/infrastructure/matching/product-key';
import { Vendor } from '../../../subgraphs/infrastructure/vendor/vendor';
import { Vulnerability } from '../../../subgraphs/infrastructure/vulnerability/vulnerability';
import { CISA, ciso, SHA256 } from '../../infrastructure/inputs';
import { eachCallHappened, eachCallSent, sentBy } from './events';
import { countOf, dayIn, inDays, type Scenario, target, type Writer } from './writer';

const OFFICER = ciso('nsa');
const SECOND = ciso('nsa', 'officer-2');
const SECTOR_OFFICER = ciso('doe');
const SECOND_COORDINATOR = 'role=coordinator; agency=cisa; subject=coordinator-2';
const VENDOR = 'Pumice Works';
const PRODUCT = 'Gate';
const FINDING = 'finding { id revision triage { id revision } }';
const TRIAGE = 'triage { id revision }';
const LEVELS = ['LOW', 'GUARDED', 'ELEVATED', 'HIGH'];
/** Days before today of the first report of a sector and of a capability: a report is after the one before. */
const FIRST_REPORT = -3_000;

/** Records assets, remediates what the catalog matches, and reports capability and risk. */
export const protection: Scenario = {
  name: 'protection',

  prepare: (databases) => listVulnerability(databases.get('infrastructure')!),

  async write(writer, isOver, place) {
    const system = await matchedSystem(writer, place);
    for (let round = 0; !isOver(); round += 1) {
      const day = dayIn(FIRST_REPORT + round);
      const assessment = { dimension: 'RS.MA', tier: 1 + (round % 4), target: 4, assessedOn: day, assessor: 'Self' };
      await writer.perform(OFFICER, 'recordAssessment', assessment, 'assessment { id }');
      const report = { sector: 'energy', level: LEVELS[round % LEVELS.length], asOf: day };
      await writer.perform(SECTOR_OFFICER, 'assessSector', report, 'sector { key }');
      await remediates(writer, system);
    }
  },

  async compare(done, databases) {
    const infrastructure = databases.get('infrastructure')!;
    await eachCallHappened(infrastructure, 'infrastructure_event', done, {
      registerSystem: 'SYSTEM_REGISTERED',
      recordInventory: 'INVENTORY_RECORDED',
      confirmFinding: 'FINDING_CONFIRMED',
      recordScoping: 'TRIAGE_SCOPED',
      recordEvidence: 'EVIDENCE_PRESERVED',
      decideTriage: 'TRIAGE_DECIDED',
      startRemediation: 'REMEDIATION_STARTED',
      recordRemediation: 'REMEDIATION_RECORDED',
      verifyRemediation: 'REMEDIATION_VERIFIED',
      recordAssessment: 'CAPABILITY_ASSESSED',
      assessSector: 'SECTOR_ASSESSED',
    });

    // each group of assets raised one finding, and one triage
    const groups = done.count('recordInventory');
    for (const table of ['inventory_item', 'vulnerability_finding', 'forensic_triage'])
      expect({ table, rows: await countOf(infrastructure, `SELECT COUNT(*) AS n FROM ${table}`) }).toEqual({
        ...{ table, rows: groups },
      });
    for (const table of ['capability_assessment', 'sector_risk'])
      expect({ table, rows: await countOf(infrastructure, `SELECT COUNT(*) AS n FROM ${table}`) }).toEqual({
        ...{ table, rows: done.count('assessSector') },
      });

    // and the last reports are what other programs show
    await eachCallSent(infrastructure, done, {
      'infrastructure.gap-recorded': ['recordAssessment'],
      'infrastructure.sector-assessed': ['assessSector'],
    });
    const gap = (await sentBy(infrastructure, 'infrastructure.gap-recorded')).at(-1)!;
    const gaps = await databases
      .get('workforce')!
      .query('SELECT tier, target, assessed_on AS assessedOn FROM capability_gap');
    expect(gaps).toEqual(gap.tier === gap.target ? [] : [pick(gap, ['tier', 'target', 'assessedOn'])]);
    const risk = (await sentBy(infrastructure, 'infrastructure.sector-assessed')).at(-1)!;
    const risks = await databases
      .get('reviews')!
      .query('SELECT sector_key AS sectorKey, level, as_of AS asOf FROM sector_notice');
    expect(risks).toEqual([pick(risk, ['sectorKey', 'level', 'asOf'])]);
  },
};

const pick = (object: Record<string, unknown>, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, object[name]]));

/** Adds a vulnerability of the KEV catalog, as importers do. It needs forensic triage before and since BOD 26-04. */
async function listVulnerability(infrastructure: Database): Promise<void> {
  const vendor = { key: 'pumice-works', name: VENDOR, developerKey: null, exercise: false };
  const names = { vendorKey: vendor.key, vendorName: VENDOR, product: PRODUCT, name: 'Flaw', description: 'A flaw.' };
  const listing = { requiredAction: 'Patch.', kevDateAdded: dayIn(-10), kevDueDate: dayIn(10) };
  const rating = { kevForensicTriage: true, automatable: true, technicalImpact: 'TOTAL' as const };
  await infrastructure.transaction(async (inside) => {
    await inside.insert(Vendor, [vendor]);
    await inside.insert(Vulnerability, [
      {
        ...{ cveId: 'CVE-1900-10001', productKey: productKey(VENDOR, PRODUCT), cwes: [], exercise: false },
        ...{ ...names, ...listing, ...rating },
      },
    ]);
  });
}

/** A system, and an active rule that matches its assets with the catalog. */
async function matchedSystem(writer: Writer, place: number): Promise<string> {
  const input = { name: `Payroll ${place}`, impactLevel: 'HIGH' };
  const system = await writer.perform(OFFICER, 'registerSystem', input, 'system { id }');
  const product = { vendor: VENDOR, product: PRODUCT };
  const rule = await writer.perform(CISA, 'proposeMatchRule', product, 'rule { id revision }');
  await writer.perform(SECOND_COORDINATOR, 'activateMatchRule', target(rule), 'rule { id }');
  return system.id;
}

/** Takes new assets from the suspected finding that they raise to the verified remediation. */
async function remediates(writer: Writer, system: string): Promise<void> {
  const assets = { system, vendor: VENDOR, product: PRODUCT, count: 1, exposure: 'PUBLIC' };
  const item = await writer.perform(
    OFFICER,
    'recordInventory',
    assets,
    'item { findings { nodes { id revision detectedAt } } }',
  );
  const [suspected] = item.findings.nodes;
  const confirming = { ...target(suspected), evidence: 'Version 2.0 is affected.' };
  const confirmed = await writer.perform(OFFICER, 'confirmFinding', confirming, FINDING);
  const scoping = { ...target(confirmed.triage), assets: 'One gate.' };
  const scoped = await writer.perform(OFFICER, 'recordScoping', scoping, TRIAGE);
  const preserving = { ...target(scoped), evidence: SHA256, summary: 'A memory image.' };
  const preserved = await writer.perform(OFFICER, 'recordEvidence', preserving, TRIAGE);
  const deciding = { ...target(preserved), outcome: 'NO_EVIDENCE', summary: 'No unknown sessions.' };
  await writer.perform(OFFICER, 'decideTriage', deciding, TRIAGE);
  const started = await writer.perform(OFFICER, 'startRemediation', target(confirmed), FINDING);
  const remediating = { ...target(started), method: 'UPDATED', remediatedAt: suspected.detectedAt };
  const remediated = await writer.perform(OFFICER, 'recordRemediation', remediating, FINDING);
  const verifying = { ...target(remediated), scannedAt: inDays(0) };
  await writer.perform(SECOND, 'verifyRemediation', verifying, FINDING);
}
