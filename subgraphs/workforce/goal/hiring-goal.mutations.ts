import { civilDate, fiscalYear } from '#base/civil';
import { InputError, RequestError, UnknownReferenceError } from '#base/errors';
import { agencyByKey } from '#domain/agency/directory';
import { type ChangeableType, ChangeSet, itsAgency, ofOwnAgency } from '#domain/change-set';
import { marks } from '#kit/database/marks';
import { bulk } from '#kit/mutation/bulk';
import { expectedRevisionInput, idInput, intInput, longTextInput, optional, textInput } from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { WorkRole } from '../role/work-role';
import { WorkforceEvent } from '../timeline/workforce-event';
import { HiringGoal, type HiringGoalStatus } from './hiring-goal';
import { hiringGoalLifecycle } from './lifecycle';

/** Agency whose HR office may change the goals of all agencies. */
const OPM = 'opm';

/** Hiring goals as mutations change them: those of the caller's agency, and for OPM those of all. */
const HIRING_GOALS: ChangeableType<HiringGoal, HiringGoalStatus, object> = {
  type: HiringGoal,
  machine: hiringGoalLifecycle,
  state: 'status',
  timeline: WorkforceEvent,
  subject: 'HIRING_GOAL',
  isOpenTo: (work, goal) => ofOwnAgency(work, goal) || work.principal.agency === OPM,
  agencyOf: itsAgency,
};

/** Fiscal years before and after the current one for which goals can be set. */
const MAX_YEARS = 2;

type Purpose = Pick<HiringGoal, 'agencyKey' | 'workRoleCode' | 'fiscalYear' | 'initiative'>;
const activeKeyOf = ({ agencyKey, workRoleCode, fiscalYear: year, initiative }: Purpose): string =>
  [agencyKey, workRoleCode, year, initiative ?? ''].join(':');

function agencyOf({ principal }: Work, stated: string | null): string {
  const path = ['input', 'agencyKey'];
  const agencyKey = stated ?? principal.agency!;
  if (agencyKey !== principal.agency && principal.agency !== OPM)
    throw new RequestError('FORBIDDEN', 'Only the HR office of OPM sets goals of other agencies', path);
  if (!agencyByKey(agencyKey)) throw new UnknownReferenceError('agency', agencyKey, path);
  return agencyKey;
}

function requireNearYear({ now }: Work, year: number): void {
  const current = fiscalYear(civilDate(now));
  const [first, last] = [current - MAX_YEARS, current + MAX_YEARS];
  if (year < first || year > last)
    throw new InputError(`"fiscalYear" is ${year}: it must be between ${first} and ${last}`, ['input', 'fiscalYear']);
}

/** Keys of the active goals for these roles and years, of all agencies. */
async function activeGoals(
  { database }: Work,
  roles: readonly string[],
  years: readonly number[],
): Promise<Set<string>> {
  if (roles.length === 0) return new Set();
  const rows = await database.query<Purpose>(
    `SELECT agency_key AS agencyKey, work_role_code AS workRoleCode, fiscal_year AS fiscalYear, initiative
     FROM ${database.table(HiringGoal)}
     WHERE status = 'ACTIVE' AND work_role_code IN (${marks(roles)}) AND fiscal_year IN (${marks(years)})`,
    [...roles, ...years],
  );
  return new Set(rows.map(activeKeyOf));
}

const setHiringGoal = bulk({
  name: 'setHiringGoal',
  plural: 'setHiringGoals',
  description: 'Sets the goal of an agency for a work role and fiscal year.',
  by: ['HR'],
  input: {
    workRole: idInput('Code of the work role to hire for, such as "531".'),
    fiscalYear: intInput('Fiscal year, at most two years from the current one.', { min: 2000, max: 2100 }),
    target: intInput('Number of people to hire.', { max: 1_000_000 }),
    initiative: optional(textInput('Initiative to which the goal belongs, such as "U.S. Tech Force".', { max: 100 })),
    agencyKey: optional(idInput("Key of the agency. Defaults to the caller's; only OPM may name another.")),
  },
  returns: ['hiringGoal', () => HiringGoal],
  async open(work, inputs) {
    const goals = await ChangeSet.open(HIRING_GOALS, work, []);
    const codes = [...new Set(inputs.map(({ workRole }) => workRole))];
    const roles = new Set((await work.database.findBy(WorkRole, 'code', codes)).map(({ code }) => code));
    const active = await activeGoals(work, codes, [...new Set(inputs.map((input) => input.fiscalYear))]);
    return {
      apply({ workRole: workRoleCode, agencyKey: stated, ...fields }) {
        const agencyKey = agencyOf(work, stated);
        requireNearYear(work, fields.fiscalYear);
        if (!roles.has(workRoleCode)) throw new UnknownReferenceError('work role', workRoleCode, ['input', 'workRole']);
        const activeKey = activeKeyOf({ agencyKey, workRoleCode, ...fields });
        if (active.has(activeKey))
          throw new RequestError(
            'ALREADY_EXISTS',
            `"${agencyKey}" already has a goal for the work role "${workRoleCode}" in fiscal year ${fields.fiscalYear}: use reviseHiringGoal`,
            ['input', 'workRole'],
          );
        const added = goals.add(
          { ...fields, ...{ id: work.newId('gol'), agencyKey, workRoleCode, activeKey, revision: 1, exercise: false } },
          { trigger: 'setHiringGoal', kind: 'GOAL_SET', detail: `Target: ${fields.target}` },
        );
        active.add(activeKey);
        return added;
      },
      save: () => goals.save(),
    };
  },
});

const target = { id: idInput('Id of the hiring goal.'), expectedRevision: expectedRevisionInput() };

const reviseHiringGoal = mutation({
  name: 'reviseHiringGoal',
  description: 'Changes the target of a hiring goal. Its timeline keeps the earlier one.',
  by: ['HR'],
  input: {
    ...target,
    target: intInput('Number of people to hire.', { max: 1_000_000 }),
    reason: longTextInput('Reason for the change.'),
  },
  returns: ['hiringGoal', () => HiringGoal],
  async run(work, input) {
    const goals = await ChangeSet.open(HIRING_GOALS, work, [input.id]);
    const { key } = goals.move(input, (goal) => ({
      trigger: 'reviseHiringGoal',
      kind: 'GOAL_REVISED',
      detail: `Target: ${input.target}, before ${goal.target}. ${input.reason}`,
      change(next) {
        next.target = input.target;
      },
    }));
    await goals.save();
    return key;
  },
});

const retireGoal = mutation({
  name: 'retireGoal',
  description: 'Retires a hiring goal, which then counts in no figure.',
  by: ['HR'],
  input: { ...target, reason: longTextInput('Reason for retiring the goal.') },
  returns: ['hiringGoal', () => HiringGoal],
  async run(work, input) {
    const goals = await ChangeSet.open(HIRING_GOALS, work, [input.id]);
    const { key } = goals.move(input, () => ({
      trigger: 'retireGoal',
      kind: 'GOAL_RETIRED',
      detail: input.reason,
      change(next) {
        next.activeKey = null;
      },
    }));
    await goals.save();
    return key;
  },
});

export const hiringGoalMutations = [...setHiringGoal, reviseHiringGoal, retireGoal];
