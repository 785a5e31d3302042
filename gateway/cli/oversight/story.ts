import { editionOf, entry } from '../protect/story';
import type { Caller } from '../voluntary/client';
import type { ImportContent } from '../voluntary/published-files';
import { aim, expect, type Revised, type Stage } from '../voluntary/stage';
import {
  atlas,
  authorizations,
  csv,
  flows,
  fullPostings,
  offerings,
  postings,
  provisions,
  TECHNIQUE,
  useCases,
  VENDOR,
} from './published';

const SUBMISSION = 'submission { id number revision plannedLaunchAt }';
const DETERMINATION = 'determination { id revision status outcome }';
const REVIEW = 'review { id revision status }';
const FINDING = 'finding { id revision status }';
const SYSTEM = 'system { id revision status }';
const CASE = 'case { id revision status }';
const REQUEST = 'hiringRequest { id revision status }';
/** Work role "Incident Response". */
const ROLE = '531';
const SECTOR = 'financial-services';

/**
 * Plays what overseers ask about: the inventories, figures, and deadlines that are published, and work that is still open at its end, such as a
 * review, a vacancy, and a finding. Only published files come from outside of the public API.
 */
export async function playOversight(stage: Stage, importContent: ImportContent): Promise<void> {
  const intake = stage.intake();
  const ciso = stage.caller('Treasury CISO', 'role=infrastructure-officer; agency=treasury; subject=officer-1');
  await requireNothingPublished(stage, intake);
  const publish = async (source: string, rows: unknown, content = JSON.stringify(rows)): Promise<void> => {
    await importContent(source, content);
    stage.imported(source, rows);
  };
  await filesArrive(stage, publish);
  await deadlinesAreMet(stage, intake, publish);
  await capabilitiesAreAssessed(stage, ciso);
  await modelIsUnderReview(stage, intake);
  await positionIsVacant(stage);
  await flawIsDue(stage, ciso, publish);
  await sectorIsAssessed(stage, ciso);
  await printNumbers(stage, intake);
}

type Publish = (source: string, rows: unknown, content?: string) => Promise<void>;

async function requireNothingPublished(stage: Stage, who: Caller): Promise<void> {
  const { executiveOrder, ...lists } = await stage.asks(
    who,
    `{ aiUseCases { totalCount } cloudOfferings { totalCount } workforceFlows { totalCount }
       executiveOrder(number: "14409") { provisions { totalCount } } }`,
  );
  const counts = [...Object.values(lists), executiveOrder?.provisions ?? { totalCount: 0 }] as { totalCount: number }[];
  expect(
    counts.every(({ totalCount }) => totalCount === 0),
    'a graph without imported data, since the exercise imports invented files; omit --url for a temporary graph',
  );
}

async function filesArrive(stage: Stage, publish: Publish): Promise<void> {
  stage.act('Publishers release their files');
  const inventory = useCases();
  await publish('omb-use-cases', inventory, csv(inventory));
  await publish('fedramp-products', offerings(stage));
  await publish('fedramp-authorizations', authorizations(stage));
  await publish('workforce-flows', flows(stage));
  await publish('usajobs-postings', postings(stage));
  await publish('data-scientist-announcements', fullPostings(stage));
  await publish('atlas', atlas());
}

async function deadlinesAreMet(stage: Stage, intake: Caller, publish: Publish): Promise<void> {
  stage.act('The intake office records which deadlines of the order were met');
  await publish('order-provisions', provisions(stage));
  const { executiveOrder } = await stage.asks(
    intake,
    '{ executiveOrder(number: "14409") { provisions(orderBy: [{ field: DUE_ON }]) { nodes { id revision dueOn } } } }',
  );
  const [first] = executiveOrder.provisions.nodes;
  await stage.does(
    intake,
    'records that the first duty was carried out, a week late, with a public document that shows it',
    'recordProvisionOutcome',
    { ...aim(first), doneOn: stage.today(-53), evidenceUrl: 'https://example.gov/report' },
    'provision { id section doneOn daysLate }',
  );
}

async function capabilitiesAreAssessed(stage: Stage, ciso: Caller): Promise<void> {
  stage.act('Agencies assess how well they detect and respond');
  const others = ['dhs', 'doe'].map((agency) =>
    stage.caller(`${agency.toUpperCase()} CISO`, `role=infrastructure-officer; agency=${agency}; subject=officer-1`),
  );
  for (const [who, dimension, tier] of [
    [ciso, 'DE', 3],
    [others[0]!, 'DE', 2],
    [others[1]!, 'DE', 4],
    [ciso, 'RS', 2],
  ] as const)
    await stage.does(
      who,
      `is at tier ${tier} of 4 in ${dimension}`,
      'recordAssessment',
      { dimension, tier, target: 4, assessedOn: stage.today(), assessor: 'Self-assessment (exercise)' },
      'assessment { id belowTarget }',
    );
}

