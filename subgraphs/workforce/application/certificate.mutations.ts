import { InputError, RequestError, UnknownReferenceError } from '#base/errors';
import { callersOf, targetInput, verb } from '#domain/verbs';
import { marks } from '#kit/database/marks';
import { decryptRows } from '#kit/encryption/rows';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { dateTimeInput, enumInput, idInput, listInput, objectInput } from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { requestsOf } from '../announcement/announcement.mutations';
import { HiringRequest, Position } from '../position/position';
import { openRequests } from '../request/hiring-request.mutations';
import { Application, Certificate, CertificateApplication } from './application';
import { endApplications, lockEnded } from './ending';
import { certificateLifecycle } from './lifecycle';
import { sharableUntil } from './retention';
import { CERTIFICATES, openApplications, openCandidates, openCertificates } from './types';

const returns = ['certificate', () => Certificate] as const;
const target = targetInput('the certificate');
const shared = { of: CERTIFICATES, returns, target };
/** Maximum names on a certificate. */
const MAX_NAMES = 500;

export const CertificateOutcome = enumeration('CertificateOutcome', 'Outcome for a name on a returned certificate.', {
  SELECTED: 'Selected for a hiring request.',
  NOT_SELECTED: 'Not selected.',
});

/** Applications on a certificate. */
export async function namesOn({ database }: Work, certificateId: string): Promise<string[]> {
  const rows = await database.findBy(CertificateApplication, 'ownerKey', [certificateId]);
  return rows.map(({ targetKey }) => targetKey);
}

function requireLater(expiresAt: string, than: string): void {
  if (expiresAt <= than)
    throw new InputError(`"expiresAt" is ${expiresAt}: it must be after ${than}`, ['input', 'expiresAt']);
}

const issueCertificate = mutation({
  name: 'issueCertificate',
  description: 'Refers eligible applications to one announcement to the hiring manager of a request.',
  by: callersOf(certificateLifecycle, 'issueCertificate'),
  input: {
    hiringRequest: idInput('Id of the hiring request: READY, or ANNOUNCED by the announcement of the applications.'),
    applications: listInput(idInput('Id of an application.'), `Ids of the applications: 1 to ${MAX_NAMES}.`, {
      max: MAX_NAMES,
    }),
    expiresAt: dateTimeInput('Time the certificate expires.'),
  },
  returns,
  async run(work, { hiringRequest, applications: ids, expiresAt }) {
    const path = ['input', 'applications'];
    if (ids.length === 0) throw new InputError('"applications" is empty: name at least one', path);
    requireLater(expiresAt, work.now);
    const request = (await openRequests(work, [hiringRequest])).get(hiringRequest);
    if (!request) throw new UnknownReferenceError('hiring request', hiringRequest, ['input', 'hiringRequest']);
    const applications = await openApplications(work, ids);
    const controlNumber = announcementOf(ids, (id) => applications.get(id));
    await requireOpen(work, request, controlNumber);
    const certificates = await openCertificates(work, []);
    const id = work.newId('crt');
    for (const name of ids)
      applications.move({ id: name }, () => ({
        trigger: 'certificateIssued',
        actor: 'SYSTEM',
        kind: 'APPLICATION_REFERRED',
        detail: id,
        change(next, at) {
          next.referredAt ??= at;
        },
      }));
    certificates.add(
      {
        ...{ id, requestId: hiringRequest, controlNumber, issuedAt: work.now, expiresAt },
        ...{ agencyKey: request.agencyKey, isShared: false, revision: 1, exercise: false },
      },
      { trigger: 'issueCertificate', kind: 'CERTIFICATE_ISSUED' },
    );
    await certificates.save();
    await applications.save();
    await work.database.insert(CertificateApplication, linksOf(id, ids));
    return id;
  },
});

const linksOf = (ownerKey: string, names: readonly string[]) => names.map((targetKey) => ({ ownerKey, targetKey }));

