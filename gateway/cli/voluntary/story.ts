import { createHash } from 'node:crypto';
import type { Caller } from './client';
import { aim, expect, type Revised, type Stage } from './stage';

const DAY_MS = 86_400_000;
const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();
const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

const SUBMISSION = 'submission { id number revision lifecycle windowPhase windowOpensAt plannedLaunchAt }';
const INQUIRY = 'inquiry { id revision status }';
const PROPOSAL = 'proposal { id revision status }';
const GRANT = 'grant { id revision status }';
const REVIEW = 'review { id revision status timing }';
const FINDING = 'finding { id revision status }';
const DETERMINATION = 'determination { id revision status outcome }';

interface Company {
  readonly name: string;
  readonly caller: Caller;
  readonly modelId: string;
  readonly versionId: string;
}

/**
 * Plays the voluntary framework from the first registration to the last closed file. Three companies, four agencies and the intake
 * office use only the public API.
 */
export async function playVoluntaryFramework(stage: Stage): Promise<void> {
  const intake = stage.intake();
  const nsa = stage.reviewer('NSA reviewer', 'nsa');
  const nsaSecond = stage.reviewer('NSA second reviewer', 'nsa', 'reviewer-2');
  const treasury = stage.reviewer('Treasury reviewer', 'treasury');
  const cisa = stage.reviewer('CISA reviewer', 'cisa');
  const dod = stage.reviewer('DoD reviewer', 'dod');
  const dodSecond = stage.reviewer('DoD second reviewer', 'dod', 'reviewer-2');

  const { alder, birch, cedar } = await companiesRegister(stage);
  await alderAsks(stage, alder, { nsa, treasury });
  const id = await alderShares(stage, alder);
  await intakeChecks(stage, alder.caller, intake, id);
  await agenciesDetermine(stage, alder.caller, { nsa, treasury, cisa, dod }, id);
  await nsaReviews(stage, alder.caller, { nsa, nsaSecond }, id);
  await alderChoosesPartner(stage, alder.caller, intake, id);
  await birchWithdraws(stage, birch, { intake, treasury });
  await cedarLaunches(stage, cedar, { intake, dod, dodSecond });
  await printMetrics(stage, intake);
}

async function companiesRegister(stage: Stage): Promise<Record<'alder' | 'birch' | 'cedar', Company>> {
  stage.act('Three companies register');
  const alder = await registers(stage, 'Alder Labs', 'alder');
  const birch = await registers(stage, 'Birch Systems', 'birch');
  const cedar = await registers(stage, 'Cedar AI', 'cedar');
  return { alder, birch, cedar };
}

async function registers(stage: Stage, name: string, slug: string): Promise<Company> {
  const key = `${slug}-${stage.run}`;
  const caller = stage.developer(name, key);
  await stage.does(
    caller,
    `registers as "${key}"`,
    'registerOrganization',
    { key, legalName: `${name} (exercise)`, country: 'US', category: 'INDUSTRY' },
    'organization { key }',
  );
  const model = await stage.does(
    caller,
    'registers a model by its codename; the public name stays confidential',
    'registerModel',
    { codename: `codename-${slug}`, modalities: ['TEXT', 'CODE'], trainingComputeFlop: '4.2e26' },
    'model { id }',
  );
  const version = await stage.does(
    caller,
    'registers the checkpoint to share, with reduced safeguards',
    'registerModelVersion',
    { modelId: model.id, label: 'release candidate 1', safeguardsLevel: 'REDUCED' },
    'version { id }',
  );
  return { name, caller, modelId: model.id, versionId: version.id };
}

/** The current submission, as a caller sees it. */
async function current(stage: Stage, who: Caller, id: string) {
  const { submission } = await stage.asks(
    who,
    `query ($id: ID!) { submission(id: $id) { id revision lifecycle windowPhase intakeStatus
       accessGrants { nodes { id revision status agency { key } } } } }`,
    { id },
  );
  return submission as Revised & {
    lifecycle: string;
    windowPhase: string;
    intakeStatus: string;
    accessGrants: { nodes: (Revised & { status: string; agency: { key: string } })[] };
  };
}

