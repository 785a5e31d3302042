import { createHash } from 'node:crypto';
import type { Caller } from '../voluntary/client';
import type { ImportContent } from '../voluntary/published-files';
import { aim, expect, type Revised, type Stage } from '../voluntary/stage';

interface Finding extends Revised {
  readonly status: string;
  readonly overdue: boolean;
  readonly dueAt: string | null;
  readonly dueBasis: string | null;
  readonly vulnerability: { readonly cveId: string };
  readonly triage: (Revised & { readonly status: string }) | null;
}

const VENDOR = 'Lantern Works';
const SYSTEM = 'system { id revision status }';
const RULE = 'rule { id revision status }';
const FINDING_FIELDS =
  'id revision status overdue dueAt dueBasis vulnerability { cveId } triage { id revision status }';
const FINDING = `finding { ${FINDING_FIELDS} }`;
const TRIAGE = 'triage { id revision status outcome }';
const DEPLOYMENT = 'deployment { id revision stage }';
const ACCEPTANCE = 'acceptance { id revision status expiresOn }';
const POAM = 'poamItem { id revision status }';
const CASE = 'case { id revision status }';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

/**
 * Plays the protection of government systems: an edition of the KEV catalog reaches the systems of the Treasury, from suspicion to verified
 * remediation; one risk is accepted, and stays overdue; and the clearinghouse takes a flaw to publication. Only the edition comes from outside of
 * the public API.
 */
export async function playProtection(stage: Stage, importContent: ImportContent): Promise<void> {
  const officer = (subject: string) => `role=infrastructure-officer; agency=treasury; subject=${subject}`;
  const coordinator = (agency: string, subject: string) => `role=coordinator; agency=${agency}; subject=${subject}`;
  const treasury = stage.caller('Treasury CISO', officer('officer-1'));
  const treasurySecond = stage.caller('Treasury CISO, second officer', officer('officer-2'));
  const cisa = stage.caller('CISA coordinator', coordinator('cisa', 'coordinator-1'));
  const cisaSecond = stage.caller('CISA, second coordinator', coordinator('cisa', 'coordinator-2'));
  const clearinghouse = stage.caller('Clearinghouse', coordinator('treasury', 'coordinator-3'));
  const office = { treasury, treasurySecond };

  await requireNoCatalog(stage, cisa);
  const system = await treasuryRegisters(stage, treasury);
  await cisaAgreesOnRules(stage, cisa, cisaSecond);
  await printNumbers(stage, treasury);
  const { fresh, old, other } = await editionArrives(stage, treasury, importContent);
  const confirmed = await treasuryDecides(stage, treasury, { fresh, other });
  await triageFollows(stage, treasury, confirmed);
  await treasuryRemediates(stage, office, confirmed, system);
  await riskIsAccepted(stage, office, old, system);
  await flawIsPublished(stage, clearinghouse);
  await printNumbers(stage, treasury);
}

async function requireNoCatalog(stage: Stage, cisa: Caller): Promise<void> {
  const { catalogEditions } = await stage.asks(cisa, '{ catalogEditions { totalCount } }');
  expect(
    catalogEditions.totalCount === 0,
    'a graph without a KEV catalog, since the exercise imports invented entries as an edition; omit --url for a temporary graph',
  );
}

async function treasuryRegisters(stage: Stage, treasury: Caller): Promise<Revised> {
  stage.act('The Treasury registers a system and its inventory');
  const registered = await stage.does(
    treasury,
    'registers a high-impact system',
    'registerSystem',
    { name: `Payments (exercise ${stage.run})`, impactLevel: 'HIGH', highValueAsset: true, operatedBy: 'AGENCY' },
    SYSTEM,
  );
  await stage.isRefused(
    treasury,
    'cannot put it into operation without an authorization',
    'commissionSystem',
    aim(registered),
    SYSTEM,
    'PRECONDITION_FAILED',
  );
  const authorization = await stage.does(
    treasury,
    'records its authorization to operate, for two years',
    'recordAuthorization',
    { system: registered.id, kind: 'ATO', decidedOn: stage.today(-10), expiresOn: stage.today(720) },
    'authorization { system { id revision } }',
  );
  const system = await stage.does(
    treasury,
    'puts it into operation',
    'commissionSystem',
    aim(authorization.system),
    SYSTEM,
  );
  const item = { system: system.id, vendor: VENDOR, environment: 'PRODUCTION', assetType: 'server' };
  await stage.does(
    treasury,
    'records four mail gateways, reachable from the internet',
    'recordInventory',
    { ...item, product: 'Mail Gateway', version: '4.1', count: 4, exposure: 'PUBLIC' },
    'item { id revision exposure }',
  );
  for (const [product, name] of [
    ['Archive', 'an archive'],
    ['Print Server', 'a print server'],
  ] as const)
    await stage.does(
      treasury,
      `records ${name} on the internal network`,
      'recordInventory',
      { ...item, product, version: '2.0', count: 1, exposure: 'INTERNAL' },
      'item { id revision exposure }',
    );
  return system;
}