async function modelIsUnderReview(stage: Stage, intake: Caller): Promise<void> {
  stage.act('A model is under review, with a question that is open');
  const treasury = stage.reviewer('Treasury reviewer', 'treasury');
  const second = stage.reviewer('Treasury second reviewer', 'treasury', 'reviewer-2');
  const key = `dogwood-${stage.run}`;
  const dogwood = stage.developer('Dogwood', key);
  await stage.does(
    dogwood,
    `registers as "${key}"`,
    'registerOrganization',
    { key, legalName: 'Dogwood (exercise)', country: 'US', category: 'INDUSTRY' },
    'organization { key }',
  );
  const model = await stage.does(
    dogwood,
    'registers a large model',
    'registerModel',
    { codename: 'codename-dogwood', modalities: ['TEXT'], trainingComputeFlop: '5e26' },
    'model { id }',
  );
  const version = await stage.does(
    dogwood,
    'registers a checkpoint',
    'registerModelVersion',
    { modelId: model.id, label: 'release candidate 1' },
    'version { id }',
  );
  const draft = await stage.does(
    dogwood,
    'drafts a submission for Treasury, with a launch in sixteen days',
    'draftSubmission',
    {
      ...{ versionId: version.id, launchPlan: { plannedLaunchAt: stage.inDays(16) } },
      ...{ sharingPreference: 'NAMED_AGENCIES_ONLY', requestedAgencies: ['treasury'], sectorsOfConcern: [SECTOR] },
    },
    SUBMISSION,
  );
  const { id } = await stage.does(dogwood, 'files it', 'fileSubmission', aim(draft), SUBMISSION);
  await stage.does(
    intake,
    'asks a question, which Dogwood has yet to answer',
    'requestInformation',
    { submissionId: id, question: 'Which tools can the model use?' },
    'informationRequest { id revision status dueOn }',
  );
  await stage.sees(
    treasury,
    'is invited to a determination',
    'query ($id: ID!) { submission(id: $id) { determinations { nodes { status } } } }',
    { id },
    ({ submission }) => submission?.determinations?.nodes.length > 0,
  );
  const determination = await stage.does(
    treasury,
    'drafts its determination: a review is necessary',
    'draftDetermination',
    { submissionId: id, outcome: 'REVIEW_NECESSARY', rationale: 'It trades.', riskDomains: ['FINANCIAL_STABILITY'] },
    DETERMINATION,
  );
  await stage.does(treasury, 'issues it', 'issueDetermination', aim(determination), DETERMINATION);
  const grant = await stage.does(
    dogwood,
    'offers Treasury access',
    'offerAccess',
    { submissionId: id, agencyKey: 'treasury', mode: 'API' },
    'grant { id revision status endsAt }',
  );
  await stage.does(treasury, 'accepts it', 'acceptAccess', aim(grant), 'grant { id revision status endsAt }');
  const review: Revised = await stage.does(
    treasury,
    'opens a review',
    'openReview',
    { submissionId: id, scope: ['FINANCIAL_STABILITY'] },
    REVIEW,
  );
  const reviewer = await stage.does(
    treasury,
    'registers a reviewer by post',
    'registerReviewer',
    { post: `Treasury reviewer (exercise ${stage.run})`, workRoleCode: ROLE },
    'reviewer { id post }',
  );
  await stage.does(
    treasury,
    'assigns the reviewer, who is still at work at the end of the exercise',
    'assignReviewer',
    { reviewId: review.id, reviewerId: reviewer.id, lead: true },
    REVIEW,
  );
  await findingIsShared(stage, { treasury, second, dogwood }, { submissionId: id, reviewId: review.id });
}

interface Reviewing {
  readonly treasury: Caller;
  readonly second: Caller;
  readonly dogwood: Caller;
}