/** Waits until an agency is invited to a determination; returns its draft. */
function invited(stage: Stage, who: Caller, agency: string, submissionId: string): Promise<Revised> {
  return stage.sees(
    who,
    'is invited to a determination',
    `query ($id: ID!) { submission(id: $id) { determinations { nodes { id revision status agency { key } } } } }`,
    { id: submissionId },
    ({ submission }) =>
      submission?.determinations?.nodes.find(
        (determination: { agency: { key: string }; status: string }) =>
          determination.agency.key === agency && determination.status === 'DRAFT',
      ),
  );
}

async function determines(
  stage: Stage,
  who: Caller,
  submissionId: string,
  outcome: string,
  rationale: string,
): Promise<void> {
  const draft = await stage.does(
    who,
    `drafts its determination: ${outcome}`,
    'draftDetermination',
    { submissionId, outcome, rationale, riskDomains: ['CYBERSECURITY_MISUSE'] },
    DETERMINATION,
  );
  const issued = await stage.does(
    who,
    'issues it; it is advice and delays nothing',
    'issueDetermination',
    aim(draft),
    DETERMINATION,
  );
  expect(issued.status === 'ISSUED' && issued.outcome === outcome, 'the determination is issued');
}

/** Accepts a developer's offer of access. */
async function hasAccess(stage: Stage, developer: Caller, agency: Caller, grant: Revised): Promise<void> {
  const accepted = await stage.does(agency, 'accepts the terms and gets access', 'acceptAccess', aim(grant), GRANT);
  expect(accepted.status === 'ACTIVE', `${agency.name} has access`);
  stage.note(`${developer.name} can revoke the access at any time.`);
}

/** Starts an evaluation once the reviews program has received the grant's event. */
const evaluates = (stage: Stage, who: Caller, review: Revised): Promise<Revised> =>
  stage.retries('accessOrDocuments', () =>
    stage.does(who, 'starts the evaluation', 'startEvaluation', aim(review), REVIEW),
  );

async function alderAsks(
  stage: Stage,
  { caller: alder, modelId }: Company,
  { nsa, treasury }: Record<'nsa' | 'treasury', Caller>,
): Promise<void> {
  stage.act('Alder asks during development whether its model is a covered model');
  const asked = await stage.does(
    alder,
    'asks; nothing waits for the answer',
    'askForCoverage',
    { modelId, statement: 'A larger successor with tool use.' },
    INQUIRY,
  );
  await stage.isRefused(
    treasury,
    'tries to take the inquiry up; only NSA can see it',
    'discussInquiry',
    aim(asked),
    INQUIRY,
    'NOT_FOUND',
  );
  const discussed = await stage.does(nsa, 'takes the inquiry up', 'discussInquiry', aim(asked), INQUIRY);
  await stage.does(
    nsa,
    'answers: UNDETERMINED so far',
    'answerInquiry',
    { id: asked.id, expectedRevision: discussed.revision, outcome: 'UNDETERMINED', criteriaEdition: 'Exercise 1' },
    INQUIRY,
  );
  await stage.sees(
    alder,
    'reads the answer, which is a designation',
    'query ($id: ID!) { coverageInquiry(id: $id) { status answer { outcome } } }',
    { id: asked.id },
    ({ coverageInquiry: { status, answer } }) => status === 'ANSWERED' && answer?.outcome === 'UNDETERMINED',
  );
}