/** The announcement of all the applications. @throws if one is unknown, or belongs to another announcement */
function announcementOf(ids: readonly string[], get: (id: string) => Application | undefined): string {
  let controlNumber: string | undefined;
  for (const [place, id] of ids.entries()) {
    const path = ['input', 'applications', place];
    const application = get(id);
    if (!application) throw new UnknownReferenceError('application', id, path);
    controlNumber ??= application.controlNumber;
    if (application.controlNumber !== controlNumber)
      throw new InputError(
        `The application "${id}" is to the announcement ${application.controlNumber}, others to ${controlNumber}: issue a certificate for each`,
        path,
      );
  }
  return controlNumber!;
}

async function requireOpen(work: Work, { id, status }: HiringRequest, controlNumber: string): Promise<void> {
  const path = ['input', 'hiringRequest'];
  if (status !== 'READY' && status !== 'ANNOUNCED')
    throw new InputError(`The hiring request is ${status}: it must be READY or ANNOUNCED`, path);
  if (status === 'ANNOUNCED' && !(await requestsOf(work, controlNumber)).includes(id))
    throw new InputError(`The announcement ${controlNumber} does not serve the hiring request`, path);
}

const openCertificate = verb({
  ...shared,
  name: 'openCertificate',
  description: "Begins the hiring manager's review of a certificate.",
  input: {},
  step: () => ({ kind: 'CERTIFICATE_OPENED' }),
});

const auditCertificate = verb({
  ...shared,
  name: 'auditCertificate',
  description: 'Records that HR audited a returned certificate.',
  input: {},
  step: () => ({ kind: 'CERTIFICATE_AUDITED' }),
});

const reissueCertificate = verb({
  ...shared,
  name: 'reissueCertificate',
  description: 'Issues a certificate again that the hiring manager has opened.',
  input: {},
  step: () => ({ kind: 'CERTIFICATE_REISSUED' }),
});

const extendCertificate = verb({
  ...shared,
  name: 'extendCertificate',
  description: 'Moves the expiry of a certificate to a later time.',
  input: { expiresAt: dateTimeInput('New time at which it expires.') },
  step: ({ expiresAt: before }, { expiresAt }, { now }) => ({
    kind: 'CERTIFICATE_EXTENDED',
    detail: `Expires at ${expiresAt}, before ${before}`,
    change(next) {
      requireLater(expiresAt, before > now ? before : now);
      next.expiresAt = expiresAt;
    },
  }),
});

/** Expires a certificate after its time. Its applications stay referred, unless the announcement has ended. */
export async function expireWhenDue(work: Work, id: string): Promise<void> {
  const [due] = await work.database.findBy(Certificate, 'id', [id]);
  if (!due) return;
  const { controlNumber } = due;
  const hasEnded = await lockEnded(work, controlNumber);
  const certificates = await openCertificates(work, [id]);
  const certificate = certificates.get(id);
  if (!certificate || !['ISSUED', 'IN_MANAGER_REVIEW'].includes(certificate.status)) return;
  if (certificate.expiresAt > work.now) return;
  certificates.move({ id, occurredAt: certificate.expiresAt }, () => ({
    trigger: 'expire',
    kind: 'CERTIFICATE_EXPIRED',
  }));
  await certificates.save();
  if (hasEnded)
    await endApplications(work, {
      controlNumber,
      among: await namesOn(work, id),
      occurredAt: certificate.expiresAt,
    });
}

/** Names on a certificate that are also on another one whose manager may still select them. */
async function namesElsewhere({ database }: Work, id: string, names: readonly string[]): Promise<Set<string>> {
  const rows = await database.query<{ name: string }>(
    `SELECT l.target_key AS name FROM certificate_applications l JOIN certificate c ON c.id = l.owner_key
     WHERE l.target_key IN (${marks(names)}) AND c.id <> ? AND c.status IN ('ISSUED', 'IN_MANAGER_REVIEW')`,
    [...names, id],
  );
  return new Set(rows.map(({ name }) => name));
}

const UNDECIDED: readonly string[] = ['REFERRED', 'INTERVIEWED'];
const WITHOUT_OUTCOME: readonly string[] = ['WITHDRAWN', 'OFFER_DECLINED', 'OFFER_RESCINDED', 'NOT_SELECTED'];

interface Named {
  readonly application: string;
  readonly outcome: ValueOf<typeof CertificateOutcome>;
}

