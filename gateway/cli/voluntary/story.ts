import { createHash } from 'node:crypto';
import type { Caller } from './client';
import { expect, type Stage } from './stage';

const DAY_MS = 86_400_000;
const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();
const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

const SUBMISSION = 'submission { id number revision lifecycle windowPhase windowOpensAt plannedLaunchAt }';
const GRANT = 'grant { id revision status }';
const REVIEW = 'review { id revision status timing }';
const FINDING = 'finding { id revision status }';
const DETERMINATION = 'determination { id revision status outcome }';

interface Versioned {
  readonly id: string;
  readonly revision: number;
}

interface Company {
  readonly name: string;
  readonly caller: Caller;
  readonly versionId: string;
}

/**
 * The voluntary framework from the first registration to the last closed file: three companies, four agencies and the intake
 * office, over the public API alone.
 */
export async function playVoluntaryFramework(stage: Stage): Promise<void> {
  const intake = stage.intake();
  const nsa = stage.reviewer('NSA reviewer', 'nsa');
  const nsaSecond = stage.reviewer('NSA second reviewer', 'nsa', 'reviewer-2');
  const treasury = stage.reviewer('Treasury reviewer', 'treasury');
  const cisa = stage.reviewer('CISA reviewer', 'cisa');
  const dod = stage.reviewer('DoD reviewer', 'dod');
  const dodSecond = stage.reviewer('DoD second reviewer', 'dod', 'reviewer-2');

  stage.act('Three companies introduce themselves');
  const alder = await introduce(stage, 'Alder Labs', 'alder');
  const birch = await introduce(stage, 'Birch Systems', 'birch');
  const cedar = await introduce(stage, 'Cedar AI', 'cedar');

  await alderIsReviewed(stage, alder, { intake, nsa, nsaSecond, treasury, cisa, dod });
  await birchWithdraws(stage, birch, { intake, treasury });
  await cedarLaunches(stage, cedar, { intake, dod, dodSecond });
  await theFigures(stage, intake);
}

async function introduce(stage: Stage, name: string, slug: string): Promise<Company> {
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
    'registers a model by its codename; its public name stays its own',
    'registerModel',
    { codename: `codename-${slug}`, modalities: ['TEXT', 'CODE'], trainingComputeFlop: '4.2e26' },
    'model { id }',
  );
  const version = await stage.does(
    caller,
    'registers the checkpoint it wants to share, with reduced safeguards',
    'registerModelVersion',
    { modelId: model.id, label: 'release candidate 1', safeguardsLevel: 'REDUCED' },
    'version { id }',
  );
  return { name, caller, versionId: version.id };
}

/** The submission as a caller sees it now. */
async function current(stage: Stage, who: Caller, id: string) {
  const { submission } = await stage.asks(
    who,
    `query ($id: ID!) { submission(id: $id) { id revision lifecycle windowPhase intakeStatus
       accessGrants { nodes { id revision status agency { key } } } } }`,
    { id },
  );
  return submission as Versioned & {
    lifecycle: string;
    windowPhase: string;
    intakeStatus: string;
    accessGrants: { nodes: (Versioned & { status: string; agency: { key: string } })[] };
  };
}