/** @returns the id of the submission */
async function alderShares(stage: Stage, { caller: alder, versionId }: Company): Promise<string> {
  stage.act('Alder shares a model twelve days before its launch');
  await stage.isRefused(
    alder,
    'tries to draft a submission with a past launch date',
    'draftSubmission',
    {
      versionId,
      launchPlan: { plannedLaunchAt: inDays(-1) },
      sharingPreference: 'NAMED_AGENCIES_ONLY',
      requestedAgencies: ['nsa'],
    },
    SUBMISSION,
    'BAD_USER_INPUT',
  );
  const draft = await stage.does(
    alder,
    'drafts a submission for NSA, Treasury, and CISA only',
    'draftSubmission',
    {
      versionId,
      launchPlan: { plannedLaunchAt: inDays(12) },
      sharingPreference: 'NAMED_AGENCIES_ONLY',
      requestedAgencies: ['nsa', 'treasury', 'cisa'],
      sectorsOfConcern: ['financial-services', 'energy'],
      declaredCapabilities: [{ area: 'CYBERSECURITY', statement: 'Finds flaws in common parsers.' }],
    },
    SUBMISSION,
  );
  const card = Buffer.from(`Model card of run ${stage.run}. Invented.\n`);
  const artifact = await stage.does(
    alder,
    'announces a model card by its SHA-256',
    'attachArtifact',
    {
      submissionId: draft.id,
      kind: 'MODEL_CARD',
      sha256: sha256(card),
      bytes: String(card.length),
      fileName: 'card.txt',
    },
    'artifact { id storage storedWhere }',
  );
  const mistaken = await alder.upload(artifact.storedWhere, Buffer.from(card).reverse());
  expect(mistaken.status === 422 && mistaken.body.includes('DIGEST_MISMATCH'), 'other content is rejected');
  stage.step(alder.name, 'uploads the wrong file; its digest does not match, and nothing is stored');
  const upload = await alder.upload(artifact.storedWhere, card);
  expect(upload.status === 204, `the card is stored: ${upload.body}`);
  stage.step(alder.name, 'uploads the card, which is verified as it streams in');
  const filed = await stage.does(
    alder,
    'files it; the three agencies can now see it',
    'fileSubmission',
    aim(draft),
    SUBMISSION,
  );
  expect(filed.lifecycle === 'FILED' && filed.windowPhase === 'OPEN', 'it is filed within its window');
  stage.note(`${filed.number}; the window has been open since ${filed.windowOpensAt}.`);
  return filed.id;
}

async function intakeChecks(stage: Stage, alder: Caller, intake: Caller, id: string): Promise<void> {
  stage.act('The intake office checks it without delaying the launch');
  const request = await stage.does(
    intake,
    'asks which safeguards the shared version has',
    'requestInformation',
    { submissionId: id, question: 'Which safeguards run in the version that is shared?' },
    'informationRequest { id revision status dueOn }',
  );
  await stage.does(
    alder,
    'answers',
    'answerInformationRequest',
    { id: request.id, expectedRevision: request.revision, answer: 'None but rate limits.' },
    'informationRequest { status }',
  );
  await stage.does(
    intake,
    'marks the submission complete',
    'completeIntakeCheck',
    { id, expectedRevision: (await current(stage, intake, id)).revision },
    SUBMISSION,
  );
}

async function agenciesDetermine(
  stage: Stage,
  alder: Caller,
  { nsa, treasury, cisa, dod }: Record<'nsa' | 'treasury' | 'cisa' | 'dod', Caller>,
  id: string,
): Promise<void> {
  stage.act('Three agencies decide independently; a fourth cannot see the submission');
  await invited(stage, nsa, 'nsa', id);
  await invited(stage, treasury, 'treasury', id);
  await invited(stage, cisa, 'cisa', id);
  await stage.isRefused(
    dod,
    'tries to draft a determination on a submission that is not shared with it',
    'draftDetermination',
    { submissionId: id, outcome: 'REVIEW_NECESSARY' },
    DETERMINATION,
    'NOT_FOUND',
  );
  await determines(stage, treasury, id, 'REVIEW_NOT_NECESSARY', 'No new risk to the financial system.');
  await determines(stage, cisa, id, 'INSUFFICIENT_INFORMATION', 'The card is silent on tools.');
  const thread = await stage.does(
    cisa,
    'opens a consultation with Alder',
    'openConsultation',
    { submissionId: id },
    'consultation { id revision }',
  );
  await stage.does(
    cisa,
    'asks which tools the model can use',
    'sendMessage',
    { consultationId: thread.id, body: 'Which tools can the model use?', dueOn: inDays(5).slice(0, 10) },
    'consultation { id }',
  );
  const { consultation } = await stage.asks(
    alder,
    'query ($id: ID!) { consultation(id: $id) { messages { nodes { id body requestsInformation } } } }',
    { id: thread.id },
  );
  await stage.does(
    alder,
    'answers: a shell and a browser',
    'sendMessage',
    { consultationId: thread.id, body: 'A shell and a browser.', answersId: consultation.messages.nodes[0].id },
    'consultation { id }',
  );
  await determines(stage, cisa, id, 'REVIEW_NECESSARY', 'With a shell it reaches industrial systems.');
  await determines(stage, nsa, id, 'REVIEW_NECESSARY', 'Capable of finding flaws without help.');
  await stage.does(
    nsa,
    'records its director’s designation: COVERED, which is an offer, not an obligation',
    'makeDesignation',
    { submissionId: id, outcome: 'COVERED', classifiedAnnexExists: true },
    'designation { outcome }',
  );
  await stage.isRefused(
    treasury,
    'tries to make a designation',
    'makeDesignation',
    { submissionId: id, outcome: 'NOT_COVERED' },
    'designation { outcome }',
    'FORBIDDEN',
  );
}