/** Checks that the outcomes are one for each name that needs one, and agree with the selections. */
function requireOutcomes(applications: readonly Application[], outcomes: readonly Named[]): void {
  const path = ['input', 'outcomes'];
  const byId = new Map(applications.map((application) => [application.id, application]));
  const stated = new Set<string>();
  for (const [place, { application: id, outcome }] of outcomes.entries()) {
    const application = byId.get(id);
    if (!application) throw new UnknownReferenceError('application', id, [...path, place, 'application']);
    if (stated.has(id))
      throw new InputError(`An earlier outcome names the application "${id}" too`, [...path, place, 'application']);
    stated.add(id);
    const isSelected = !UNDECIDED.includes(application.status) && !WITHOUT_OUTCOME.includes(application.status);
    if ((outcome === 'SELECTED') !== isSelected)
      throw new InputError(
        outcome === 'SELECTED'
          ? `The application is ${application.status}: select the candidate first`
          : `The application is ${application.status}: withdraw the selection first`,
        [...path, place, 'outcome'],
      );
  }
  const missing = applications.find(({ id, status }) => !stated.has(id) && !WITHOUT_OUTCOME.includes(status));
  if (missing)
    throw new InputError(`"outcomes" lacks the application "${missing.id}": give an outcome for each name`, path);
}

const returnCertificate = mutation({
  name: 'returnCertificate',
  description: 'Returns a certificate to HR, with an outcome for each name.',
  by: callersOf(certificateLifecycle, 'returnCertificate'),
  input: {
    ...target,
    outcomes: listInput(
      objectInput('CertificateOutcomeInput', 'Outcome for one name.', {
        application: idInput('Id of the application.'),
        outcome: enumInput(() => CertificateOutcome, 'Outcome.'),
      }),
      'Outcomes: one for each application that is neither withdrawn nor ended.',
      { max: MAX_NAMES },
    ),
  },
  returns,
  async run(work, { outcomes, ...aim }) {
    const certificates = await openCertificates(work, [aim.id]);
    const names = certificates.get(aim.id) ? await namesOn(work, aim.id) : [];
    const applications = await openApplications(work, names);
    certificates.move(aim, () => {
      return { trigger: 'returnCertificate', kind: 'CERTIFICATE_RETURNED' };
    });
    requireOutcomes(applications.all, outcomes);
    const elsewhere = names.length === 0 ? new Set() : await namesElsewhere(work, aim.id, names);
    for (const { id, status } of applications.all)
      if (UNDECIDED.includes(status) && !elsewhere.has(id))
        applications.move({ id, occurredAt: aim.occurredAt }, () => ({
          trigger: 'certificateReturned',
          actor: 'SYSTEM',
          kind: 'CANDIDATE_NOT_SELECTED',
          detail: aim.id,
        }));
    await certificates.save();
    await applications.save();
    return aim.id;
  },
});