async function findingIsShared(
  stage: Stage,
  { treasury, second, dogwood }: Reviewing,
  { submissionId, reviewId }: { readonly submissionId: string; readonly reviewId: string },
): Promise<void> {
  const current = async (): Promise<Revised> =>
    (
      await stage.asks(treasury, `query ($id: ID!) { ${REVIEW.replace('review', 'review(id: $id)')} }`, {
        id: reviewId,
      })
    ).review;
  // the grant's event may not have arrived yet
  const evaluating = await stage.retries('accessOrDocuments', async () =>
    stage.does(treasury, 'starts the evaluation', 'startEvaluation', aim(await current()), REVIEW),
  );
  await stage.does(
    treasury,
    'assesses the risk to the financial sector as high',
    'assessRisk',
    {
      ...{ submissionId, domain: 'FINANCIAL_STABILITY', likelihood: 'HIGH', impact: 'HIGH', confidence: 'MODERATE' },
      ...{ rationale: 'It follows hidden instructions (exercise).', sectors: [SECTOR] },
    },
    'riskAssessment { id level }',
  );
  const finding = await stage.does(
    treasury,
    'drafts a finding on an ATLAS technique',
    'draftFinding',
    {
      ...{ reviewId, title: 'Follows hidden instructions (exercise)', detail: 'Two of ten documents.' },
      ...{ severity: 'HIGH', confidence: 'HIGH', sectors: [SECTOR], techniques: [TECHNIQUE] },
    },
    FINDING,
  );
  const drafted = await stage.does(treasury, 'concludes the evaluation', 'concludeEvaluation', aim(evaluating), REVIEW);
  await stage.does(second, 'reads the finding', 'readFindings', { reviewId }, REVIEW);
  await stage.does(
    treasury,
    'shares it with Dogwood; the review stays open',
    'shareFindings',
    { reviewId, expectedRevision: drafted.revision },
    REVIEW,
  );
  const { finding: shared } = await stage.asks(
    treasury,
    'query ($id: ID!) { finding(id: $id) { id revision } }',
    finding,
  );
  await stage.does(dogwood, 'acknowledges the finding', 'acknowledgeFinding', aim(shared), FINDING);
}

async function positionIsVacant(stage: Stage): Promise<void> {
  stage.act('Treasury announces a vacancy that a gap calls for');
  const hr = stage.caller('Treasury HR', 'role=hr-specialist; agency=treasury; subject=specialist-1');
  const manager = stage.caller('Treasury hiring manager', 'role=hiring-manager; agency=treasury; subject=manager-1');
  const planned = await stage.does(
    hr,
    'plans a position for an incident responder',
    'createPosition',
    {
      ...{ title: 'Incident Responder (exercise)', series: '2210', payPlan: 'GS', gradeLow: 12, gradeHigh: 13 },
      ...{ primaryWorkRole: ROLE, talentArea: 'CYBERSECURITY', clearance: 'SECRET', dutyStation: 'Washington, DC' },
      supportsProgram: 'DEFENSE',
    },
    'position { id revision status }',
  );
  const position = await stage.does(
    hr,
    'funds it',
    'fundPosition',
    { ...aim(planned), exceptionReason: 'Exercise.' },
    'position { id revision status }',
  );
  const { hiringGoals } = await stage.asks(
    hr,
    `query ($year: Int!) { hiringGoals(filter: { agency: { eq: "treasury" }, fiscalYear: { eq: $year }, initiative: { isNull: true },
       workRole: { code: { eq: "${ROLE}" } }, status: { eq: ACTIVE } }) { totalCount } }`,
    { year: stage.fiscalYear() },
  );
  if (hiringGoals.totalCount === 0)
    await stage.does(
      hr,
      'sets the goal to hire three incident responders this fiscal year',
      'setHiringGoal',
      { workRole: ROLE, fiscalYear: stage.fiscalYear(), target: 3 },
      'hiringGoal { id revision target gap }',
    );
  const drafted = await stage.does(
    manager,
    'drafts a hiring request',
    'draftHiringRequest',
    { position: position.id, authority: 'COMPETITIVE', hiringManager: 'Chief of incident response' },
    REQUEST,
  );
  const submitted = await stage.does(manager, 'submits it', 'submitHiringRequest', aim(drafted), REQUEST);
  const taken = await stage.does(
    hr,
    'takes it',
    'takeHiringRequest',
    { ...aim(submitted), hrSpecialist: 'HR specialist' },
    REQUEST,
  );
  const ready = await stage.does(
    hr,
    'completes it',
    'readyHiringRequest',
    { ...aim(taken), authority: 'COMPETITIVE', jobAnalysisRef: 'ja/exercise' },
    REQUEST,
  );
  await stage.does(
    hr,
    'publishes an announcement, which accepts applications',
    'publishAnnouncement',
    {
      ...{ controlNumber: `EXO-${stage.run}`, hiringRequests: [ready.id], title: 'Incident Responder (exercise)' },
      ...{ openDate: stage.today(), closeDate: stage.today(14) },
    },
    'announcement { controlNumber status closeDate }',
  );
  await stage.does(
    hr,
    'records that it is authorized to have four incident responders',
    'recordAuthorizedStrength',
    { workRole: ROLE, authorized: 4 },
    'snapshot { id authorized filled vacant }',
  );
}