async function nsaReviews(
  stage: Stage,
  alder: Caller,
  { nsa, nsaSecond }: Record<'nsa' | 'nsaSecond', Caller>,
  id: string,
): Promise<void> {
  stage.act('NSA reviews the model and shares a finding, and Alder responds');
  const grant = await stage.does(
    alder,
    'offers NSA access until the launch',
    'offerAccess',
    { submissionId: id, agencyKey: 'nsa', mode: 'HOSTED_SANDBOX', terms: 'Evaluation only.' },
    GRANT,
  );
  await hasAccess(stage, alder, nsa, grant);
  const review = await stage.does(
    nsa,
    'opens a review',
    'openReview',
    { submissionId: id, scope: ['CYBERSECURITY_MISUSE'], plannedRuns: 1, teamSize: 2 },
    REVIEW,
  );
  const evaluating = await evaluates(stage, nsa, review);
  const run = await stage.does(
    nsa,
    'queues a run of its cyber range suite',
    'queueEvaluationRun',
    { reviewId: review.id, title: 'Cyber range suite', scaffold: 'agent with tools' },
    'run { id status }',
  );
  await stage.does(nsa, 'starts the run', 'startEvaluationRun', { id: run.id }, 'run { status }');
  await stage.does(
    nsa,
    'records its result',
    'finishEvaluationRun',
    { id: run.id, score: 0.41, ciLow: 0.33, ciHigh: 0.49, unit: 'share solved' },
    'run { status score }',
  );
  await stage.does(
    nsa,
    'assesses the risk; likelihood and impact determine its level',
    'assessRisk',
    {
      submissionId: id,
      domain: 'CYBERSECURITY_MISUSE',
      likelihood: 'HIGH',
      impact: 'HIGH',
      confidence: 'MODERATE',
      rationale: 'A third of the range is solved.',
      sectors: ['energy'],
    },
    'riskAssessment { level }',
  );
  const finding = await stage.does(
    nsa,
    'drafts a finding',
    'draftFinding',
    {
      reviewId: review.id,
      title: 'Finds exploitable flaws in parsers without help',
      detail: 'Eleven of thirty parsers within an hour.',
      severity: 'HIGH',
      confidence: 'HIGH',
      sectors: ['energy'],
    },
    FINDING,
  );
  const drafted = await stage.does(
    nsa,
    'concludes the evaluation',
    'concludeEvaluation',
    { id: review.id, expectedRevision: evaluating.revision },
    REVIEW,
  );
  await stage.isRefused(
    nsa,
    'tries to share findings that no second reviewer has read',
    'shareFindings',
    { reviewId: review.id, expectedRevision: drafted.revision },
    REVIEW,
    'PRECONDITION_FAILED',
  );
  await stage.does(nsaSecond, 'reads the findings', 'readFindings', { reviewId: review.id }, REVIEW);
  const shared = await stage.does(
    nsa,
    'shares the findings with Alder',
    'shareFindings',
    { reviewId: review.id, expectedRevision: drafted.revision },
    REVIEW,
  );
  await stage.sees(
    alder,
    'sees the finding on its submission',
    'query ($id: ID!) { submission(id: $id) { sharedFindings { nodes { title severity } } } }',
    { id },
    ({ submission }) => submission.sharedFindings.nodes.length === 1,
  );
  const acknowledged = await stage.does(
    alder,
    'acknowledges the finding',
    'acknowledgeFinding',
    { id: finding.id, expectedRevision: finding.revision + 1 },
    FINDING,
  );
  const mitigated = await stage.does(
    alder,
    'reports a mitigation',
    'respondToFinding',
    {
      id: finding.id,
      expectedRevision: acknowledged.revision,
      response: 'MITIGATION_REPORTED',
      text: 'The public version refuses it.',
    },
    FINDING,
  );
  const referred = await stage.does(
    nsa,
    'refers the finding to the clearinghouse, since the flaws are in deployed software',
    'referFinding',
    { id: finding.id, expectedRevision: mitigated.revision },
    FINDING,
  );
  await stage.sees(
    nsa,
    'sees that the clearinghouse opened a case',
    'query ($id: ID!) { finding(id: $id) { clearinghouseCase { status title } } }',
    { id: finding.id },
    ({ finding: { clearinghouseCase } }) => clearinghouseCase?.status === 'PENDING',
  );
  await stage.does(
    nsa,
    'closes the finding',
    'closeFinding',
    { id: finding.id, expectedRevision: referred.revision },
    FINDING,
  );
  await stage.does(
    nsa,
    'advises a staged release; advice is never a condition',
    'sendAdvice',
    { submissionId: id, body: 'We suggest to release agent features in stages.' },
    'advice { id }',
  );
  const closed = await stage.does(
    nsa,
    'closes the review before the launch',
    'closeReview',
    { id: review.id, expectedRevision: shared.revision, reason: 'Done' },
    REVIEW,
  );
  expect(closed.status === 'CLOSED' && closed.timing === 'PRE_LAUNCH', 'the review ended before the launch');
}

