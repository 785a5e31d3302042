import { civilDate } from '#base/civil';
import { InputError, RequestError, UnknownReferenceError } from '#base/errors';
import { SubjectTimelines } from '#domain/timeline';
import {
  booleanInput,
  dateInput,
  intInput,
  listInput,
  objectInput,
  optional,
  textInput,
  unchanged,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { CISA, requireCoordinatorOf } from '../actors';
import { Directive } from '../directive/directive';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { looserRows, type PolicyTable, type TimelineRow } from './due';
import { PolicyBook } from './policy-book';
import { RemediationPolicy, RemediationRow } from './remediation-policy';
import { rowsOf } from './table-1';

const ROWS = 16;

const row = objectInput(
  'RemediationRowInput',
  'Row of a table of remediation timelines that differs from the present one.',
  {
    row: intInput('Number of the row.', { min: 1, max: ROWS }),
    dueInDays: optional(
      intInput('Calendar days to remediate. Omit it to fix with the next upgrade of the system.', {
        min: 1,
        max: 1_000,
      }),
    ),
    forensicTriage: unchanged(booleanInput('Whether forensic triage is required; as at present by default.')),
  },
);

interface RowChange {
  readonly row: number;
  readonly dueInDays: number | null;
  readonly forensicTriage?: boolean;
}

/** The rows of a table with changes. @throws InputError if a row is changed twice */
function changedRows(rows: readonly TimelineRow[], changes: readonly RowChange[]): TimelineRow[] {
  const byNumber = new Map(changes.map((change) => [change.row, change]));
  const twice = changes.findIndex((change, place) => changes.findIndex((other) => other.row === change.row) !== place);
  if (twice >= 0)
    throw new InputError(`Row ${changes[twice]!.row} is listed twice: list each row once`, ['input', 'rows', twice]);
  return rows.map((present) => {
    const { row: number, publiclyExposed, inKev, automatable, technicalImpact } = present;
    const change = byNumber.get(number);
    return {
      ...{ row: number, publiclyExposed, inKev, automatable, technicalImpact },
      dueInDays: change ? change.dueInDays : present.dueInDays,
      forensicTriage: change?.forensicTriage ?? present.forensicTriage,
    };
  });
}

/** Requires that a table of an agency is stricter than that of the directive. @throws InputError */
function requireStricter(
  rows: readonly TimelineRow[],
  unratedDays: number | null,
  directive: PolicyTable,
  changes: readonly RowChange[],
): void {
  const looser = looserRows(rows, directive.rows);
  if (looser.length > 0)
    throw new InputError(
      `Row ${looser.join(', ')} is looser than the policy of the directive: an agency may only shorten timelines and add triage`,
      ['input', 'rows', changes.findIndex((change) => looser.includes(change.row))],
    );
  if ((directive.unratedDays ?? 0) < (unratedDays ?? 0))
    throw new InputError(`"unratedDays" is longer than the ${directive.unratedDays} days of the directive`, [
      'input',
      'unratedDays',
    ]);
}

/** The directive that a policy implements. @throws InputError, UnknownReferenceError */
async function directiveOf({ database, actor }: Work, number: string | null): Promise<string | null> {
  const path = ['input', 'directive'];
  if (actor === 'CISO') {
    if (number !== null)
      throw new InputError('Policies of a directive are adopted by coordinators: omit "directive"', path);
    return null;
  }
  if (number === null) throw new InputError('Send the number of the directive that the policy implements', path);
  const [directive] = await database.findBy(Directive, 'id', [number]);
  if (!directive) throw new UnknownReferenceError('directive', number, path);
  if (directive.revokedOn !== null)
    throw new InputError(`${number} was revoked on ${directive.revokedOn}: name a directive in force`, path);
  return number;
}

/** The table of the directive in force on a day. @throws InputError */
async function presentTable({ database }: Work, day: string): Promise<PolicyTable> {
  const { directive } = (await PolicyBook.read(database)).at(day, '');
  if (directive && directive.rows.length === ROWS) return directive;
  throw new InputError(`No table of timelines is in force on ${day}: choose a later day`, ['input', 'effectiveFrom']);
}

const adoptPolicy = mutation({
  name: 'adoptPolicy',
  description:
    'Adopts a remediation policy from a future day on, by the rows that differ from the table in force then. Coordinators of CISA adopt those of directives. An infrastructure officer adopts one of the agency, which may be stricter and never looser.',
  by: ['COORDINATOR', 'CISO'],
  input: {
    directive: optional(textInput('Number of the directive. Coordinators only, and required for them.', { max: 40 })),
    title: textInput('Title of the policy.'),
    effectiveFrom: dateInput('First day on which it applies. In the future.'),
    rows: listInput(row, 'Rows that differ from the table of the directive in force on that day.', { max: ROWS }),
    unratedDays: unchanged(
      intInput('Days for a vulnerability outside KEV without SSVC values; as at present by default.', {
        min: 1,
        max: 1_000,
      }),
    ),
  },
  returns: ['policy', () => RemediationPolicy],
  async run(work, { directive, title, effectiveFrom, rows: changes, unratedDays: stated }) {
    requireCoordinatorOf(work, CISA);
    const { database, principal, now } = work;
    const today = civilDate(now);
    if (effectiveFrom <= today)
      throw new InputError(`"effectiveFrom" is not in the future: it is ${today} today`, ['input', 'effectiveFrom']);
    const directiveId = await directiveOf(work, directive);
    const agencyKey = directiveId === null ? principal.agency! : null;
    const present = await presentTable(work, effectiveFrom);
    const rows = changedRows(present.rows, changes);
    const unratedDays = stated ?? present.unratedDays;
    if (agencyKey !== null) requireStricter(rows, unratedDays, present, changes);
    const id = `${directiveId ?? agencyKey!.toUpperCase()}/${effectiveFrom}`;
    if ((await database.findBy(RemediationPolicy, 'id', [id])).length > 0)
      throw new RequestError('ALREADY_EXISTS', `The policy "${id}" exists already: choose another day`, [
        'input',
        'effectiveFrom',
      ]);
    const { kevCatalogBefore } = present;
    await database.insert(RemediationPolicy, [
      {
        ...{ id, directiveId, agencyKey, title, effectiveFrom, unratedDays, kevCatalogBefore, exercise: false },
        basis: agencyKey === null ? 'TABLE_1' : 'AGENCY_STRICTER',
      },
    ]);
    await database.insert(RemediationRow, rowsOf(id, rows));
    const timelines = await SubjectTimelines.open(work, InfrastructureEvent, [id]);
    const subject = { type: 'REMEDIATION_POLICY', id, agencyKey, exercise: false };
    timelines.add(subject, timelines.timeOf(id), { kind: 'POLICY_ADOPTED', actor: work.actor });
    await timelines.save();
    return id;
  },
});

export const policyMutations = [adoptPolicy];
