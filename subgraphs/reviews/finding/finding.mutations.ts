import { InputError, NotFoundError, orNotFound, RequestError, requireRevision } from '#base/errors';
import { personKey } from '#base/identity/principal';
import { findingReferred, findingShared } from '#domain/contracts/events';
import { FindingSeverity } from '#domain/contracts/finding-severity';
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
  title: textInput('Title.'),
  detail: longTextInput('What was found.'),
  severity: enumInput(() => FindingSeverity, 'How grave it is.'),
  confidence: enumInput(() => Confidence, 'How sure you are.'),
  sectors: sectorsInput,
  techniques: techniquesInput,
  relatedVulnerabilities: listInput(
    textInput('A CVE id.', { max: 20, pattern: /^CVE-\d{4}-\d{4,}$/ }),
    'Known vulnerabilities it has to do with.',
  ),
};

interface Named {
  readonly sectors?: string[] | null;
  readonly techniques?: string[] | null;
  readonly relatedVulnerabilities?: string[] | null;
}

/** Writes what a finding names. */
async function writeNamed(
  work: Work,
  id: string,
  { sectors, techniques, relatedVulnerabilities }: Named,
): Promise<void> {
  if (sectors) await writeSectors(work, FindingSector, id, sectors);
  if (techniques) await writeTechniques(work, FindingTechnique, id, techniques);
  if (relatedVulnerabilities) await replaceLinks(work.database, FindingVulnerability, id, relatedVulnerabilities);
}

const draftFinding = mutation({
  name: 'draftFinding',
  description: 'Writes down what a review found. The developer sees it once it is shared.',
  by: ['AGENCY'],
  input: {
    reviewId: idInput('Your agency’s review, or one it takes part in.'),
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
        `Findings are drafted while a review evaluates or drafts; it is ${review.status}`,
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
        notShareableReason: null,
        revision: 1,
        exercise: review.exercise,
      },
    ]);
    await writeNamed(work, id, { sectors, techniques, relatedVulnerabilities });
    dossier.happen({ kind: 'FINDING_DRAFTED', agencyKey: work.principal.agency, objectId: id, toState: status });
    await dossier.save();
    return id;
  },
});

/** A finding of a review that the caller's agency leads or takes part in. */
async function agencyFinding(work: Work, id: string, expectedRevision: number) {
  const { dossier, object: finding } = await Dossier.of(work, Finding, 'finding', id);
  await orNotFound(new NotFoundError('finding', id, 'id'), ownReview(work, finding.reviewId, { participant: true }));
  requireRevision('finding', finding, expectedRevision);
  return { dossier, finding };
}

/** A finding that was shared with the caller. To the developer there are no others. */
async function sharedFinding(work: Work, id: string, expectedRevision: number) {
  const { dossier, object: finding } = await Dossier.of(work, Finding, 'finding', id);
  if (finding.sharedAt === null) throw new NotFoundError('finding', id, 'id');
  requireRevision('finding', finding, expectedRevision);
  return { dossier, finding };
}

/** Takes a finding to the state that a trigger leads to, and writes it down. */
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

const ownInput = { id: idInput('The finding.'), expectedRevision: expectedRevisionInput() };

const editFinding = mutation({
  name: 'editFinding',
  description:
    'Changes a draft of a finding. What is left out stays. Whoever had read it reads it again before it is shared.',
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
    const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
    await writeNamed(work, id, { sectors, techniques, relatedVulnerabilities });
    return moveFinding(dossier, finding, 'editFinding', 'FINDING_EDITED', {
      ...given,
      authorSubject: personKey(work.principal),
    });
  },
});

const dropFinding = mutation({
  name: 'dropFinding',
  description: 'Gives a draft of a finding up.',
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
  description: 'Records that a finding cannot be shared with the developer, and why.',
  by: ['AGENCY'],
  input: { ...ownInput, reason: textInput('Why it cannot be shared.') },
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
    'Records that you have read the drafts of a review’s findings as they are now. Findings are shared once a reviewer who did not write them has read them.',
  by: ['AGENCY'],
  input: { reviewId: idInput('Your agency’s review.') },
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
  description: 'Shares the findings of a review with the developer: all drafts but those recorded as not shareable.',
  by: ['AGENCY'],
  input: { reviewId: idInput('Your agency’s review.'), expectedRevision: expectedRevisionInput() },
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
        !readings.some((one) => one.findingId === id && one.revision === revision && one.reader !== authorSubject),
    );
    await moveReview(dossier, review, 'shareFindings', 'FINDINGS_SHARED', {
      draftFindings: drafts.length,
      unreadFindings: unread.length,
    });
    const status = findingLifecycle.next('DRAFT', 'shareFindings', work.actor, {});
    const ids = drafts.map(({ id }) => id);
    await database.query(
      `UPDATE finding SET status = ?, shared_at = ?, version = version + 1 WHERE id IN (${ids.map(() => '?').join(', ')})`,
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
    // one event a finding: an event has a bound on its size, a review has none on its findings
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
  description: 'Acknowledges a finding that was shared with you. You need not.',
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

const FindingResponse = enumeration('FindingResponse', 'What a developer says to a finding.', {
  MITIGATION_REPORTED: 'There is a mitigation.',
  DISPUTED: 'It is disputed.',
  NOTED: 'It is noted, and no more.',
});

const TRIGGER_OF_RESPONSE = {
  MITIGATION_REPORTED: 'reportMitigation',
  DISPUTED: 'disputeFinding',
  NOTED: 'noteFinding',
} as const;

const respondToFinding = mutation({
  name: 'respondToFinding',
  description: 'Answers a finding that you acknowledged.',
  by: ['DEVELOPER'],
  input: {
    ...ownInput,
    response: enumInput(() => FindingResponse, 'What you say to it.'),
    text: optional(longTextInput('Your answer.')),
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
  description: 'Closes a finding that the developer answered, or that lapsed.',
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
  description: 'Refers a shared finding that is a flaw in deployed software to the clearinghouse, which opens a case.',
  by: ['AGENCY'],
  input: ownInput,
  returns: ['finding', () => Finding],
  async run(work, { id, expectedRevision }) {
    const { dossier, finding } = await agencyFinding(work, id, expectedRevision);
    if (finding.clearinghouseCaseId !== null)
      throw new RequestError('ALREADY_EXISTS', `It has the case ${finding.clearinghouseCaseId} already`, [
        'input',
        'id',
      ]);
    if (finding.sharedAt === null)
      throw new InputError('A finding is referred once it is shared with the developer', ['input', 'id']);
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
