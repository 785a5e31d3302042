import type { Caller } from '../voluntary/client';
import { expect, type Revised, type Stage } from '../voluntary/stage';
import { Office } from './office';

/** Outcome of the NIST framework to which incident response contributes. */
const OUTCOME = 'RS.MA';
/** Work role "Incident Response". */
const ROLE = '531';

interface Offices {
  readonly nsa: Office;
  readonly treasury: Office;
}

/** What the two offices hire with: their requests, and the certificate that NSA shares. */
interface Shared {
  readonly requests: readonly Revised[];
  readonly certificate: Revised;
}

/**
 * Plays the hiring of incident responders from the gap that calls for them to the day they enter on duty. Two agencies use only the public
 * API.
 */
export async function playHiring(stage: Stage): Promise<void> {
  const nsa = new Office(stage, 'NSA', 'nsa');
  const treasury = new Office(stage, 'Treasury', 'treasury');
  const ciso = stage.caller('NSA security officer', 'role=infrastructure-officer; agency=nsa; subject=officer-1');
  await gapIsRecorded(stage, ciso);
  await gapIsSeen(stage, nsa.hr);
  const before = await numbers(stage, nsa.hr);
  const goal = await goalIsSet(stage, nsa);
  const requests = await needsAreValidated(stage, nsa);
  const controlNumber = await jobIsAnnounced(stage, nsa, requests);
  await candidatesApply(stage, nsa, controlNumber);
  const shared = await certificateIsShared(stage, { nsa, treasury }, requests, controlNumber);
  await nsaHires(stage, nsa, shared);
  await treasuryHires(stage, treasury);
  await certificateReturns(stage, nsa, shared.certificate);
  await dataAreErased(stage, nsa);
  await printNumbers(stage, nsa.hr, before, goal);
  await hireLeaves(stage, treasury);
}

async function gapIsRecorded(stage: Stage, ciso: Caller): Promise<void> {
  stage.act('A gap calls for incident responders');
  const { agency } = await stage.asks(
    ciso,
    `query ($outcome: ID!) { agency(key: "nsa") { capabilityAssessments(
       filter: { dimension: { code: { eq: $outcome } }, current: { eq: true } }) { nodes { assessedOn } } } }`,
    { outcome: OUTCOME },
  );
  const today = stage.today();
  if (agency.capabilityAssessments.nodes[0]?.assessedOn === today)
    return stage.note(`NSA was assessed against ${OUTCOME} today already, by an earlier run.`);
  await stage.does(
    ciso,
    `records that its capability ${OUTCOME}, incident management, is at tier 2, below the target of 4`,
    'recordAssessment',
    { dimension: OUTCOME, tier: 2, target: 4, assessedOn: today, assessor: 'Self-assessment (exercise)' },
    'assessment { id belowTarget }',
  );
}

/** The gap reaches the workforce program by an event. */
async function gapIsSeen(stage: Stage, hr: Caller): Promise<void> {
  await stage.sees(
    hr,
    'sees the gap at the staffing of its incident responders',
    `query ($id: ID!) { node(id: $id) { ... on AgencyWorkRole { capabilityGaps { dimension { code } } } } }`,
    { id: `AgencyWorkRole:nsa:${ROLE}` },
    ({ node }) =>
      node.capabilityGaps?.some(({ dimension }: { dimension: { code: string } }) => dimension.code === OUTCOME),
  );
}

/** Figures that questions about hiring ask for. */
interface Numbers {
  readonly enteredOnDuty: number;
  readonly staffing: readonly { readonly agency: string; readonly filled: number; readonly vacancies: number }[];
}