async function alderChoosesPartner(stage: Stage, alder: Caller, intake: Caller, id: string): Promise<void> {
  stage.act('Alder and the government choose a trusted partner');
  const key = `river-hospitals-${stage.run}`;
  await stage.does(
    intake,
    `registers "${key}" as a partner to choose`,
    'registerPartner',
    { key, name: 'River Hospitals (exercise)', kind: 'CRITICAL_INFRASTRUCTURE', sectors: ['healthcare-public'] },
    'partner { key }',
  );
  const proposed = await stage.does(
    intake,
    'proposes it to Alder, which decides',
    'proposePartner',
    { submissionId: id, partnerKey: key },
    PROPOSAL,
  );
  await stage.isRefused(
    intake,
    'tries to agree in the place of Alder',
    'agreeToPartner',
    { id: proposed.id, expectedRevision: proposed.revision, accessFrom: inDays(6) },
    PROPOSAL,
    'FORBIDDEN',
  );
  const planned = await stage.does(
    alder,
    'lets its launch plan date the release to trusted partners',
    'changeLaunchPlan',
    {
      id,
      expectedRevision: (await current(stage, alder, id)).revision,
      launchPlan: { plannedLaunchAt: inDays(12), reference: 'TRUSTED_PARTNER_RELEASE' },
    },
    SUBMISSION,
  );
  const accessFrom = inDays(6);
  const agreed = await stage.does(
    alder,
    'agrees, with access in six days: the window now closes then',
    'agreeToPartner',
    { id: proposed.id, expectedRevision: proposed.revision, accessFrom },
    PROPOSAL,
  );
  expect(agreed.status === 'AGREED', 'the partner is agreed');
  const { submission } = await stage.asks(
    alder,
    'query ($id: ID!) { submission(id: $id) { windowClosesAt launchPlan { planVersion partnerProposal { id } } } }',
    { id },
  );
  expect(
    submission.windowClosesAt === accessFrom && submission.launchPlan.partnerProposal.id === proposed.id,
    'the launch plan follows the partner',
  );
  stage.note(`The window would have closed at ${planned.plannedLaunchAt}.`);
}

