import { civilDate, startOfDay } from '#base/civil';
import { InputError, RequestError } from '#base/errors';
import { DESIGNATING_AGENCY } from '#domain/agency/reviewing-agencies';
import { addBusinessDays } from '#domain/business-days';
import { DesignationOutcome } from '#domain/contracts/designation-outcome';
import { determinationIssued } from '#domain/contracts/events';
import {
  booleanInput,
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
import type { Work } from '#kit/mutation/work';
import { Dossier } from '../dossier';
import { determinationLifecycle } from '../lifecycle';
import { sectorsInput, writeSectors } from '../named';
import { RiskDomain } from '../risk';
import type { SubmissionNotice } from '../submission-notice';
import { Designation, Determination, DeterminationOutcome, DeterminationSector } from './determination';

/** Target for a determination, in business days after filing. */
const TARGET_BUSINESS_DAYS = 5;

/** Target for a determination: five business days after filing, or the planned launch if that is earlier. */
export function determinationTarget({ filedAt, plannedLaunchAt }: SubmissionNotice): string {
  const target = startOfDay(addBusinessDays(civilDate(filedAt), TARGET_BUSINESS_DAYS));
  return target < plannedLaunchAt ? target : plannedLaunchAt;
}

/** New draft, by invitation or by an agency that makes another determination. */
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
    "Drafts your agency's determination on whether the government needs to review the model. Omitted fields stay unchanged. If your agency has issued one, this starts another that will replace it.",
  by: ['AGENCY'],
  input: {
    submissionId: idInput('Submission id.'),
    outcome: unchanged(enumInput(() => DeterminationOutcome, 'Outcome that your agency reaches.')),
    rationale: unchanged(longTextInput('Reasons for the outcome. Only your agency and oversight can read them.')),
    riskDomains: unchanged(
      listInput(
        enumInput(() => RiskDomain, 'Area of risk.'),
        'Areas of risk that the determination is about.',
      ),
    ),
    sectors: unchanged(sectorsInput),
  },
  returns: ['determination', () => Determination],
  async run(work, { submissionId, sectors, ...input }) {
    const { database, principal } = work;
    const dossier = await Dossier.open(work, submissionId);
    const determinations = (await database.findBy(Determination, 'submissionId', [submissionId])).filter(
      ({ agencyKey }) => agencyKey === principal.agency,
    );
    let draft = determinations.find(({ status }) => status === 'DRAFT');
    if (draft) determinationLifecycle.next(draft.status, 'draftDetermination', work.actor, draft);
    else {
      const current = determinations.find(({ status }) => status === 'ISSUED');
      draft = newDetermination(work, dossier.notice, principal.agency!, current?.id ?? null);
      await database.insert(Determination, [draft]);
      dossier.happen({
        kind: 'DETERMINATION_DRAFTED',
        agencyKey: principal.agency,
        objectId: draft.id,
        toState: 'DRAFT',
      });
    }
    const changes = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
    await database.update(Determination, draft.id, { ...changes, revision: draft.revision + 1 });
    if (sectors !== undefined) await writeSectors(work, DeterminationSector, draft.id, sectors);
    await dossier.save();
    return draft.id;
  },
});

/** A determination of the caller's agency. */
async function ownDetermination(work: Work, id: string, expectedRevision: number) {
  const { dossier, object } = await Dossier.of(work, Determination, 'determination', id, {
    expectedRevision,
    mayKnow: ({ agencyKey }) => agencyKey === work.principal.agency,
  });
  return { dossier, determination: object };
}

const ownInput = { id: idInput("Id of your agency's determination."), expectedRevision: expectedRevisionInput() };

const issueDetermination = mutation({
  name: 'issueDetermination',
  description: "Issues your agency's determination, which replaces the one before. It is advice: nothing waits for it.",
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
  description: "Drops your agency's draft, without a determination. It means neither consent nor objection.",
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

const makeDesignation = mutation({
  name: 'makeDesignation',
  description:
    'Records a designation by the Director of NSA: whether a model is a covered model. Covered means an offer to the developer and no duty. Thresholds and test results stay outside the graph.',
  by: ['AGENCY'],
  input: {
    submissionId: idInput('Submission id.'),
    outcome: enumInput(() => DesignationOutcome, 'Outcome of the designation.'),
    criteriaEdition: optional(textInput('Name of the edition of the criteria used; never their content.', { max: 80 })),
    classifiedAnnexExists: optional(
      booleanInput('Whether a classified annex exists outside the graph; false by default.'),
    ),
  },
  returns: ['designation', () => Designation],
  async run(work, { submissionId, outcome, criteriaEdition, classifiedAnnexExists }) {
    if (work.principal.agency !== DESIGNATING_AGENCY)
      throw new RequestError(
        'FORBIDDEN',
        `Only the Director of NSA makes designations: you act for ${work.principal.agency}`,
      );
    const dossier = await Dossier.open(work, submissionId);
    if (dossier.notice.lifecycle === 'WITHDRAWN')
      throw new InputError('The developer withdrew the submission: it can no longer be designated', [
        'input',
        'submissionId',
      ]);
    const id = work.newId('dsg');
    await work.database.insert(Designation, [
      {
        id,
        submissionId,
        versionId: dossier.notice.versionId,
        inquiryId: null,
        developerKey: null,
        outcome,
        criteriaEdition,
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