async function numbers(stage: Stage, who: Caller): Promise<Numbers> {
  const { executiveOrder, nsa, treasury } = await stage.asks(
    who,
    `query ($nsa: ID!, $treasury: ID!) { executiveOrder(number: "14409") { workforceMetrics { enteredOnDuty } }
       nsa: node(id: $nsa) { ... on AgencyWorkRole { filled vacancies } }
       treasury: node(id: $treasury) { ... on AgencyWorkRole { filled vacancies } } }`,
    { nsa: `AgencyWorkRole:nsa:${ROLE}`, treasury: `AgencyWorkRole:treasury:${ROLE}` },
  );
  stage.step(who.name, 'asks how many incident responders NSA and Treasury have');
  const staffing = [
    { agency: 'NSA', ...nsa },
    { agency: 'Treasury', ...treasury },
  ];
  for (const { agency, filled, vacancies } of staffing)
    stage.note(`${agency.padEnd(10)} ${filled} filled, ${vacancies} vacant`);
  const { enteredOnDuty } = executiveOrder.workforceMetrics;
  stage.note(`All agencies: ${enteredOnDuty} people entered on duty this fiscal year`);
  return { enteredOnDuty, staffing };
}

async function goalIsSet(stage: Stage, { hr }: Office): Promise<Revised> {
  stage.act('NSA sets a goal, funds the positions, and validates the need');
  return stage.does(
    hr,
    'sets the goal to hire two incident responders this fiscal year, under an initiative',
    'setHiringGoal',
    { workRole: ROLE, fiscalYear: stage.fiscalYear(), target: 2, initiative: `Exercise ${stage.run}` },
    'hiringGoal { id revision target gap }',
  );
}

async function needsAreValidated(stage: Stage, nsa: Office): Promise<Revised[]> {
  const positions = await nsa.fundedPositions(2);
  const requests: Revised[] = [];
  for (const position of positions) requests.push(await nsa.submittedRequest(position));
  const taken = await nsa.takes(requests[0]!);
  const returned = await stage.does(
    nsa.hr,
    'returns the first request: the duties are unclear. The time to hire runs on',
    'returnHiringRequest',
    { id: taken.id, expectedRevision: taken.revision, reason: 'The duties are unclear.' },
    'hiringRequest { id revision status needValidatedAt }',
  );
  expect(returned.status === 'DRAFT' && returned.needValidatedAt !== null, 'the need stays validated');
  const again = await nsa.submits(returned);
  return [await nsa.readies(await nsa.takes(again)), await nsa.readies(await nsa.takes(requests[1]!))];
}

const controlNumberOf = ({ run }: Stage): string => `EXH-${run}`;

async function jobIsAnnounced(stage: Stage, nsa: Office, requests: readonly Revised[]): Promise<string> {
  stage.act('One announcement serves both requests');
  const controlNumber = controlNumberOf(stage);
  const today = stage.today();
  const announcement = await stage.does(
    nsa.hr,
    `publishes announcement ${controlNumber} for two openings`,
    'publishAnnouncement',
    {
      controlNumber,
      hiringRequests: requests.map(({ id }) => id),
      title: 'Incident Responder (exercise)',
      openDate: today,
      closeDate: stage.today(14),
      openings: '2',
    },
    'announcement { controlNumber status hiringRequests { status } }',
  );
  expect(
    announcement.hiringRequests.every(({ status }: { status: string }) => status === 'ANNOUNCED'),
    'both requests are announced',
  );
  return controlNumber;
}

/** Invented people. Their data are encrypted in the database. */
const PEOPLE = ['Ada', 'Ben', 'Cleo', 'Dan', 'Eve'];

