import { civilDate, startOfDay } from '#base/civil';
import { InputError, RequestError } from '#base/errors';
import { addBusinessDays } from '#domain/business-days';
import { determinationIssued } from '#domain/contracts/events';
import {
  booleanInput,
  enumInput,
  expectedRevisionInput,
  idInput,
  listInput,
  longTextInput,
  optional,
  unchanged,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { Dossier } from '../dossier';
import { determinationLifecycle } from '../lifecycle';
import { sectorsInput, writeSectors } from '../named';
import { RiskDomain } from '../risk';
import type { SubmissionNotice } from '../submission-notice';
import {
  Designation,
  DesignationOutcome,
  Determination,
  DeterminationOutcome,
  DeterminationSector,
} from './determination';

/** Business days within which an answer is hoped for. */
const TARGET_BUSINESS_DAYS = 5;

/** When an answer is hoped for: five business days after filing, or the planned launch if that is earlier. */
export function determinationTarget({ filedAt, plannedLaunchAt }: SubmissionNotice): string {
  const target = startOfDay(addBusinessDays(civilDate(filedAt), TARGET_BUSINESS_DAYS));
  return target < plannedLaunchAt ? target : plannedLaunchAt;
}

/** A new draft: by invitation, or by an agency that thinks again. */
export function newDetermination(
  work: Work,
  notice: SubmissionNotice,
  agencyKey: string,
  supersedesId: string | null = null,
): Determination {
  return Object.assign(new Determination(), {
    id: work.newId('det'),
    submissionId: notice.id,
    agencyKey,
    outcome: null,
    status: determinationLifecycle.next(
      null,
      work.actor === 'SYSTEM' ? 'inviteAgency' : 'draftDetermination',
      work.actor,
      {
        rationale: null,
        outcome: null,
      },
    ),
    riskDomains: [],
    rationale: null,
    createdAt: work.now,
    targetAt: determinationTarget(notice),
    targetCompressed: false,
    issuedAt: null,
    supersedesId,
    draftKey: `${notice.id}:${agencyKey}`,
    currentKey: null,
    revision: 1,
    exercise: notice.exercise,
  });
}

const draftDetermination = mutation({
  name: 'draftDetermination',
  description:
    'Writes your agency’s draft of a determination: whether the government needs to review the model. What is left out stays. After one was issued it begins another, which will replace it.',
  by: ['AGENCY'],
  input: {
    submissionId: idInput('The submission.'),
    outcome: unchanged(enumInput(() => DeterminationOutcome, 'What your agency finds.')),
    rationale: unchanged(longTextInput('Why. It stays with your agency and oversight.')),
    riskDomains: unchanged(
      listInput(
        enumInput(() => RiskDomain, 'A risk.'),
        'Risks it is about.',
      ),
    ),
    sectors: unchanged(sectorsInput),
  },
  returns: ['determination', () => Determination],
  async run(work, { submissionId, sectors, ...input }) {
    const { database, principal } = work;
    const dossier = await Dossier.open(work, submissionId);
    const own = (await database.findBy(Determination, 'submissionId', [submissionId])).filter(
      ({ agencyKey }) => agencyKey === principal.agency,
    );
    let draft = own.find(({ status }) => status === 'DRAFT');
    if (draft) determinationLifecycle.next(draft.status, 'draftDetermination', work.actor, draft);
    else {
      const current = own.find(({ status }) => status === 'ISSUED');
      draft = newDetermination(work, dossier.notice, principal.agency!, current?.id ?? null);
      await database.insert(Determination, [draft]);
      dossier.happen({
        kind: 'DETERMINATION_DRAFTED',
        agencyKey: principal.agency,
        objectId: draft.id,
        toState: 'DRAFT',
      });
    }
    const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
    await database.update(Determination, draft.id, { ...given, revision: draft.revision + 1 });
    if (sectors !== undefined) await writeSectors(work, DeterminationSector, draft.id, sectors);
    await dossier.save();
    return draft.id;
  },
});

/** The caller's own agency's determination. */
async function ownDetermination(work: Work, id: string, expectedRevision: number) {
  const { dossier, object } = await Dossier.of(work, Determination, 'determination', id, {
    expectedRevision,
    mayKnow: ({ agencyKey }) => agencyKey === work.principal.agency,
  });
  return { dossier, determination: object };
}

const ownInput = { id: idInput('Your agency’s determination.'), expectedRevision: expectedRevisionInput() };

const issueDetermination = mutation({
  name: 'issueDetermination',
  description:
    'Issues your agency’s determination, in the place of the one before. It is advice: nothing waits for it.',
  by: ['AGENCY'],
  input: ownInput,
  returns: ['determination', () => Determination],
  async run(work, { id, expectedRevision }) {
    const { database, now } = work;
    const { dossier, determination } = await ownDetermination(work, id, expectedRevision);
    const status = determinationLifecycle.next(determination.status, 'issueDetermination', work.actor, determination);
    const { submissionId, agencyKey, outcome } = determination;
    const currentKey = `${submissionId}:${agencyKey}`;
    const [before] = await database.findBy(Determination, 'currentKey', [currentKey]);
    if (before) {
      const superseded = determinationLifecycle.next(before.status, 'supersede', work.actor, before);
      await database.update(Determination, before.id, {
        status: superseded,
        currentKey: null,
        revision: before.revision + 1,
      });
      dossier.happen({
        kind: 'DETERMINATION_SUPERSEDED',
        agencyKey,
        objectId: before.id,
        fromState: before.status,
        toState: superseded,
      });
    }
    await database.update(Determination, id, {
      status,
      issuedAt: now,
      supersedesId: before?.id ?? null,
      draftKey: null,
      currentKey,
      revision: expectedRevision + 1,
    });
    dossier.happen({
      kind: 'DETERMINATION_ISSUED',
      agencyKey,
      objectId: id,
      fromState: determination.status,
      toState: status,
      detail: outcome,
    });
    await dossier.save();
    work.emit(determinationIssued, submissionId, { agencyKey, outcome: outcome!, issuedAt: now });
    return id;
  },
});

const dropDetermination = mutation({
  name: 'dropDetermination',
  description: 'Gives a draft up: your agency makes no determination. It is read as neither consent nor objection.',
  by: ['AGENCY'],
  input: ownInput,
  returns: ['determination', () => Determination],
  async run(work, { id, expectedRevision }) {
    const { dossier, determination } = await ownDetermination(work, id, expectedRevision);
    const status = determinationLifecycle.next(determination.status, 'dropDetermination', work.actor, determination);
    await work.database.update(Determination, id, { status, draftKey: null, revision: expectedRevision + 1 });
    dossier.happen({
      kind: 'DETERMINATION_NOT_ISSUED',
      agencyKey: determination.agencyKey,
      objectId: id,
      fromState: determination.status,
      toState: status,
    });
    await dossier.save();
    return id;
  },
});

/** The agency whose director makes designations. */
const DESIGNATING_AGENCY = 'nsa';

const makeDesignation = mutation({
  name: 'makeDesignation',
  description:
    'Records the finding of the Director of NSA whether a model is a covered one. Covered means an offer to the developer, no duty. Thresholds and their results stay outside the graph.',
  by: ['AGENCY'],
  input: {
    submissionId: idInput('The submission.'),
    outcome: enumInput(() => DesignationOutcome, 'What is found.'),
    classifiedAnnexExists: optional(booleanInput('Whether an annex exists that is kept outside the graph.')),
  },
  returns: ['designation', () => Designation],
  async run(work, { submissionId, outcome, classifiedAnnexExists }) {
    if (work.principal.agency !== DESIGNATING_AGENCY)
      throw new RequestError(
        'FORBIDDEN',
        `A designation is made by the Director of NSA; you act for ${work.principal.agency}`,
      );
    const dossier = await Dossier.open(work, submissionId);
    if (dossier.notice.lifecycle === 'WITHDRAWN')
      throw new InputError('The submission was withdrawn: there is nothing to designate', ['input', 'submissionId']);
    const id = work.newId('dsg');
    await work.database.insert(Designation, [
      {
        id,
        submissionId,
        versionId: dossier.notice.versionId,
        outcome,
        madeByKey: DESIGNATING_AGENCY,
        madeAt: work.now,
        classifiedAnnexExists: classifiedAnnexExists ?? false,
        exercise: dossier.notice.exercise,
      },
    ]);
    dossier.happen({ kind: 'DESIGNATED', agencyKey: DESIGNATING_AGENCY, objectId: id, detail: outcome });
    await dossier.save();
    return id;
  },
});

export const determinationMutations = [draftDetermination, issueDetermination, dropDetermination, makeDesignation];
