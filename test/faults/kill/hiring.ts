import type { Database } from '#kit/database/database';
import { hiringManager, hr, positionInput } from '../../workforce/inputs';
import { eachCallHappened, eachCallSent, sentBy } from './events';
import { countOf, dayIn, inDays, type Scenario, target, type Writer } from './writer';

const HR = hr('nsa');
const MANAGER = hiringManager('nsa');
const POSITION = 'position { id revision }';
const REQUEST = 'hiringRequest { id revision }';
const APPLICATION = 'application { id revision }';
const CERTIFICATE = 'certificate { id revision }';

/** Work roles of the positions, one a round: programs that show staffing have a row for each. */
const ROLES = ['531', '511', '521', '541', '612', '652', '672', '722', '733', '752', '753', '422', '423', '461', '623'];

interface Revised {
  readonly id: string;
  readonly revision: number;
}

/** Fills new positions by hires, vacates some, and fills those again by reassignment. */
export const hiring: Scenario = {
  name: 'hiring',

  async write(writer, isOver, place) {
    for (let round = 0; !isOver(); round += 1) {
      const request = await readyRequest(writer, ROLES[round % ROLES.length]!);
      const { name, certificate } = await openCertificate(writer, request, `kill-${place}-${round}`);
      const position = await entersOnDuty(writer, name, certificate);
      if (round % 2 > 0) continue;
      const vacant = await writer.perform(HR, 'recordSeparation', { ...target(position), kind: 'QUIT' }, POSITION);
      await writer.perform(HR, 'recordReassignment', target(vacant), POSITION);
    }
  },

  async compare(done, databases) {
    const workforce = databases.get('workforce')!;
    await eachCallHappened(workforce, 'workforce_event', done, {
      createPosition: 'POSITION_CREATED',
      fundPosition: 'POSITION_FUNDED',
      draftHiringRequest: 'REQUEST_DRAFTED',
      submitHiringRequest: 'REQUEST_SUBMITTED',
      takeHiringRequest: 'REQUEST_TAKEN',
      readyHiringRequest: 'REQUEST_READY',
      publishAnnouncement: 'ANNOUNCEMENT_PUBLISHED',
      recordCandidate: 'CANDIDATE_RECORDED',
      recordApplication: 'APPLICATION_RECEIVED',
      rateApplication: 'APPLICATION_RATED',
      issueCertificate: 'CERTIFICATE_ISSUED',
      openCertificate: 'CERTIFICATE_OPENED',
      selectCandidate: 'CANDIDATE_SELECTED',
      extendTentativeOffer: 'TENTATIVE_OFFER_MADE',
      acceptTentativeOffer: 'TENTATIVE_OFFER_ACCEPTED',
      recordEntryOnDuty: 'ENTERED_ON_DUTY',
      recordSeparation: 'EMPLOYEE_SEPARATED',
      recordReassignment: 'EMPLOYEE_REASSIGNED',
    });

    // each entry on duty filled its request and its position, and each application was counted once
    const hires = done.count('recordEntryOnDuty');
    expect(await countOf(workforce, `SELECT COUNT(*) AS n FROM hiring_request WHERE status = 'FILLED'`)).toBe(hires);
    expect(await countOf(workforce, `SELECT COUNT(*) AS n FROM position WHERE status = 'FILLED'`)).toBe(hires);
    expect(await countOf(workforce, 'SELECT COUNT(*) AS n FROM announcement WHERE application_count <> 1')).toBe(0);
    expect(await countOf(workforce, 'SELECT COUNT(*) AS n FROM hiring_request WHERE separated_at IS NOT NULL')).toBe(
      done.count('recordSeparation'),
    );

    // and each change of staffing reached both programs that show it
    await eachCallSent(workforce, done, {
      'workforce.entered-on-duty': ['recordEntryOnDuty'],
      'workforce.employee-reassigned': ['recordReassignment'],
      'workforce.position-vacated': ['recordSeparation'],
    });
    const expected = await noticesAfter(workforce);
    expect(expected).toHaveLength(Math.min(hires, ROLES.length));
    for (const reader of ['reviews', 'infrastructure'])
      expect(
        await databases
          .get(reader)!
          .query('SELECT id, entered_on AS entered, vacated_on AS vacated FROM staffing_notice ORDER BY id'),
      ).toEqual(expected);
  },
};