/** Waits until an agency has been invited to a determination, and returns its draft. */
function invited(stage: Stage, who: Caller, agency: string, submissionId: string): Promise<Versioned> {
  return stage.sees(
    who,
    'is invited to a determination',
    `query ($id: ID!) { submission(id: $id) { determinations { nodes { id revision status agency { key } } } } }`,
    { id: submissionId },
    ({ submission }) =>
      submission?.determinations?.nodes.find(
        (one: { agency: { key: string }; status: string }) => one.agency.key === agency && one.status === 'DRAFT',
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
    'issues it; it advises, nothing waits for it',
    'issueDetermination',
    { id: draft.id, expectedRevision: draft.revision },
    DETERMINATION,
  );
  expect(issued.status === 'ISSUED' && issued.outcome === outcome, 'the determination is issued');
}

/** Waits until the agencies' side knows that an agency has access. */
async function hasAccess(stage: Stage, developer: Caller, agency: Caller, grant: Versioned): Promise<void> {
  const accepted = await stage.does(
    agency,
    'accepts the terms: it has access',
    'acceptAccess',
    { id: grant.id, expectedRevision: grant.revision },
    GRANT,
  );
  expect(accepted.status === 'ACTIVE', `${agency.name} has access`);
  stage.tell(`${developer.name} granted it, and can take it back at any time.`);
}

/** Starts evaluating as soon as the agencies' side has heard of the access. */
async function evaluates(stage: Stage, who: Caller, review: Versioned): Promise<Versioned> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await stage.does(
        who,
        'begins to evaluate',
        'startEvaluation',
        { id: review.id, expectedRevision: review.revision },
        REVIEW,
      );
    } catch (error) {
      // the grant's event may still be on its way
      if (attempt === 300 || !String(error).includes('accessOrDocuments')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function alderIsReviewed(
  stage: Stage,
  { caller: alder, versionId }: Company,
  callers: Record<'intake' | 'nsa' | 'nsaSecond' | 'treasury' | 'cisa' | 'dod', Caller>,
): Promise<void> {
  const { intake, nsa, nsaSecond, treasury, cisa, dod } = callers;
  stage.act('Alder shares a model twelve days before its launch');
  await stage.isRefused(
    alder,
    'tries to draft with a launch that has passed',
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
    'drafts a submission for NSA, Treasury and CISA only',
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
  const wrong = await alder.upload(artifact.storedWhere, Buffer.from(card).reverse());
  expect(wrong.status === 422 && wrong.said.includes('DIGEST_MISMATCH'), 'another content is refused');
  stage.step(alder.name, 'uploads another file by mistake; its digest gives it away and nothing is kept');
  const right = await alder.upload(artifact.storedWhere, card);
  expect(right.status === 204, `the card is stored: ${right.said}`);
  stage.step(alder.name, 'uploads the card; it is verified while it streams in');
  const filed = await stage.does(
    alder,
    'files it: from now on the three agencies see it',
    'fileSubmission',
    { id: draft.id, expectedRevision: draft.revision },
    SUBMISSION,
  );
  expect(filed.lifecycle === 'FILED' && filed.windowPhase === 'OPEN', 'it is filed inside its window');
  stage.tell(`${filed.number}; the window has been open since ${filed.windowOpensAt}.`);
  const id = filed.id;

  stage.act('The intake office looks at it, and stops no clock');
  const request = await stage.does(
    intake,
    'asks which safeguards run in the version that is shared',
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
    'finds the submission complete',
    'completeIntakeCheck',
    { id, expectedRevision: (await current(stage, intake, id)).revision },
    SUBMISSION,
  );

  stage.act('Three agencies decide each for itself; the fourth does not know of it');
  await invited(stage, nsa, 'nsa', id);
  await invited(stage, treasury, 'treasury', id);
  await invited(stage, cisa, 'cisa', id);
  await stage.isRefused(
    dod,
    'tries to draft a determination of a submission that is not shared with it',
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
    'records the designation of its director: COVERED, an offer and no duty',
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

  stage.act('NSA reviews, shares what it found, and Alder answers');
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
    'plans a run of its cyber range suite',
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
    'assesses the risk; its level follows from likelihood and impact',
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
    'writes a finding down',
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
    'ends the evaluation',
    'concludeEvaluation',
    { id: review.id, expectedRevision: evaluating.revision },
    REVIEW,
  );
  await stage.isRefused(
    nsa,
    'tries to share findings that nobody else has read',
    'shareFindings',
    { reviewId: review.id, expectedRevision: drafted.revision },
    REVIEW,
    'PRECONDITION_FAILED',
  );
  await stage.does(nsaSecond, 'reads the findings', 'readFindings', { reviewId: review.id }, REVIEW);
  const shared = await stage.does(
    nsa,
    'shares them with Alder',
    'shareFindings',
    { reviewId: review.id, expectedRevision: drafted.revision },
    REVIEW,
  );
  await stage.sees(
    alder,
    'sees the finding in its file',
    'query ($id: ID!) { submission(id: $id) { sharedFindings { nodes { title severity } } } }',
    { id },
    ({ submission }) => submission.sharedFindings.nodes.length === 1,
  );
  const acknowledged = await stage.does(
    alder,
    'acknowledges it',
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
    'refers the finding to the clearinghouse: the flaws are in deployed software',
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
    'advises a staged release. Advice, never a condition',
    'sendAdvice',
    { submissionId: id, body: 'We suggest to release agent features in stages.' },
    'advice { id }',
  );
  const closed = await stage.does(
    nsa,
    'closes the review, before the launch',
    'closeReview',
    { id: review.id, expectedRevision: shared.revision, reason: 'Done' },
    REVIEW,
  );
  expect(closed.status === 'CLOSED' && closed.timing === 'PRE_LAUNCH', 'the review ended before the launch');
}

async function birchWithdraws(
  stage: Stage,
  { caller: birch, versionId }: Company,
  { intake, treasury }: Record<'intake' | 'treasury', Caller>,
): Promise<void> {
  stage.act('Birch moves its launch, and then takes its submission back');
  const draft = await stage.does(
    birch,
    'drafts a submission for all reviewing agencies, launch in twenty days',
    'draftSubmission',
    { versionId, launchPlan: { plannedLaunchAt: inDays(20) }, sharingPreference: 'ALL_REVIEWING_AGENCIES' },
    SUBMISSION,
  );
  const filed = await stage.does(
    birch,
    'files it',
    'fileSubmission',
    { id: draft.id, expectedRevision: draft.revision },
    SUBMISSION,
  );
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
    'moves the launch to forty-five days from now; nobody has to agree',
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
  expect(paused.accessGrants.nodes[0]!.status === 'PAUSED', 'access rests until the window opens');
  stage.tell(`Treasury’s access rests until ${moved.windowOpensAt}; what it has used stays counted.`);
  await stage.does(
    birch,
    'moves the launch again, to fifteen days from now',
    'changeLaunchPlan',
    { id, expectedRevision: moved.revision, launchPlan: { plannedLaunchAt: inDays(15) } },
    SUBMISSION,
  );
  const resumed = await current(stage, birch, id);
  expect(resumed.accessGrants.nodes[0]!.status === 'ACTIVE', 'access goes on');
  stage.tell('The window is open again, and access goes on by itself.');
  await stage.isRefused(
    treasury,
    'cannot keep Birch from withdrawing; it has no mutation that would move a submission',
    'withdrawSubmission',
    { id },
    SUBMISSION,
    'FORBIDDEN',
  );
  const withdrawn = await stage.does(
    birch,
    'withdraws, in the middle of the review and without a reason',
    'withdrawSubmission',
    { id },
    `submission { id lifecycle withdrawal { phase }
       accessGrants { nodes { status } } destructionList { nodes { id revision holder dueOn } } }`,
  );
  expect(
    withdrawn.lifecycle === 'WITHDRAWN' && withdrawn.accessGrants.nodes[0].status === 'ENDED',
    'access has ended with the withdrawal',
  );
  await stage.sees(
    treasury,
    'sees its review stopped and all open determinations ended',
    `query ($id: ID!, $review: ID!) { review(id: $review) { status }
       submission(id: $id) { determinations { nodes { status } } } }`,
    { id, review: review.id },
    ({ review: { status }, submission }) =>
      status === 'STOPPED' &&
      submission.determinations.nodes.every((one: { status: string }) => one.status !== 'DRAFT'),
  );
  const list = withdrawn.destructionList.nodes as (Versioned & { holder: string; dueOn: string })[];
  stage.tell(`${list.length} holders are to destroy what they hold by ${list[0]!.dueOn}.`);
  for (const [who, holder] of [
    [treasury, 'treasury'],
    [intake, 'intake'],
  ] as const) {
    const entry = list.find((one) => one.holder === holder)!;
    await stage.does(
      who,
      'attests that it destroyed what it held',
      'attestDestruction',
      { id: entry.id, expectedRevision: entry.revision },
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
    'drafts a submission for DoD, launch in eight days',
    'draftSubmission',
    {
      versionId,
      launchPlan: { plannedLaunchAt: inDays(8) },
      sharingPreference: 'NAMED_AGENCIES_ONLY',
      requestedAgencies: ['dod'],
    },
    SUBMISSION,
  );
  const filed = await stage.does(
    cedar,
    'files it',
    'fileSubmission',
    { id: draft.id, expectedRevision: draft.revision },
    SUBMISSION,
  );
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
    'launches a week early and records it: a fact, not a request',
    'recordLaunch',
    { id, launchedAt: new Date().toISOString(), scope: 'GENERAL', publicName: 'Cedar One (exercise)' },
    SUBMISSION,
  );
  expect(launched.lifecycle === 'LAUNCHED', 'the launch is recorded');
  expect(
    (await current(stage, cedar, id)).accessGrants.nodes[0]!.status === 'ENDED',
    'access without consent beyond the launch has ended',
  );
  await stage.sees(
    dod,
    'goes on with its review after the launch, on what it has in hand',
    'query ($id: ID!) { review(id: $id) { status timing } }',
    { id: review.id },
    ({ review: { status, timing } }) => status === 'EVALUATING' && timing === 'POST_LAUNCH',
  );
  await stage.isRefused(
    intake,
    'finds that the file is not closed while a review is open',
    'closeSubmission',
    { id, expectedRevision: (await current(stage, intake, id)).revision },
    SUBMISSION,
    'PRECONDITION_FAILED',
  );
  await stage.does(
    dod,
    'writes a finding down',
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
    'ends the evaluation',
    'concludeEvaluation',
    { id: review.id, expectedRevision: evaluating.revision },
    REVIEW,
  );
  await stage.does(dodSecond, 'reads the findings', 'readFindings', { reviewId: review.id }, REVIEW);
  const shared = await stage.does(
    dod,
    'shares them, after the launch',
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
    'sees the finding, launched or not',
    'query ($id: ID!) { submission(id: $id) { sharedFindings { nodes { title } } } }',
    { id },
    ({ submission }) => submission.sharedFindings.nodes.length === 1,
  );
  for (let attempt = 0; ; attempt += 1) {
    try {
      const { revision } = await current(stage, intake, id);
      await stage.does(intake, 'closes the file', 'closeSubmission', { id, expectedRevision: revision }, SUBMISSION);
      break;
    } catch (error) {
      // that the review has ended may still be on its way
      if (attempt === 300 || !String(error).includes('noOpenReview')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function theFigures(stage: Stage, intake: Caller): Promise<void> {
  stage.act('What the graph says of it');
  const { executiveOrder } = await stage.asks(
    intake,
    `{ executiveOrder(number: "14409") {
         submissionMetrics { filed launched withdrawn plansMovedLater plansMovedEarlier voluntarinessBreaches }
         reviewMetrics { opened closedBeforeLaunch closedAfterLaunch findingsShared } } }`,
  );
  const { submissionMetrics, reviewMetrics } = executiveOrder;
  stage.step(intake.name, 'asks for the figures of both programs');
  stage.tell(`submissions: ${JSON.stringify(submissionMetrics)}`);
  stage.tell(`reviews:     ${JSON.stringify(reviewMetrics)}`);
  expect(submissionMetrics.voluntarinessBreaches === 0, 'nothing the government did moved a submission');
}
