import { InputError, NotFoundError, orNotFound, RequestError, requireRevision } from '#base/errors';
import { personKey } from '#base/identity/principal';
import { findingReferred, findingShared } from '#domain/contracts/events';
import { FindingSeverity } from '#domain/contracts/finding-severity';
import { marks } from '#kit/database/marks';
import { stableId } from '#kit/ids';
import { enumeration } from '#kit/model/enumeration';
import {
  enumInput,
  expectedRevisionInput,
  idInput,
  listInput,
  longTextInput,
  optional,
  textInput,
  unchanged,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import { replaceLinks } from '#kit/mutation/replace-links';
import type { Work } from '#kit/mutation/work';
import { GuardError } from '#kit/state/state-machine';
import { Dossier } from '../dossier';
import { findingLifecycle } from '../lifecycle';
import { sectorsInput, techniquesInput, writeSectors, writeTechniques } from '../named';
import { Review } from '../review/review';
import { moveReview, ownReview } from '../review/review.mutations';
import type { ReviewEventKind } from '../review/review-event';
import { Confidence, Finding, FindingSector, FindingTechnique, FindingVulnerability } from './finding';
import { FindingReading } from './finding-reading';

const content = {
  title: textInput('Title of the finding.'),
  detail: longTextInput('Description of the finding.'),
  severity: enumInput(() => FindingSeverity, 'Severity of the finding.'),
  confidence: enumInput(() => Confidence, 'Confidence of the authors.'),
  sectors: sectorsInput,
  techniques: techniquesInput,
  relatedVulnerabilities: listInput(
    textInput('CVE id, such as "CVE-2024-3094".', { max: 20, pattern: /^CVE-\d{4}-\d{4,}$/ }),
    'Known vulnerabilities related to the finding.',
  ),
};

interface FindingLinks {
  readonly sectors?: string[] | null;
  readonly techniques?: string[] | null;
  readonly relatedVulnerabilities?: string[] | null;
}

/** Writes the links of a finding. */
async function writeLinks(
  work: Work,
  id: string,
  { sectors, techniques, relatedVulnerabilities }: FindingLinks,
): Promise<void> {
  if (sectors) await writeSectors(work, FindingSector, id, sectors);
  if (techniques) await writeTechniques(work, FindingTechnique, id, techniques);
  if (relatedVulnerabilities) await replaceLinks(work.database, FindingVulnerability, id, relatedVulnerabilities);
}

const draftFinding = mutation({
  name: 'draftFinding',
  description: 'Drafts a finding of a review. The developer sees it once it is shared.',
  by: ['AGENCY'],
  input: {
    reviewId: idInput('Id of a review that your agency leads or takes part in.'),
    title: content.title,
    detail: content.detail,
    severity: content.severity,
    confidence: content.confidence,
    sectors: optional(content.sectors),
    techniques: optional(content.techniques),
    relatedVulnerabilities: optional(content.relatedVulnerabilities),
  },
  returns: ['finding', () => Finding],
  async run(work, { reviewId, sectors, techniques, relatedVulnerabilities, ...input }) {
    const { dossier, review } = await ownReview(work, reviewId, { field: 'reviewId', participant: true });
    if (review.status !== 'EVALUATING' && review.status !== 'FINDINGS_DRAFTED')
      throw new GuardError(
        'draftFinding',
        'reviewIsWorkedOn',
        `The review is ${review.status}: draft findings while it is EVALUATING or FINDINGS_DRAFTED`,
      );
    const id = work.newId('fnd');
    const status = findingLifecycle.next(null, 'draftFinding', work.actor, {});
    await work.database.insert(Finding, [
      {
        ...input,
        id,
        reviewId,
        submissionId: review.submissionId,
        authorSubject: personKey(work.principal),
        status,
        createdAt: work.now,
        sharedAt: null,
        respondedAt: null,
        developerResponse: null,
        clearinghouseCaseId: null,
        clearinghouseStatus: null,
        notShareableReason: null,
        revision: 1,
        exercise: review.exercise,
      },
    ]);
    await writeLinks(work, id, { sectors, techniques, relatedVulnerabilities });
    dossier.happen({ kind: 'FINDING_DRAFTED', agencyKey: work.principal.agency, objectId: id, toState: status });
    await dossier.save();
    return id;
  },
});

async function agencyFinding(work: Work, id: string, expectedRevision: number) {
  const { dossier, object: finding } = await Dossier.of(work, Finding, 'finding', id);
  await orNotFound(new NotFoundError('finding', id, 'id'), ownReview(work, finding.reviewId, { participant: true }));
  requireRevision('finding', finding, expectedRevision);
  return { dossier, finding };
}

/** A shared finding. For developers, others do not exist. */
async function sharedFinding(work: Work, id: string, expectedRevision: number) {
  const { dossier, object: finding } = await Dossier.of(work, Finding, 'finding', id);
  if (finding.sharedAt === null) throw new NotFoundError('finding', id, 'id');
  requireRevision('finding', finding, expectedRevision);
  return { dossier, finding };
}

/** Fires a transition of a finding, and writes the finding and the event. */
async function moveFinding(
  dossier: Dossier,
  finding: Finding,
  trigger: string,
  kind: keyof typeof ReviewEventKind,
  changes: Partial<Finding> = {},
): Promise<string> {
  const { work } = dossier;
  const status = findingLifecycle.next(finding.status, trigger, work.actor, {});
  await work.database.update(Finding, finding.id, { ...changes, status, revision: finding.revision + 1 });
  dossier.happen({
    kind,
    agencyKey: work.principal.agency,
    objectId: finding.id,
    fromState: finding.status,
    toState: status,
  });
  await dossier.save();
  return finding.id;
}

const ownInput = { id: idInput('Finding id.'), expectedRevision: expectedRevisionInput() };

const editFinding = mutation({
  name: 'editFinding',
  description:
    'Edits the draft of a finding. Omitted fields stay unchanged. A second reviewer must read the new revision before it is shared.',
  by: ['AGENCY'],
  input: {
    ...ownInput,
    title: unchanged(content.title),
    detail: unchanged(content.detail),
    severity: unchanged(content.severity),
    confidence: unchanged(content.confidence),
    sectors: unchanged(content.sectors),
    techniques: unchanged(content.techniques),
    relatedVulnerabilities: unchanged(content.relatedVulnerabilities),
  },
  returns: ['finding', () => Finding],
  async run(work, { id, expectedRevision, sectors, techniques, relatedVulnerabilities, ...input }) {
    const { dossier, finding } = await agencyFinding(work, id, expectedRevision);
    const changes = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
    await writeLinks(work, id, { sectors, techniques, relatedVulnerabilities });
    return moveFinding(dossier, finding, 'editFinding', 'FINDING_EDITED', {
      ...changes,
      authorSubject: personKey(work.principal),
    });
  },
});

const dropFinding = mutation({
  name: 'dropFinding',
  description: 'Drops the draft of a finding.',
  by: ['AGENCY'],
  input: ownInput,
  returns: ['finding', () => Finding],
  async run(work, { id, expectedRevision }) {
    const { dossier, finding } = await agencyFinding(work, id, expectedRevision);
    return moveFinding(dossier, finding, 'dropFinding', 'FINDING_DROPPED');
  },
});

const markFindingNotShareable = mutation({
  name: 'markFindingNotShareable',
  description: 'Records that a finding cannot be shared with the developer, with the reason.',
  by: ['AGENCY'],
  input: { ...ownInput, reason: textInput('Reason why the finding cannot be shared.') },
  returns: ['finding', () => Finding],
  async run(work, { id, expectedRevision, reason }) {
    const { dossier, finding } = await agencyFinding(work, id, expectedRevision);
    return moveFinding(dossier, finding, 'markFindingNotShareable', 'FINDING_NOT_SHAREABLE', {
      notShareableReason: reason,
    });
  },
});

const readFindings = mutation({
  name: 'readFindings',
  description:
    "Records that you have read the current drafts of a review's findings. Sharing requires a reader who did not write them.",
  by: ['AGENCY'],
  input: { reviewId: idInput('Id of a review that your agency leads.') },
  returns: ['review', () => Review],
  async run(work, { reviewId }) {
    const { dossier, review } = await ownReview(work, reviewId, { field: 'reviewId' });
    const { database, principal, now } = work;
    const drafts = (await database.findBy(Finding, 'reviewId', [reviewId])).filter(({ status }) => status === 'DRAFT');
    await database.upsert(
      FindingReading,
      drafts.map(({ id, revision }) => ({
        id: `${id}${personKey(principal)}`,
        findingId: id,
        reader: personKey(principal),
        revision,
        readAt: now,
      })),
    );
    dossier.happen({
      kind: 'FINDINGS_READ',
      agencyKey: review.leadAgencyKey,
      objectId: reviewId,
      detail: `${drafts.length}`,
    });
    await dossier.save();
    return reviewId;
  },
});

const shareFindings = mutation({
  name: 'shareFindings',
  description: 'Shares the findings of a review with the developer: all drafts except those recorded as not shareable.',
  by: ['AGENCY'],
  input: { reviewId: idInput('Id of a review that your agency leads.'), expectedRevision: expectedRevisionInput() },
  returns: ['review', () => Review],
  async run(work, { reviewId, expectedRevision }) {
    const { database, now } = work;
    const { dossier, review } = await ownReview(work, reviewId, { field: 'reviewId', expectedRevision });
    const drafts = (await database.findBy(Finding, 'reviewId', [reviewId])).filter(
      ({ status, notShareableReason }) => status === 'DRAFT' && notShareableReason === null,
    );
    const readings = await database.findBy(
      FindingReading,
      'findingId',
      drafts.map(({ id }) => id),
    );
    const unread = drafts.filter(
      ({ id, revision, authorSubject }) =>
        !readings.some(
          (reading) => reading.findingId === id && reading.revision === revision && reading.reader !== authorSubject,
        ),
    );
    await moveReview(dossier, review, 'shareFindings', 'FINDINGS_SHARED', {
      draftFindings: drafts.length,
      unreadFindings: unread.length,
    });
    const status = findingLifecycle.next('DRAFT', 'shareFindings', work.actor, {});
    const ids = drafts.map(({ id }) => id);
    await database.query(
      `UPDATE finding SET status = ?, shared_at = ?, version = version + 1 WHERE id IN (${marks(ids)})`,
      [status, now, ...ids],
    );
    for (const { id } of drafts)
      dossier.happen({
        kind: 'FINDING_SHARED',
        agencyKey: review.leadAgencyKey,
        objectId: id,
        fromState: 'DRAFT',
        toState: status,
      });
    await dossier.save();
    // one event per finding: events are limited in size, reviews are not limited in findings
    for (const { id, title, detail, severity } of drafts)
      work.emit(findingShared, review.submissionId, {
        reviewId,
        agencyKey: review.leadAgencyKey,
        sharedAt: now,
        findingId: id,
        title,
        detail,
        severity,
      });
    return reviewId;
  },
});

const acknowledgeFinding = mutation({
  name: 'acknowledgeFinding',
  description: 'Acknowledges a finding shared with you. Acknowledging is optional.',
  by: ['DEVELOPER'],
  input: ownInput,
  returns: ['finding', () => Finding],
  async run(work, { id, expectedRevision }) {
    const { dossier, finding } = await sharedFinding(work, id, expectedRevision);
    return moveFinding(dossier, finding, 'acknowledgeFinding', 'DEVELOPER_RESPONDED', {
      respondedAt: finding.respondedAt ?? work.now,
    });
  },
});

const FindingResponse = enumeration('FindingResponse', 'Response of a developer to a finding.', {
  MITIGATION_REPORTED: 'The developer reports a mitigation.',
  DISPUTED: 'The developer disputes the finding.',
  NOTED: 'The developer takes note of the finding.',
});

const TRIGGER_OF_RESPONSE = {
  MITIGATION_REPORTED: 'reportMitigation',
  DISPUTED: 'disputeFinding',
  NOTED: 'noteFinding',
} as const;

const respondToFinding = mutation({
  name: 'respondToFinding',
  description: 'Responds to a finding that you acknowledged.',
  by: ['DEVELOPER'],
  input: {
    ...ownInput,
    response: enumInput(() => FindingResponse, 'Kind of response.'),
    text: optional(longTextInput('Text of the response.')),
  },
  returns: ['finding', () => Finding],
  async run(work, { id, expectedRevision, response, text }) {
    const { dossier, finding } = await sharedFinding(work, id, expectedRevision);
    return moveFinding(dossier, finding, TRIGGER_OF_RESPONSE[response], 'DEVELOPER_RESPONDED', {
      respondedAt: finding.respondedAt ?? work.now,
      developerResponse: text,
    });
  },
});

const closeFinding = mutation({
  name: 'closeFinding',
  description: "Closes a finding after the developer's response or after it lapsed.",
  by: ['AGENCY'],
  input: ownInput,
  returns: ['finding', () => Finding],
  async run(work, { id, expectedRevision }) {
    const { dossier, finding } = await agencyFinding(work, id, expectedRevision);
    return moveFinding(dossier, finding, 'closeFinding', 'FINDING_CLOSED');
  },
});

const referFinding = mutation({
  name: 'referFinding',
  description: 'Refers a shared finding about a flaw in deployed software to the clearinghouse, which opens a case.',
  by: ['AGENCY'],
  input: ownInput,
  returns: ['finding', () => Finding],
  async run(work, { id, expectedRevision }) {
    const { dossier, finding } = await agencyFinding(work, id, expectedRevision);
    if (finding.clearinghouseCaseId !== null)
      throw new RequestError('ALREADY_EXISTS', `The finding already has the case ${finding.clearinghouseCaseId}`, [
        'input',
        'id',
      ]);
    if (finding.sharedAt === null)
      throw new InputError('The finding is not shared yet: share it with the developer before you refer it', [
        'input',
        'id',
      ]);
    const caseId = stableId('chc', id);
    const sectors = await work.database.findBy(FindingSector, 'ownerKey', [id]);
    await work.database.update(Finding, id, { clearinghouseCaseId: caseId, revision: finding.revision + 1 });
    dossier.happen({ kind: 'FINDING_REFERRED', agencyKey: work.principal.agency, objectId: id, detail: caseId });
    await dossier.save();
    work.emit(findingReferred, finding.submissionId, {
      caseId,
      findingId: id,
      agencyKey: work.principal.agency!,
      title: finding.title,
      severity: finding.severity,
      sectorKeys: sectors.map(({ targetKey }) => targetKey),
      referredAt: work.now,
      exercise: finding.exercise,
    });
    return id;
  },
});

export const findingMutations = [
  draftFinding,
  editFinding,
  dropFinding,
  markFindingNotShareable,
  readFindings,
  shareFindings,
  acknowledgeFinding,
  respondToFinding,
  closeFinding,
  referFinding,
];