const shareCertificate = mutation({
  name: 'shareCertificate',
  description:
    'Shares a certificate with another agency, for its request for a position of the same series and grade. That agency receives a certificate of its own, with the candidates who are still available.',
  by: callersOf(certificateLifecycle, 'shareCertificate'),
  input: { ...target, hiringRequest: idInput('Id of the hiring request of the other agency. It must be READY.') },
  returns,
  async run(work, { hiringRequest, ...aim }) {
    const path = ['input', 'hiringRequest'];
    const [theirs] = await work.database.lockAll(HiringRequest, [hiringRequest]);
    if (!theirs) throw new UnknownReferenceError('hiring request', hiringRequest, path);
    const certificates = await openCertificates(work, [aim.id]);
    const certificate = certificates.get(aim.id);
    certificates.move(aim, ({ issuedAt }) => ({
      trigger: 'shareCertificate',
      facts: { isSharable: work.now < sharableUntil(issuedAt) },
      kind: 'CERTIFICATE_SHARED',
      detail: theirs.agencyKey,
    }));
    if (theirs.agencyKey === certificate!.agencyKey)
      throw new InputError('The hiring request is of your own agency: issue a certificate for it', path);
    if (theirs.status !== 'READY')
      throw new InputError(`The hiring request is ${theirs.status}: it must be READY`, path);
    await requireAlike(work, certificate!.requestId, theirs);
    const names = await namesOn(work, aim.id);
    const available = await availableNames(work, names, theirs.agencyKey);
    if (available.length === 0)
      throw new RequestError(
        'PRECONDITION_FAILED',
        'No candidate on the certificate is available to the other agency',
        ['input', 'id'],
      );
    const copies = await openApplications(work, []);
    const id = work.newId('crt');
    // encrypted values belong to their row: the copies get their own
    const ids = (await decryptRows(work.database, Application, available)).map((application) => {
      const { controlNumber, candidateId, submittedAt, encryptedPreference, encryptedScore } = application;
      return copies.add(
        {
          ...{ id: work.newId('app'), agencyKey: theirs.agencyKey, controlNumber, candidateId, submittedAt },
          ...{ encryptedPreference, encryptedScore, ineligibleReason: null, referredAt: work.now, requestId: null },
          ...{ raterKey: '', sharedFromId: application.id, revision: 1, exercise: application.exercise },
        },
        { trigger: 'certificateShared', actor: 'SYSTEM', kind: 'APPLICATION_REFERRED', detail: id },
      ).key;
    });
    const { controlNumber, issuedAt, exercise } = certificate!;
    certificates.add(
      {
        ...{ id, requestId: hiringRequest, controlNumber, issuedAt: work.now, expiresAt: sharableUntil(issuedAt) },
        ...{ agencyKey: theirs.agencyKey, isShared: true, revision: 1, exercise },
      },
      { trigger: 'issueCertificate', kind: 'CERTIFICATE_ISSUED' },
    );
    await certificates.save();
    await copies.save();
    await work.database.insert(CertificateApplication, linksOf(id, ids));
    return aim.id;
  },
});

/** Checks that two requests are for positions of the same series, with a grade in common. */
async function requireAlike({ database }: Work, requestId: string, theirs: HiringRequest): Promise<void> {
  const [own] = await database.findBy(HiringRequest, 'id', [requestId]);
  const positions = await database.findBy(Position, 'id', [own!.positionId, theirs.positionId]);
  const a = positions.find(({ id }) => id === own!.positionId)!;
  const b = positions.find(({ id }) => id === theirs.positionId)!;
  if (a.seriesCode !== b.seriesCode || a.gradeLow > b.gradeHigh || b.gradeLow > a.gradeHigh)
    throw new InputError(
      `The position is ${b.seriesCode}, grades ${b.gradeLow} to ${b.gradeHigh}; the certificate is for ${a.seriesCode}, grades ${a.gradeLow} to ${a.gradeHigh}`,
      ['input', 'hiringRequest'],
    );
}

/** Applications on a certificate whose candidates no one has selected, and whom the agency does not have from this announcement. */
async function availableNames(
  work: Work,
  names: readonly string[],
  agencyKey: string,
): Promise<readonly Application[]> {
  // the candidate of an application never changes, and candidates are locked before applications
  const named = await work.database.findBy(Application, 'id', names);
  const candidates = await openCandidates(
    work,
    named.map(({ candidateId }) => candidateId),
  );
  const applications = (await openApplications(work, names)).all.filter(({ status }) =>
    [...UNDECIDED, 'NOT_SELECTED'].includes(status),
  );
  if (applications.length === 0) return [];
  const candidateIds = applications.map(({ candidateId }) => candidateId);
  const there = await work.database.query<{ candidateId: string }>(
    `SELECT candidate_id AS candidateId FROM application
     WHERE agency_key = ? AND control_number = ? AND candidate_id IN (${marks(candidateIds)})`,
    [agencyKey, applications[0]!.controlNumber, ...candidateIds],
  );
  const known = new Set(there.map(({ candidateId }) => candidateId));
  return applications.filter(
    ({ candidateId }) => !known.has(candidateId) && candidates.get(candidateId)?.status === 'ACTIVE',
  );
}

export const certificateMutations = [
  issueCertificate,
  openCertificate,
  returnCertificate,
  auditCertificate,
  reissueCertificate,
  extendCertificate,
  shareCertificate,
];