/** A request for a new position, ready to announce. */
async function readyRequest(writer: Writer, primaryWorkRole: string): Promise<Revised> {
  const planned = await writer.perform(HR, 'createPosition', positionInput({ primaryWorkRole }), POSITION);
  const { id } = await writer.perform(HR, 'fundPosition', target(planned), POSITION);
  const need = { position: id, authority: 'COMPETITIVE', hiringManager: 'Chief of incident response' };
  const drafted = await writer.perform(MANAGER, 'draftHiringRequest', need, REQUEST);
  const submitted = await writer.perform(MANAGER, 'submitHiringRequest', target(drafted), REQUEST);
  const taking = { ...target(submitted), hrSpecialist: 'HR specialist' };
  const taken = await writer.perform(HR, 'takeHiringRequest', taking, REQUEST);
  const readying = { ...target(taken), authority: 'DIRECT_HIRE', jobAnalysisRef: 'ja/7' };
  return writer.perform(HR, 'readyHiringRequest', readying, REQUEST);
}

/** An open certificate with one name, from an announcement of the request. */
async function openCertificate(
  writer: Writer,
  request: Revised,
  controlNumber: string,
): Promise<{ name: Revised; certificate: Revised }> {
  const published = { hiringRequests: [request.id], title: 'Incident Responder' };
  // the day in Washington may be the one before
  const dates = { openDate: dayIn(-1), closeDate: dayIn(14) };
  await writer.perform(
    HR,
    'publishAnnouncement',
    { controlNumber, ...published, ...dates },
    'announcement { controlNumber }',
  );
  const candidate = await writer.perform(HR, 'recordCandidate', { name: 'Ada' }, 'candidate { id }');
  const application = { controlNumber, candidate: candidate.id, submittedAt: inDays(0) };
  const received = await writer.perform(HR, 'recordApplication', application, APPLICATION);
  const rating = { ...target(received), rating: 'ELIGIBLE', assessmentScore: 90 };
  const rated = await writer.perform(HR, 'rateApplication', rating, APPLICATION);
  const issuing = { hiringRequest: request.id, applications: [rated.id], expiresAt: inDays(30) };
  const issued = await writer.perform(
    HR,
    'issueCertificate',
    issuing,
    'certificate { id revision applications { nodes { id revision } } }',
  );
  const [name] = issued.applications.nodes;
  const certificate = await writer.perform(MANAGER, 'openCertificate', target(issued), CERTIFICATE);
  return { name, certificate };
}

/** @returns the position that is filled */
async function entersOnDuty(writer: Writer, name: Revised, certificate: Revised): Promise<Revised> {
  const selecting = { ...target(name), certificate: certificate.id };
  const selected = await writer.perform(MANAGER, 'selectCandidate', selecting, APPLICATION);
  const offered = await writer.perform(HR, 'extendTentativeOffer', target(selected), APPLICATION);
  const accepting = { ...target(offered), reciprocityRef: 'inv/3' };
  const accepted = await writer.perform(HR, 'acceptTentativeOffer', accepting, APPLICATION);
  const entered = await writer.perform(
    HR,
    'recordEntryOnDuty',
    target(accepted),
    'application { hiringRequest { position { id revision } } }',
  );
  return entered.hiringRequest.position;
}

interface StaffingEvent {
  readonly agencyKey: string;
  readonly roleCodes: readonly string[];
  readonly on: string;
}

/** What programs that show staffing must show after all events: the last day of each kind by agency and role. */
async function noticesAfter(workforce: Database) {
  const notices = new Map<string, { id: string; entered: string | null; vacated: string | null }>();
  for (const [type, property] of [
    ['workforce.entered-on-duty', 'entered'],
    ['workforce.employee-reassigned', 'entered'],
    ['workforce.position-vacated', 'vacated'],
  ] as const)
    for (const { agencyKey, roleCodes, on } of await sentBy<StaffingEvent>(workforce, type))
      for (const role of roleCodes) {
        const id = `${agencyKey}:${role}`;
        const notice = notices.get(id) ?? { id, entered: null, vacated: null };
        if ((notice[property] ?? '') < on) notice[property] = on;
        notices.set(id, notice);
      }
  return [...notices.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}
