import { civilDate } from '#base/civil';
import { InputError, RequestError, UnknownReferenceError } from '#base/errors';
import { type ChangeableType, ChangeSet, itsAgency, ofOwnAgency } from '#domain/change-set';
import { gapRecorded } from '#domain/contracts/events';
import { bulk } from '#kit/mutation/bulk';
import {
  dateInput,
  expectedRevisionInput,
  idInput,
  intInput,
  longTextInput,
  textInput,
  unchanged,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { type AssessmentStatus, CapabilityAssessment, CapabilityDimension, DimensionWorkRole } from './capability';
import { assessmentLifecycle } from './lifecycle';

/** Assessments as mutations change them: those of the caller's agency. */
const ASSESSMENTS: ChangeableType<CapabilityAssessment, AssessmentStatus, object> = {
  type: CapabilityAssessment,
  machine: assessmentLifecycle,
  state: 'status',
  timeline: InfrastructureEvent,
  subject: 'ASSESSMENT',
  isOpenTo: ofOwnAgency,
  agencyOf: itsAgency,
};

const by = ['CISO'];
const returns = ['assessment', () => CapabilityAssessment] as const;
const tier = intInput('Implementation tier reached, 1 (partial) to 4 (adaptive).', { min: 1, max: 4 });
const goal = intInput('Target tier, 1 to 4.', { min: 1, max: 4 });
const assessedOn = dateInput('Date of the assessment. Not in the future.');
const assessor = textInput('Assessor, such as "Self-assessment".');

function requirePast({ now }: Work, day: string): void {
  const today = civilDate(now);
  if (day > today) throw new InputError(`"assessedOn" is in the future: it is ${today} today`, ['input', 'assessedOn']);
}

/**
 * The assessments in effect of the caller's agency for some outcomes. Locks the outcomes first, so that of two calls at the same time,
 * the second sees what the first one wrote (P6).
 */
class Series {
  private constructor(
    readonly outcomes: ReadonlySet<string>,
    private readonly of: readonly CapabilityAssessment[],
  ) {}

  static async open({ database, principal }: Work, dimensionIds: readonly string[]): Promise<Series> {
    const distinct = [...new Set(dimensionIds)];
    const outcomes = await database.lockAll(CapabilityDimension, distinct);
    const all = await database.findBy(CapabilityAssessment, 'dimensionId', distinct);
    return new Series(
      new Set(outcomes.map(({ id }) => id)),
      all.filter(({ agencyKey, status }) => agencyKey === principal.agency && status === 'RECORDED'),
    );
  }

  /** @throws RequestError ALREADY_EXISTS if another assessment of the outcome has the date */
  requireFree(dimensionId: string, day: string, added: readonly Dated[], than?: string): void {
    const others = [...this.of, ...added].filter(({ id }) => id !== than);
    const same = others.find((other) => other.dimensionId === dimensionId && other.assessedOn === day);
    if (same)
      throw new RequestError(
        'ALREADY_EXISTS',
        `The agency has an assessment of "${dimensionId}" on ${day} already: use correctAssessment`,
        ['input', 'assessedOn'],
      );
  }
}

type Dated = Pick<CapabilityAssessment, 'id' | 'dimensionId' | 'assessedOn'>;

/** Marks the newest assessment in effect of each outcome of the agency as current, and no other (P6). */
async function markCurrent(work: Work, dimensionIds: readonly string[]): Promise<void> {
  const { database, principal } = work;
  const all = await database.findBy(CapabilityAssessment, 'dimensionId', [...new Set(dimensionIds)]);
  const own = all.filter(({ agencyKey }) => agencyKey === principal.agency);
  const newest = new Map<string, CapabilityAssessment>();
  for (const assessment of own.filter(({ status }) => status === 'RECORDED')) {
    const best = newest.get(assessment.dimensionId);
    if (!best || assessment.assessedOn > best.assessedOn) newest.set(assessment.dimensionId, assessment);
  }
  const changed = own.filter(
    (assessment) => assessment.current !== (newest.get(assessment.dimensionId) === assessment),
  );
  await database.upsert(
    CapabilityAssessment,
    changed.map((assessment) => Object.assign(assessment, { current: !assessment.current })),
  );
  await emitGaps(
    work,
    changed.filter(({ current }) => current),
  );
}

/** Tells the workforce program about new current assessments. The locks of the outcomes keep them in order. */
async function emitGaps(work: Work, assessments: readonly CapabilityAssessment[]): Promise<void> {
  const ids = assessments.map(({ dimensionId }) => dimensionId);
  const roles = Map.groupBy(await work.database.findBy(DimensionWorkRole, 'ownerKey', ids), ({ ownerKey }) => ownerKey);
  for (const { agencyKey, dimensionId, tier: reached, target, assessedOn: on, exercise } of assessments)
    work.emit(gapRecorded, `${agencyKey}:${dimensionId}`, {
      ...{ agencyKey, dimensionId, tier: reached, target, assessedOn: on, exercise },
      roleCodes: (roles.get(dimensionId) ?? []).map(({ targetKey }) => targetKey).sort(),
    });
}

const recordAssessment = bulk({
  name: 'recordAssessment',
  plural: 'recordAssessments',
  description: "Records an assessment of the agency's capability. The newest of an outcome is the current one.",
  by,
  input: { dimension: idInput('Id of the outcome, such as "DE.CM".'), tier, target: goal, assessedOn, assessor },
  returns,
  async open(work, inputs) {
    const dimensions = inputs.map(({ dimension }) => dimension);
    const series = await Series.open(work, dimensions);
    const assessments = await ChangeSet.open(ASSESSMENTS, work, []);
    const added: Dated[] = [];
    return {
      apply({ dimension: dimensionId, ...fields }) {
        if (!series.outcomes.has(dimensionId))
          throw new UnknownReferenceError('outcome', dimensionId, ['input', 'dimension']);
        requirePast(work, fields.assessedOn);
        series.requireFree(dimensionId, fields.assessedOn, added);
        const id = work.newId('cas');
        const changed = assessments.add(
          {
            ...{ id, agencyKey: work.principal.agency!, dimensionId, ...fields },
            ...{ current: false, correctsId: null, revision: 1, exercise: false },
          },
          { trigger: 'recordAssessment', kind: 'CAPABILITY_ASSESSED' },
        );
        added.push({ id, dimensionId, assessedOn: fields.assessedOn });
        return changed;
      },
      async save() {
        await assessments.save();
        await markCurrent(
          work,
          added.map(({ dimensionId }) => dimensionId),
        );
      },
    };
  },
});

const correctAssessment = mutation({
  name: 'correctAssessment',
  description:
    'Replaces an assessment by a correction. The earlier one stays, and counts in no figure. Returns the correction.',
  by,
  input: {
    id: idInput('Id of the assessment.'),
    expectedRevision: expectedRevisionInput(),
    tier: unchanged(tier),
    target: unchanged(goal),
    assessedOn: unchanged(assessedOn),
    assessor: unchanged(assessor),
    reason: longTextInput('Reason for the correction.'),
  },
  returns,
  async run(work, { id, expectedRevision, reason, ...fields }) {
    const changes = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
    if (Object.keys(changes).length === 0)
      throw new InputError('The input changes nothing: send at least one field to change', ['input']);
    if (fields.assessedOn !== undefined) requirePast(work, fields.assessedOn);
    const [found] = await work.database.findBy(CapabilityAssessment, 'id', [id]);
    // one of others takes as long as a missing one
    const series = await Series.open(work, found && ASSESSMENTS.isOpenTo(work, found) ? [found.dimensionId] : []);
    const assessments = await ChangeSet.open(ASSESSMENTS, work, [id]);
    const former = assessments.all[0];
    assessments.move({ id, expectedRevision }, () => ({
      trigger: 'correctAssessment',
      kind: 'ASSESSMENT_CORRECTED',
      detail: reason,
      change(next) {
        next.current = false;
      },
    }));
    const { agencyKey, dimensionId, exercise } = former!;
    series.requireFree(dimensionId, fields.assessedOn ?? former!.assessedOn, [], id);
    const { tier: was, target, assessedOn: on, assessor: who } = former!;
    const { key } = assessments.add(
      {
        ...{ id: work.newId('cas'), agencyKey, dimensionId, tier: was, target, assessedOn: on, assessor: who },
        ...{ ...changes, current: false, correctsId: id, revision: 1, exercise },
      },
      { trigger: 'recordAssessment', kind: 'CAPABILITY_ASSESSED', detail: reason },
    );
    await assessments.save();
    await markCurrent(work, [dimensionId]);
    return key;
  },
});

export const capabilityMutations = [...recordAssessment, correctAssessment];
