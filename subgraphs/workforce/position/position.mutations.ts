import { InputError, UnknownReferenceError } from '#base/errors';
import { type ChangeableType, ChangeSet, itsAgency, occurredAtInput, ofOwnAgency } from '#domain/change-set';
import { employeeReassigned, positionVacated } from '#domain/contracts/events';
import { enumeration } from '#kit/model/enumeration';
import type { ModelClass } from '#kit/model/model';
import { bulk } from '#kit/mutation/bulk';
import {
  enumInput,
  expectedRevisionInput,
  type InputFields,
  type InputOf,
  idInput,
  intInput,
  listInput,
  longTextInput,
  optional,
  textInput,
  unchanged,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import { replaceLinks } from '#kit/mutation/replace-links';
import type { Work } from '#kit/mutation/work';
import { OccupationalSeries } from '../role/occupational-series';
import { TalentArea } from '../role/talent-area';
import { WorkRole } from '../role/work-role';
import { WorkforceEvent } from '../timeline/workforce-event';
import { AuthorizedStrength } from './authorized-strength';
import { type PositionFacts, positionLifecycle } from './lifecycle';
import { Position, type PositionStatus, PositionWorkRole, SecurityLevel, SupportedProgram } from './position';
import { emitStaffing, type StaffingChange } from './staffing-events';

/** Positions as mutations change them: those of the caller's agency. */
export const POSITIONS: ChangeableType<Position, PositionStatus, PositionFacts> = {
  type: Position,
  machine: positionLifecycle,
  state: 'status',
  timeline: WorkforceEvent,
  subject: 'POSITION',
  isOpenTo: ofOwnAgency,
  agencyOf: itsAgency,
  since: ({ createdAt }) => createdAt,
};

export const SeparationKind = enumeration('SeparationKind', 'Way in which an employee left a position.', {
  QUIT: 'Resigned.',
  RETIREMENT: 'Retired.',
  TRANSFER_OUT: 'Transferred to another agency.',
  OTHER: 'Any other way.',
});

const MAX_GRADE = 18;
const grade = (which: string) => intInput(`${which} grade at which the position can be filled.`, { max: MAX_GRADE });

const description = {
  title: textInput('Position title.'),
  series: idInput('Code of the occupational series, such as "2210".'),
  payPlan: textInput('Pay plan, such as "GS".', { max: 10, pattern: /^[A-Z]{2}$/ }),
  gradeLow: grade('Lowest'),
  gradeHigh: grade('Highest'),
  primaryWorkRole: idInput('Code of the primary work role, such as "531".'),
  talentArea: enumInput(() => TalentArea, 'Field of expertise that the position requires.'),
  clearance: enumInput(() => SecurityLevel, 'Minimum investigation or clearance level.'),
  dutyStation: textInput('Duty station, as city and state.'),
  supportsProgram: enumInput(() => SupportedProgram, 'Program of the executive order that the position supports.'),
};
const furtherRoles = listInput(idInput('Code of a work role.'), 'Codes of further work roles.');

const target = {
  id: idInput('Id of the position.'),
  expectedRevision: expectedRevisionInput(),
  occurredAt: occurredAtInput(),
};
const reason = longTextInput('Reason.');

const allowed = (trigger: string): readonly string[] => [
  ...new Set(positionLifecycle.transitions.filter((row) => row.trigger === trigger).flatMap(({ by }) => by)),
];

const returns = ['position', () => Position] as const;

/** Locks positions. */
export const openPositions = (work: Work, ids: readonly string[]) => ChangeSet.open(POSITIONS, work, ids);

/** Opens the positions that inputs name. */
const open = (work: Work, inputs: readonly { readonly id: string }[]) =>
  openPositions(
    work,
    inputs.map(({ id }) => id),
  );

/** Keys that exist in a reference table. */
async function known(work: Work, type: ModelClass, keys: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = (await work.database.findBy(type, 'code', [...new Set(keys)])) as { code: string }[];
  return new Set(rows.map(({ code }) => code));
}

interface References {
  readonly series?: string;
  readonly primaryWorkRole?: string;
  readonly workRoles?: readonly string[] | null;
}

/** Reads the series and work roles that inputs name, in two statements. @returns a check of one input */
async function referencesOf(work: Work, inputs: readonly References[]): Promise<(input: References) => void> {
  const series = await known(
    work,
    OccupationalSeries,
    inputs.flatMap((input) => input.series ?? []),
  );
  const roles = await known(
    work,
    WorkRole,
    inputs.flatMap((input) => [...(input.primaryWorkRole ? [input.primaryWorkRole] : []), ...(input.workRoles ?? [])]),
  );
  return (input) => {
    if (input.series !== undefined && !series.has(input.series))
      throw new UnknownReferenceError('occupational series', input.series, ['input', 'series']);
    if (input.primaryWorkRole !== undefined && !roles.has(input.primaryWorkRole))
      throw new UnknownReferenceError('work role', input.primaryWorkRole, ['input', 'primaryWorkRole']);
    for (const [index, role] of (input.workRoles ?? []).entries())
      if (!roles.has(role)) throw new UnknownReferenceError('work role', role, ['input', 'workRoles', index]);
  };
}

function requireGrades({ gradeLow, gradeHigh }: { readonly gradeLow: number; readonly gradeHigh: number }): void {
  if (gradeLow > gradeHigh)
    throw new InputError(`"gradeLow" is ${gradeLow}, above "gradeHigh" of ${gradeHigh}`, ['input', 'gradeLow']);
}

const linksOf = (ownerKey: string, primary: string, further: readonly string[]) =>
  [...new Set([primary, ...further])].map((targetKey) => ({ ownerKey, targetKey }));

const createPosition = bulk({
  name: 'createPosition',
  plural: 'createPositions',
  description: "Plans a position of the caller's agency.",
  by: allowed('createPosition'),
  input: { ...description, workRoles: optional(furtherRoles) },
  returns,
  async open(work, inputs) {
    const positions = await open(work, []);
    const requireReferences = await referencesOf(work, inputs);
    const links: ReturnType<typeof linksOf> = [];
    return {
      apply(input) {
        const { series: seriesCode, primaryWorkRole: workRoleCode, workRoles, ...fields } = input;
        requireGrades(fields);
        requireReferences(input);
        const id = work.newId('pos');
        const added = positions.add(
          {
            ...fields,
            ...{ id, agencyKey: work.principal.agency!, seriesCode, workRoleCode, statusBeforeFreeze: null },
            ...{ createdAt: work.now, revision: 1, exercise: false },
          },
          { trigger: 'createPosition', kind: 'POSITION_CREATED' },
        );
        links.push(...linksOf(id, workRoleCode, workRoles ?? []));
        return added;
      },
      async save() {
        await positions.save();
        await work.database.insert(PositionWorkRole, links);
      },
    };
  },
});

const updates = Object.fromEntries(
  Object.entries(description).map(([name, field]) => [name, unchanged(field as never)]),
) as { [Name in keyof typeof description]: ReturnType<typeof unchanged<InputOf<typeof description>[Name]>> };

const updatePosition = mutation({
  name: 'updatePosition',
  description: 'Changes the description of a position.',
  by: allowed('updatePosition'),
  input: {
    id: target.id,
    expectedRevision: target.expectedRevision,
    ...updates,
    workRoles: unchanged(listInput(idInput('Code of a work role.'), 'Codes of all further work roles.')),
  },
  returns,
  async run(work, { id, expectedRevision, workRoles, ...input }) {
    const positions = await open(work, [{ id }]);
    const requireReferences = await referencesOf(work, [{ ...input, workRoles }]);
    const { series, primaryWorkRole, ...fields } = input;
    const changes = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
    if (Object.values({ ...input, workRoles }).every((value) => value === undefined))
      throw new InputError('The input changes nothing: send at least one field to change', ['input']);
    positions.move({ id, expectedRevision }, (position) => ({
      trigger: 'updatePosition',
      facts: { changesPrimaryRole: (primaryWorkRole ?? position.workRoleCode) !== position.workRoleCode },
      kind: 'POSITION_UPDATED',
      detail: Object.keys({ ...changes, ...(series && { series }), ...(primaryWorkRole && { primaryWorkRole }) }).join(
        ', ',
      ),
      change(next) {
        Object.assign(next, changes);
        next.seriesCode = series ?? next.seriesCode;
        next.workRoleCode = primaryWorkRole ?? next.workRoleCode;
        requireGrades(next);
        requireReferences({ ...input, workRoles });
      },
    }));
    await positions.save();
    const [position] = positions.all;
    const before = await work.database.findBy(PositionWorkRole, 'ownerKey', [id]);
    const further = workRoles ?? before.map(({ targetKey }) => targetKey);
    if (workRoles || primaryWorkRole)
      await replaceLinks(work.database, PositionWorkRole, id, [...new Set([position!.workRoleCode, ...further])]);
    return id;
  },
});

const fundPosition = bulk({
  name: 'fundPosition',
  plural: 'fundPositions',
  description: 'Funds a planned position, within the strength that the agency is authorized to have of its work role.',
  by: allowed('fundPosition'),
  input: {
    ...target,
    exceptionReason: optional(longTextInput('Reason to exceed the authorized strength; stated on the timeline.')),
  },
  returns,
  async open(work, inputs) {
    const positions = await open(work, inputs);
    const strength = await AuthorizedStrength.of(work, positions.all);
    return {
      apply(input) {
        const { exceptionReason } = input;
        return positions.move(input, (position) => ({
          trigger: 'fundPosition',
          facts: { ...strength.countsOf(position), exceptionReason },
          kind: 'POSITION_FUNDED',
          detail: exceptionReason,
          change: (next) => strength.fund(next),
        }));
      },
      save: () => positions.save(),
    };
  },
});

const freezePosition = bulk({
  name: 'freezePosition',
  plural: 'freezePositions',
  description: 'Freezes a position that is not filled, and pauses any hiring for it.',
  by: allowed('freezePosition'),
  input: { ...target, reason },
  returns,
  async open(work, inputs) {
    const positions = await open(work, inputs);
    return {
      apply: (input) =>
        positions.move(input, ({ status }) => ({
          trigger: 'freezePosition',
          kind: 'POSITION_FROZEN',
          detail: input.reason,
          change(next) {
            next.statusBeforeFreeze = status;
          },
        })),
      save: () => positions.save(),
    };
  },
});

/** Trigger that lifts a freeze, by the status before it. Positions frozen before the graph kept that status are vacant. */
const unfreezeTrigger = ({ statusBeforeFreeze }: Position): string =>
  statusBeforeFreeze === 'PLANNED'
    ? 'unfreezePlanned'
    : statusBeforeFreeze === 'IN_HIRING'
      ? 'unfreezeInHiring'
      : 'unfreezeVacant';

const unfreezePosition = bulk({
  name: 'unfreezePosition',
  plural: 'unfreezePositions',
  description: 'Lifts the freeze of a position, which returns to the status before it.',
  by: allowed('unfreezeVacant'),
  input: target,
  returns,
  async open(work, inputs) {
    const positions = await open(work, inputs);
    return {
      apply: (input) =>
        positions.move(input, (position) => ({
          trigger: unfreezeTrigger(position),
          kind: 'POSITION_UNFROZEN',
          change(next) {
            next.statusBeforeFreeze = null;
          },
        })),
      save: () => positions.save(),
    };
  },
});

const abolishPosition = bulk({
  name: 'abolishPosition',
  plural: 'abolishPositions',
  description: 'Removes a position from the staffing plan.',
  by: allowed('abolishPosition'),
  input: { ...target, reason },
  returns,
  async open(work, inputs) {
    const positions = await open(work, inputs);
    return {
      apply: (input) =>
        positions.move(input, ({ statusBeforeFreeze }) => ({
          trigger: 'abolishPosition',
          facts: { statusBeforeFreeze },
          kind: 'POSITION_ABOLISHED',
          detail: input.reason,
          change(next) {
            next.statusBeforeFreeze = null;
          },
        })),
      save: () => positions.save(),
    };
  },
});

/** A mutation of one position that only moves it. */
function moving<Fields extends InputFields>(
  trigger: string,
  kind: string,
  text: string,
  further: Fields,
  detailOf: (input: InputOf<Fields>) => string | null,
  follow: (work: Work, change: StaffingChange) => Promise<void>,
) {
  return mutation({
    name: trigger,
    description: text,
    by: allowed(trigger),
    input: { ...target, ...further },
    returns,
    async run(work, input) {
      const positions = await open(work, [input as { id: string }]);
      const detail = detailOf(input as unknown as InputOf<Fields>);
      let at = '';
      const { key } = positions.move(input as { id: string }, () => ({
        ...{ trigger, kind, detail },
        change(_next, occurredAt) {
          at = occurredAt;
        },
      }));
      await positions.save();
      await follow(work, { position: positions.get(key)!, at });
      return key;
    },
  });
}

const recordReassignment = moving(
  'recordReassignment',
  'EMPLOYEE_REASSIGNED',
  'Records that an employee of the agency was reassigned to a vacant position. It is no hire, and counts toward no goal.',
  { reason: optional(reason) },
  (input) => input.reason,
  (work, change) => emitStaffing(work, employeeReassigned, [change]),
);

const recordSeparation = moving(
  'recordSeparation',
  'EMPLOYEE_SEPARATED',
  'Records that the employee left a position, which is vacant from then on.',
  { kind: enumInput(() => SeparationKind, 'How the employee left.') },
  (input) => input.kind,
  async (work, change) => {
    await endEmployment(work, change);
    await emitStaffing(work, positionVacated, [change]);
  },
);

/** Dates the end of the hire that filled a position, if it was filled by one. */
async function endEmployment({ database }: Work, { position, at }: StaffingChange): Promise<void> {
  await database.query(
    `UPDATE hiring_request SET separated_at = ?, version = version + 1
     WHERE position_id = ? AND status = 'FILLED' AND separated_at IS NULL`,
    [at, position.id],
  );
}

export const positionMutations = [
  ...createPosition,
  updatePosition,
  ...fundPosition,
  ...freezePosition,
  ...unfreezePosition,
  ...abolishPosition,
  recordReassignment,
  recordSeparation,
];