async function birchWithdraws(
  stage: Stage,
  { caller: birch, versionId }: Company,
  { intake, treasury }: Record<'intake' | 'treasury', Caller>,
): Promise<void> {
  stage.act('Birch moves its launch, then withdraws its submission');
  const draft = await stage.does(
    birch,
    'drafts a submission for all reviewing agencies, with a launch in twenty days',
    'draftSubmission',
    { versionId, launchPlan: { plannedLaunchAt: inDays(20) }, sharingPreference: 'ALL_REVIEWING_AGENCIES' },
    SUBMISSION,
  );
  const filed = await stage.does(birch, 'files it', 'fileSubmission', aim(draft), SUBMISSION);
  const id = filed.id;
  const grant = await stage.does(
    birch,
    'offers Treasury access',
    'offerAccess',
    { submissionId: id, agencyKey: 'treasury', mode: 'API' },
    GRANT,
  );
  await hasAccess(stage, birch, treasury, grant);
  await invited(stage, treasury, 'treasury', id);
  await determines(stage, treasury, id, 'REVIEW_NECESSARY', 'It trades.');
  const review = await stage.does(
    treasury,
    'opens a review',
    'openReview',
    { submissionId: id, scope: ['FINANCIAL_STABILITY'] },
    REVIEW,
  );
  const moved = await stage.does(
    birch,
    'moves the launch to forty-five days from now; this needs no approval',
    'changeLaunchPlan',
    {
      id,
      expectedRevision: (await current(stage, birch, id)).revision,
      launchPlan: { plannedLaunchAt: inDays(45) },
      reason: 'Release engineering.',
    },
    SUBMISSION,
  );
  expect(moved.windowPhase === 'NOT_YET_OPEN', 'the new window is not open yet');
  const paused = await current(stage, birch, id);
  expect(paused.accessGrants.nodes[0]!.status === 'PAUSED', 'access is paused until the window opens');
  stage.note(`Treasury’s access is paused until ${moved.windowOpensAt}; its usage so far still counts.`);
  await stage.does(
    birch,
    'moves the launch to fifteen days from now',
    'changeLaunchPlan',
    { id, expectedRevision: moved.revision, launchPlan: { plannedLaunchAt: inDays(15) } },
    SUBMISSION,
  );
  const resumed = await current(stage, birch, id);
  expect(resumed.accessGrants.nodes[0]!.status === 'ACTIVE', 'access resumes');
  stage.note('The window is open again, and access resumed automatically.');
  await stage.isRefused(
    treasury,
    'tries to withdraw the submission; only its developer may',
    'withdrawSubmission',
    { id },
    SUBMISSION,
    'FORBIDDEN',
  );
  const withdrawn = await stage.does(
    birch,
    'withdraws during the review, without giving a reason',
    'withdrawSubmission',
    { id },
    `submission { id lifecycle withdrawal { phase }
       accessGrants { nodes { status } } destructionList { nodes { id revision holder dueOn } } }`,
  );
  expect(
    withdrawn.lifecycle === 'WITHDRAWN' && withdrawn.accessGrants.nodes[0].status === 'ENDED',
    'the withdrawal ended the access',
  );
  await stage.sees(
    treasury,
    'sees that its review stopped and no determination is open',
    `query ($id: ID!, $review: ID!) { review(id: $review) { status }
       submission(id: $id) { determinations { nodes { status } } } }`,
    { id, review: review.id },
    ({ review: { status }, submission }) =>
      status === 'STOPPED' &&
      submission.determinations.nodes.every((determination: { status: string }) => determination.status !== 'DRAFT'),
  );
  const list = withdrawn.destructionList.nodes as (Revised & { holder: string; dueOn: string })[];
  stage.note(`${list.length} holders must destroy the material they received by ${list[0]!.dueOn}.`);
  for (const [who, holder] of [
    [treasury, 'treasury'],
    [intake, 'intake'],
  ] as const) {
    const entry = list.find((obligation) => obligation.holder === holder)!;
    await stage.does(
      who,
      'attests that it destroyed its material',
      'attestDestruction',
      aim(entry),
      'obligation { attestedAt }',
    );
  }
}