async function candidatesApply(stage: Stage, { hr, hrSecond }: Office, controlNumber: string): Promise<void> {
  const candidates = await stage.doesAll(
    hr,
    'records five people who apply; their names and contacts are encrypted',
    'recordCandidates',
    PEOPLE.map((name) => ({ name: `${name} (exercise)`, email: `${name.toLowerCase()}@example.org` })),
    'candidate { id }',
  );
  const submittedAt = new Date().toISOString();
  const applications = await stage.doesAll(
    hr,
    'records their applications',
    'recordApplications',
    candidates.map(({ id }) => ({ controlNumber, candidate: id, submittedAt })),
    'application { id revision }',
  );
  const rated = await stage.doesAll(
    hr,
    'rates four as eligible, and one as ineligible for an incomplete application',
    'rateApplications',
    applications.map(({ id, revision }, place) => ({
      ...{ id, expectedRevision: revision },
      ...(place === 4
        ? { rating: 'INELIGIBLE', reason: 'INCOMPLETE' }
        : { rating: 'ELIGIBLE', assessmentScore: 95 - place }),
    })),
    'application { id revision status }',
  );
  const ineligible = { id: rated[4]!.id, expectedRevision: rated[4]!.revision, reason: 'The document arrived.' };
  await stage.isRefused(
    hr,
    'tries to reconsider it alone; a second specialist has to',
    'reconsiderApplication',
    ineligible,
    'application { id }',
    'PRECONDITION_FAILED',
  );
  const reconsidered = await stage.does(
    hrSecond,
    'reconsiders it, and finds the candidate eligible',
    'reconsiderApplication',
    ineligible,
    'application { status }',
  );
  expect(reconsidered.status === 'ELIGIBLE', 'the candidate is eligible');
}

async function certificateIsShared(
  stage: Stage,
  { nsa, treasury }: Offices,
  requests: readonly Revised[],
  controlNumber: string,
): Promise<Shared> {
  stage.act('NSA issues a certificate, and shares it with Treasury');
  await nsa.closesAnnouncement(controlNumber);
  const issued = await nsa.issuesCertificate(requests[0]!, controlNumber);
  const [position] = await treasury.fundedPositions(1);
  const theirs = await treasury.readies(await treasury.takes(await treasury.submittedRequest(position!)));
  const shared = await stage.does(
    nsa.hr,
    'shares the certificate with Treasury, for its request of the same series and grade',
    'shareCertificate',
    { id: issued.id, expectedRevision: issued.revision, hiringRequest: theirs.id },
    'certificate { id revision status }',
  );
  treasury.request = theirs;
  return { requests, certificate: await nsa.opensCertificate(shared) };
}

async function nsaHires(stage: Stage, nsa: Office, { requests, certificate }: Shared): Promise<void> {
  stage.act('NSA makes two offers, and rescinds one');
  const names = await nsa.namesOn(certificate.id);
  stage.note(`The hiring manager sees ${names.map(({ candidate }) => candidate.name).join(', ')}.`);
  const [first, second, third] = names;
  await nsa.interviews(first!);
  const ada = await nsa.selects(first!, certificate);
  const ben = await nsa.selects(second!, certificate);
  await stage.isRefused(
    nsa.manager,
    'tries to select a third; there are two openings',
    'selectCandidate',
    { id: third!.id, expectedRevision: third!.revision, certificate: certificate.id },
    'application { id }',
    'PRECONDITION_FAILED',
  );
  const offered = await nsa.offers(ben);
  await stage.does(
    nsa.hr,
    'rescinds the offer to the second after the background investigation; the request is free again',
    'rescindOffer',
    { id: offered.id, expectedRevision: offered.revision, reason: 'INVESTIGATION' },
    'application { status }',
  );
  await nsa.entersOnDuty(await nsa.finalOffer(await nsa.offers(ada)));
  const states = await Promise.all(requests.map(({ id }) => nsa.requestStatus(id)));
  expect(states.sort().join() === 'ANNOUNCED,FILLED', 'one request is filled, and one open');
}

async function treasuryHires(stage: Stage, treasury: Office): Promise<void> {
  stage.act('Treasury hires from the shared certificate, without an announcement');
  const { id, revision } = await treasury.receivedCertificate();
  const certificate = await treasury.opensCertificate({ id, revision });
  const names = await treasury.namesOn(certificate.id);
  stage.note(`Treasury sees ${names.map(({ candidate }) => candidate.name).join(', ')}.`);
  const cleo = await treasury.selects(names.find(({ candidate }) => candidate.name.startsWith('Cleo'))!, certificate);
  const accepted = await treasury.offers(cleo, 'an earlier investigation that it recognizes');
  await treasury.entersOnDuty(accepted);
  expect((await treasury.requestStatus(treasury.request!.id)) === 'FILLED', 'the request of Treasury is filled');
  await treasury.returnsCertificate(certificate);
}