async function cisaAgreesOnRules(stage: Stage, cisa: Caller, second: Caller): Promise<void> {
  stage.act('CISA reviews rules that match inventories with the catalog');
  for (const [place, product] of ['Mail Gateway', 'Archive', 'Print Server'].entries()) {
    const rule = await stage.does(
      cisa,
      `proposes a rule for ${VENDOR} ${product}`,
      'proposeMatchRule',
      { vendor: VENDOR, product },
      RULE,
    );
    if (place === 0)
      await stage.isRefused(
        cisa,
        'cannot activate its own proposal',
        'activateMatchRule',
        aim(rule),
        RULE,
        'PRECONDITION_FAILED',
      );
    await stage.does(second, 'activates it, as a second person', 'activateMatchRule', aim(rule), RULE);
  }
}

/** An entry of the catalog as published. */
export function entry(stage: Stage, number: number, product: string, daysAgo: number) {
  return {
    cveID: `CVE-1900-${10_000_000 + (Number.parseInt(stage.run.slice(-5), 36) % 100_000) * 10 + number}`,
    vendorProject: VENDOR,
    product,
    vulnerabilityName: `${VENDOR} ${product} vulnerability (exercise)`,
    dateAdded: stage.today(-daysAgo),
    shortDescription: 'A made-up vulnerability for an exercise.',
    requiredAction: 'Apply remediation or mitigation per the instructions of the vendor (exercise).',
    dueDate: stage.today(-daysAgo + 3),
    knownRansomwareCampaignUse: 'Unknown',
    notes: '',
    cwes: ['CWE-787'],
    forensicTriage: product === 'Mail Gateway' ? 'Yes' : 'No',
  };
}

/** An edition of the KEV catalog, in its published form. */
export const editionOf = (stage: Stage, entries: readonly object[]) => ({
  title: 'Invented catalog for an exercise',
  catalogVersion: stage.today().replaceAll('-', '.'),
  dateReleased: new Date().toISOString(),
  count: entries.length,
  vulnerabilities: entries,
});

async function editionArrives(stage: Stage, treasury: Caller, importContent: ImportContent) {
  stage.act('An edition of the KEV catalog arrives');
  const entries = [
    entry(stage, 1, 'Mail Gateway', 0),
    entry(stage, 2, 'Archive', 30),
    entry(stage, 3, 'Print Server', 0),
  ];
  await importContent('kev', JSON.stringify(editionOf(stage, entries)));
  stage.imported('kev', entries);
  const found = await stage.sees(
    treasury,
    'sees three suspected findings; none of them is overdue, not even on an entry that was due weeks ago',
    `query ($ids: [ID!]!) { vulnerabilityFindings(filter: { vulnerability: { cveId: { in: $ids } } }) { nodes { ${FINDING_FIELDS} } } }`,
    { ids: entries.map(({ cveID }) => cveID) },
    ({ vulnerabilityFindings: { nodes } }) => (nodes.length === 3 ? (nodes as Finding[]) : undefined),
  );
  expect(
    found.every(({ status, overdue }) => status === 'SUSPECTED' && !overdue),
    'suspected findings that are not overdue',
  );
  const { catalogEditions } = await stage.asks(
    treasury,
    '{ catalogEditions { nodes { name status rows added changed removed } } }',
  );
  stage.note(`↳ ${JSON.stringify(catalogEditions.nodes[0])}`);
  const [fresh, old, other] = entries.map(
    ({ cveID }) => found.find(({ vulnerability }) => vulnerability.cveId === cveID)!,
  );
  return { fresh: fresh!, old: old!, other: other! };
}

async function treasuryDecides(
  stage: Stage,
  treasury: Caller,
  { fresh, other }: { fresh: Finding; other: Finding },
): Promise<Finding> {
  stage.act('The Treasury checks the versions');
  await stage.does(
    treasury,
    'dismisses the finding on the print server: its version is not affected',
    'dismissFinding',
    { ...aim(other), evidence: 'Version 2.0 is not affected, by the advisory of the vendor.' },
    FINDING,
  );
  const confirmed: Finding = await stage.does(
    treasury,
    'confirms the finding on the mail gateways',
    'confirmFinding',
    { ...aim(fresh), evidence: 'Authenticated scan: version 4.1, affected.' },
    FINDING,
  );
  expect(confirmed.dueAt !== null && !confirmed.overdue, 'a due date that has not passed');
  stage.note(`↳ due ${confirmed.dueAt}, by ${confirmed.dueBasis}`);
  return confirmed;
}