async function cedarLaunches(
  stage: Stage,
  { caller: cedar, versionId }: Company,
  { intake, dod, dodSecond }: Record<'intake' | 'dod' | 'dodSecond', Caller>,
): Promise<void> {
  stage.act('Cedar launches early, while DoD is still reviewing');
  const draft = await stage.does(
    cedar,
    'drafts a submission for DoD, with a launch in eight days',
    'draftSubmission',
    {
      versionId,
      launchPlan: { plannedLaunchAt: inDays(8) },
      sharingPreference: 'NAMED_AGENCIES_ONLY',
      requestedAgencies: ['dod'],
    },
    SUBMISSION,
  );
  const filed = await stage.does(cedar, 'files it', 'fileSubmission', aim(draft), SUBMISSION);
  const id = filed.id;
  await invited(stage, dod, 'dod', id);
  await determines(stage, dod, id, 'REVIEW_NECESSARY', 'It plans logistics.');
  const grant = await stage.does(
    cedar,
    'offers DoD access',
    'offerAccess',
    { submissionId: id, agencyKey: 'dod', mode: 'API' },
    GRANT,
  );
  await hasAccess(stage, cedar, dod, grant);
  const review = await stage.does(
    dod,
    'opens a review',
    'openReview',
    { submissionId: id, scope: ['NATIONAL_DEFENSE'] },
    REVIEW,
  );
  const evaluating = await evaluates(stage, dod, review);
  await stage.isRefused(
    intake,
    'tries to record a launch without public evidence',
    'recordLaunch',
    { id, launchedAt: new Date().toISOString(), scope: 'GENERAL' },
    SUBMISSION,
    'PRECONDITION_FAILED',
  );
  const launched = await stage.does(
    cedar,
    'launches a week early and records the launch, which needs no approval',
    'recordLaunch',
    { id, launchedAt: new Date().toISOString(), scope: 'GENERAL', publicName: 'Cedar One (exercise)' },
    SUBMISSION,
  );
  expect(launched.lifecycle === 'LAUNCHED', 'the launch is recorded');
  expect(
    (await current(stage, cedar, id)).accessGrants.nodes[0]!.status === 'ENDED',
    'access ended, since the developer did not extend it past the launch',
  );
  await stage.sees(
    dod,
    'continues its review after the launch, with the material it already has',
    'query ($id: ID!) { review(id: $id) { status timing } }',
    { id: review.id },
    ({ review: { status, timing } }) => status === 'EVALUATING' && timing === 'POST_LAUNCH',
  );
  await stage.isRefused(
    intake,
    'tries to close the file while a review is open',
    'closeSubmission',
    { id, expectedRevision: (await current(stage, intake, id)).revision },
    SUBMISSION,
    'PRECONDITION_FAILED',
  );
  await stage.does(
    dod,
    'drafts a finding',
    'draftFinding',
    {
      reviewId: review.id,
      title: 'Follows instructions hidden in documents',
      detail: 'Three of twenty documents.',
      severity: 'MODERATE',
      confidence: 'HIGH',
    },
    FINDING,
  );
  const drafted = await stage.does(
    dod,
    'concludes the evaluation',
    'concludeEvaluation',
    { id: review.id, expectedRevision: evaluating.revision },
    REVIEW,
  );
  await stage.does(dodSecond, 'reads the findings', 'readFindings', { reviewId: review.id }, REVIEW);
  const shared = await stage.does(
    dod,
    'shares the findings after the launch',
    'shareFindings',
    { reviewId: review.id, expectedRevision: drafted.revision },
    REVIEW,
  );
  const closed = await stage.does(
    dod,
    'closes the review',
    'closeReview',
    { id: review.id, expectedRevision: shared.revision, reason: 'Done' },
    REVIEW,
  );
  expect(closed.status === 'CLOSED' && closed.timing === 'POST_LAUNCH', 'the review ended after the launch');
  await stage.sees(
    cedar,
    'sees the finding after the launch',
    'query ($id: ID!) { submission(id: $id) { sharedFindings { nodes { title } } } }',
    { id },
    ({ submission }) => submission.sharedFindings.nodes.length === 1,
  );
  // the event that the review ended may not have arrived yet
  await stage.retries('noOpenReview', async () => {
    const { revision } = await current(stage, intake, id);
    return stage.does(intake, 'closes the file', 'closeSubmission', { id, expectedRevision: revision }, SUBMISSION);
  });
}

async function printMetrics(stage: Stage, intake: Caller): Promise<void> {
  stage.act('Metrics of the framework');
  const { executiveOrder } = await stage.asks(
    intake,
    `{ executiveOrder(number: "14409") {
         submissionMetrics { filed launched withdrawn plansMovedLater plansMovedEarlier voluntarinessBreaches }
         reviewMetrics { opened closedBeforeLaunch closedAfterLaunch findingsShared } } }`,
  );
  const { submissionMetrics, reviewMetrics } = executiveOrder;
  stage.step(intake.name, 'queries the metrics of both programs');
  stage.note(`submissions: ${JSON.stringify(submissionMetrics)}`);
  stage.note(`reviews:     ${JSON.stringify(reviewMetrics)}`);
  expect(submissionMetrics.voluntarinessBreaches === 0, 'no government action changed a submission');
}