async function certificateReturns(stage: Stage, nsa: Office, certificate: Revised): Promise<void> {
  stage.act('NSA returns its certificate');
  const names = await nsa.namesOn(certificate.id);
  const cleo = names.find(({ candidate }) => candidate.name.startsWith('Cleo'));
  expect(cleo?.status === 'NOT_SELECTED', 'NSA sees that another agency hired a candidate, but not which one');
  stage.note('To NSA, Cleo was hired elsewhere; it does not see where.');
  const returned = await nsa.returnsCertificate(certificate);
  await stage.does(
    nsa.hr,
    'audits it',
    'auditCertificate',
    { id: returned.id, expectedRevision: returned.revision },
    'certificate { status }',
  );
}

/** A records officer ends the retention of one candidate. The counts stay. */
async function dataAreErased(stage: Stage, nsa: Office): Promise<void> {
  stage.act('A records officer lets the data of a candidate be erased');
  const officer = stage.caller('NSA records officer', 'role=records-officer; agency=nsa; subject=officer-1');
  const { applications } = await stage.asks(
    officer,
    `query ($number: ID!) { applications(first: 100, filter: {
       announcement: { controlNumber: { eq: $number } }, status: { eq: NOT_SELECTED } }) {
       totalCount nodes { id candidate { id revision name } } } }`,
    { number: controlNumberOf(stage) },
  );
  const { candidate } = applications.nodes.find(
    (application: { candidate: { name: string } }) => !application.candidate.name.startsWith('Cleo'),
  );
  const input = { id: candidate.id, expectedRevision: candidate.revision };
  await stage.isRefused(
    nsa.hr,
    'tries to erase the data before the retention period ends',
    'eraseCandidate',
    input,
    'candidate { id }',
    'PRECONDITION_FAILED',
  );
  const erased = await stage.does(
    officer,
    'erases the data of a candidate who was not hired, and with them the key that encrypted them',
    'eraseCandidate',
    { ...input, recordsRef: 'schedule/exercise' },
    'candidate { status name email }',
  );
  expect(erased.status === 'ERASED' && erased.name === null && erased.email === null, 'the data are erased');
}

async function printNumbers(stage: Stage, hr: Caller, before: Numbers, goal: Revised): Promise<void> {
  stage.act('The same questions afterward');
  const after = await numbers(stage, hr);
  const { hiringGoal } = await stage.asks(hr, 'query ($id: ID!) { hiringGoal(id: $id) { target hires gap } }', {
    id: goal.id,
  });
  stage.note(`The goal: ${hiringGoal.hires} hires of ${hiringGoal.target}, ${hiringGoal.gap} still needed`);
  expect(after.enteredOnDuty === before.enteredOnDuty + 2, 'two more people entered on duty');
  for (const [place, { filled }] of after.staffing.entries())
    expect(filled === before.staffing[place]!.filled + 1, 'each agency has one more incident responder');
  expect(
    after.staffing[0]!.vacancies === before.staffing[0]!.vacancies + 1,
    'the second position of NSA is still vacant, since the offer was rescinded',
  );
}

/** The position is vacant again, and the hire counts as one who left within a year. */
async function hireLeaves(stage: Stage, { hr, request }: Office): Promise<void> {
  stage.act('One of them leaves within a year');
  const { hiringRequest } = await stage.asks(
    hr,
    'query ($id: ID!) { hiringRequest(id: $id) { position { id revision } } }',
    { id: request!.id },
  );
  const { id, revision } = hiringRequest.position;
  await stage.does(
    hr,
    'records that the employee quit: the position is vacant again',
    'recordSeparation',
    { id, expectedRevision: revision, kind: 'QUIT' },
    'position { id revision status }',
  );
}