async function flawIsDue(stage: Stage, ciso: Caller, publish: Publish): Promise<void> {
  stage.act('A flaw is due within two weeks on a system without an AI-powered tool');
  const { catalogEditions } = await stage.asks(
    ciso,
    '{ catalogEditions(filter: { catalog: { eq: KEV } }) { totalCount } }',
  );
  if (catalogEditions.totalCount === 0) {
    const entries = [entry(stage, 5, 'Switchboard', 0)];
    await publish('kev', entries, JSON.stringify(editionOf(stage, entries)));
  }
  const { vulnerabilities } = await stage.asks(
    ciso,
    `query ($from: Date!, $until: Date!) { vulnerabilities(first: 1, orderBy: [{ field: CVE_ID }],
       filter: { kevDueDate: { gte: $from, lte: $until } }) { nodes { cveId } } }`,
    { from: stage.today(1), until: stage.today(13) },
  );
  const [listed] = vulnerabilities.nodes;
  expect(listed, 'a catalog with an entry that is due within two weeks; play it on the day of exercise:protect');
  const registered: Revised = await stage.does(
    ciso,
    'registers a high-impact system',
    'registerSystem',
    { name: `Ledger (exercise ${stage.run})`, impactLevel: 'HIGH', highValueAsset: false, operatedBy: 'AGENCY' },
    SYSTEM,
  );
  await stage.does(
    ciso,
    'records that it supports the financial sector',
    'linkSystem',
    { ...aim(registered), sectors: [SECTOR] },
    SYSTEM,
  );
  const finding = await stage.does(
    ciso,
    'reports a known exploited vulnerability on it',
    'reportFinding',
    {
      system: registered.id,
      vulnerability: listed.cveId,
      detectedAt: stage.inDays(-0.01),
      method: 'authenticated scan',
    },
    'finding { id revision status overdue dueAt dueBasis vulnerability { cveId } triage { id } }',
  );
  await stage.does(
    ciso,
    'plans the remediation, of which a milestone is late',
    'openPoamItem',
    {
      ...{ system: registered.id, title: 'Update the ledger (exercise)', description: 'The update needs a test.' },
      ...{ findings: [finding.id], controls: [], responsibleRole: 'System owner' },
      milestones: [
        { title: 'The update is tested', dueOn: stage.today(-2) },
        { title: 'The update is installed', dueOn: stage.today(10) },
      ],
    },
    'poamItem { id revision status }',
  );
}

async function sectorIsAssessed(stage: Stage, ciso: Caller): Promise<void> {
  stage.act('The risk of a sector rises, and the clearinghouse handles reports');
  for (const [level, days] of [
    ['LOW', -400],
    ['ELEVATED', 0],
  ] as const)
    await stage.does(
      ciso,
      `assesses the risk of the financial sector ${days === 0 ? 'today' : 'as of more than a year ago'}: ${level}`,
      'assessSector',
      { sector: SECTOR, level, asOf: stage.today(days) },
      'sector { key }',
    );
  const clearinghouse = stage.caller('Clearinghouse', 'role=coordinator; agency=treasury; subject=coordinator-3');
  const open = (title: string): Promise<Revised> =>
    stage.does(
      clearinghouse,
      `opens a case: ${title}`,
      'openCase',
      { title: `${title} (exercise ${stage.run})`, source: 'INDUSTRY', priority: 'MEDIUM', sectors: [SECTOR] },
      CASE,
    );
  await open('Flaw in a payment terminal');
  const mistaken = await open('Crash of a test tool');
  const accepted = await stage.does(
    clearinghouse,
    'accepts it, after contacting the vendor',
    'acceptCase',
    { ...aim(mistaken), vendorName: VENDOR, vendorContactedAt: new Date(Date.now() - 60_000).toISOString() },
    CASE,
  );
  await stage.does(
    clearinghouse,
    'finds that it is no flaw',
    'dismissCase',
    { ...aim(accepted), reason: 'The test tool is not deployed (exercise).' },
    CASE,
  );
}

async function printNumbers(stage: Stage, who: Caller): Promise<void> {
  stage.act('The numbers');
  const { executiveOrder, aiUseCases } = await stage.asks(
    who,
    `{ executiveOrder(number: "14409") { submissionMetrics { inWindow filed } reviewMetrics { openReviews }
         workforceMetrics { enteredOnDuty goal }
         provisions(orderBy: [{ field: DUE_ON }]) { nodes { section dueOn doneOn daysLate } } }
       aiUseCases { groups(by: [{ field: AGENCY }]) { nodes { agency { key } aggregates { count } } } } }`,
  );
  const { provisions: duties, ...metrics } = executiveOrder;
  stage.note(JSON.stringify(metrics));
  for (const duty of duties.nodes) stage.note(JSON.stringify(duty));
  stage.note(JSON.stringify(aiUseCases.groups.nodes));
}