async function triageFollows(stage: Stage, treasury: Caller, { id }: Revised): Promise<void> {
  stage.act('Forensic triage, before the patch');
  const due = await stage.sees(
    treasury,
    'sees that the entry asks for forensic triage',
    'query ($id: ID!) { vulnerabilityFinding(id: $id) { triage { id revision status } } }',
    { id },
    ({ vulnerabilityFinding }) => vulnerabilityFinding.triage as Revised | null,
  );
  const scoped = await stage.does(
    treasury,
    'determines the affected assets',
    'recordScoping',
    { ...aim(due), assets: 'Four mail gateways (exercise).' },
    TRIAGE,
  );
  const preserved = await stage.does(
    treasury,
    'preserves volatile evidence',
    'recordEvidence',
    { ...aim(scoped), evidence: sha256('memory image'), summary: 'Memory images of four hosts (exercise).' },
    TRIAGE,
  );
  await stage.does(
    treasury,
    'finds no evidence of compromise',
    'decideTriage',
    { ...aim(preserved), outcome: 'NO_EVIDENCE', summary: 'No persistence, no unknown sessions (exercise).' },
    TRIAGE,
  );
}

interface Office {
  readonly treasury: Caller;
  readonly treasurySecond: Caller;
}

async function findingNow(stage: Stage, who: Caller, { id }: Revised): Promise<Finding> {
  const query = `query ($id: ID!) { vulnerabilityFinding(id: $id) { ${FINDING_FIELDS} } }`;
  return (await stage.asks(who, query, { id })).vulnerabilityFinding;
}

async function treasuryRemediates(
  stage: Stage,
  { treasury, treasurySecond }: Office,
  finding: Finding,
  system: Revised,
): Promise<void> {
  stage.act('An AI-powered tool is deployed, and the finding is remediated and verified');
  const tool = await stage.does(
    treasury,
    'registers an AI-powered tool that patches',
    'registerTool',
    { name: `Patch Pilot (exercise ${stage.run})`, vendorName: VENDOR, aiPowered: true, purpose: 'PATCHING' },
    'tool { id revision }',
  );
  const planned = await stage.does(treasury, 'plans to deploy it', 'planDeployment', { tool: tool.id }, DEPLOYMENT);
  await stage.isRefused(
    treasury,
    'cannot pilot it without an authorization',
    'startPilot',
    aim(planned),
    DEPLOYMENT,
    'PRECONDITION_FAILED',
  );
  const pilot = await stage.does(treasury, 'pilots it', 'startPilot', { ...aim(planned), haveAto: true }, DEPLOYMENT);
  const deployed = await stage.does(treasury, 'deploys it', 'deployTool', aim(pilot), DEPLOYMENT);
  await stage.does(
    treasury,
    'lets it cover the system',
    'setCoverage',
    { ...aim(deployed), systems: [system.id], since: stage.today() },
    DEPLOYMENT,
  );
  const started = await stage.does(
    treasury,
    'starts to remediate',
    'startRemediation',
    aim(await findingNow(stage, treasury, finding)),
    FINDING,
  );
  const remediated = await stage.does(
    treasury,
    'installs the update',
    'recordRemediation',
    { ...aim(started), method: 'UPDATED', remediatedAt: minutesAgo(0) },
    FINDING,
  );
  const scan = () => ({ ...aim(remediated), scannedAt: new Date().toISOString() });
  await stage.isRefused(
    treasury,
    'cannot verify its own work',
    'verifyRemediation',
    scan(),
    FINDING,
    'PRECONDITION_FAILED',
  );
  await stage.does(treasurySecond, 'verifies by a scan, as a second person', 'verifyRemediation', scan(), FINDING);
}

async function riskIsAccepted(
  stage: Stage,
  { treasury, treasurySecond }: Office,
  old: Finding,
  system: Revised,
): Promise<void> {
  stage.act('One risk is accepted, and stays overdue');
  const confirmed: Finding = await stage.does(
    treasury,
    'confirms the finding on the archive, whose entry was due weeks ago: it is overdue when it is confirmed',
    'confirmFinding',
    { ...aim(old), evidence: 'Inventory: version 2.0, affected.' },
    FINDING,
  );
  expect(confirmed.overdue, 'an overdue finding');
  const proposed = await stage.does(
    treasury,
    'proposes to accept the risk until the archive is replaced',
    'proposeAcceptance',
    { findings: [old.id], reason: 'The archive is replaced in spring; it has no connection (exercise).' },
    ACCEPTANCE,
  );
  await stage.isRefused(
    treasury,
    'cannot accept its own proposal',
    'acceptRisk',
    { ...aim(proposed), expiresOn: stage.today(90) },
    ACCEPTANCE,
    'PRECONDITION_FAILED',
  );
  await stage.isRefused(
    treasurySecond,
    'cannot accept it for more than a year',
    'acceptRisk',
    { ...aim(proposed), expiresOn: stage.today(400) },
    ACCEPTANCE,
    'BAD_USER_INPUT',
  );
  await stage.does(
    treasurySecond,
    'accepts it for ninety days, as a second person',
    'acceptRisk',
    { ...aim(proposed), expiresOn: stage.today(90) },
    ACCEPTANCE,
  );
  const after = await findingNow(stage, treasury, old);
  expect(after.overdue && after.dueAt === confirmed.dueAt, 'a finding that is overdue as before');
  stage.step(treasury.name, 'sees that the finding is still overdue, since the acceptance changes no deadline');
  await stage.does(
    treasury,
    'opens a plan of action with a milestone',
    'openPoamItem',
    {
      ...{ system: system.id, title: 'Replace the archive (exercise)', description: 'The vendor ships no update.' },
      ...{ findings: [old.id], controls: [], responsibleRole: 'System owner' },
      milestones: [{ title: 'The new archive is in operation', dueOn: stage.today(80) }],
    },
    POAM,
  );
}

async function flawIsPublished(stage: Stage, clearinghouse: Caller): Promise<void> {
  stage.act('The clearinghouse takes a flaw to publication');
  const others = stage.caller('Analyst of another agency', 'role=analyst; subject=analyst-1');
  const opened = await stage.does(
    clearinghouse,
    'opens a case on a flaw that industry reported',
    'openCase',
    {
      title: `Flaw in a message parser (exercise ${stage.run})`,
      source: 'INDUSTRY',
      priority: 'HIGH',
      sectors: ['it'],
    },
    CASE,
  );
  const accepted = await stage.does(
    clearinghouse,
    'accepts it, after contacting the vendor, with an embargo of thirty days',
    'acceptCase',
    {
      ...{ ...aim(opened), vendorName: VENDOR, vendorContactedAt: minutesAgo(1) },
      embargoUntil: stage.inDays(30),
    },
    CASE,
  );
  const seen = async (): Promise<boolean> => {
    const query = 'query ($id: ID!) { clearinghouseCase(id: $id) { status } }';
    return (await stage.asks(others, query, { id: opened.id })).clearinghouseCase !== null;
  };
  expect(!(await seen()), 'a case that others do not see');
  const validated = await stage.does(clearinghouse, 'reproduces the flaw', 'validateCase', aim(accepted), CASE);
  const patching = await stage.does(
    clearinghouse,
    'learns that the vendor works on it',
    'startPatch',
    aim(validated),
    CASE,
  );
  const patched = await stage.does(
    clearinghouse,
    'records that a patch is available',
    'recordPatch',
    aim(patching),
    CASE,
  );
  const named = await stage.does(
    clearinghouse,
    'assigns a CVE id',
    'assignCve',
    { ...aim(patched), cve: entry(stage, 9, 'Parser', 0).cveID },
    CASE,
  );
  await stage.isRefused(
    clearinghouse,
    'cannot publish it during the embargo without a reason',
    'publishCase',
    aim(named),
    CASE,
    'PRECONDITION_FAILED',
  );
  const published = await stage.does(
    clearinghouse,
    'publishes it early, since the flaw became known',
    'publishCase',
    { ...aim(named), reason: 'A description was published elsewhere (exercise).' },
    CASE,
  );
  expect(await seen(), 'a case that others see');
  stage.step(others.name, 'sees the case, which only those who handle it saw before');
  await stage.does(clearinghouse, 'closes the case', 'closeCase', aim(published), CASE);
}

/** Prints the numbers of the program, which the acts before changed. */
async function printNumbers(stage: Stage, who: Caller): Promise<void> {
  stage.act('The numbers');
  const { executiveOrder, agency } = await stage.asks(
    who,
    `{ executiveOrder(number: "14409") { infrastructureMetrics {
         overdueExposures currentAuthorization { numerator denominator } aiToolDeployments { stage count } casesPatched } }
       agency(key: "treasury") {
         vulnerabilityFindings { groups(by: [{ field: STATUS }]) { nodes { status aggregates { count } } } } } }`,
  );
  stage.note(JSON.stringify(executiveOrder.infrastructureMetrics));
  stage.note(JSON.stringify(agency));
}
