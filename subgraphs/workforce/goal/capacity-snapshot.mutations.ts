import { civilDate } from '#base/civil';
import { UnknownReferenceError } from '#base/errors';
import type { Database } from '#kit/database/database';
import { stableId } from '#kit/ids';
import { idInput, intInput } from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { scheduled } from '#kit/subgraph/schedule';
import { Position } from '../position/position';
import { WorkRole } from '../role/work-role';
import { CapacitySnapshot } from './capacity-snapshot';

type Staffed = Pick<CapacitySnapshot, 'agencyKey' | 'workRoleCode'>;

const recordAuthorizedStrength = mutation({
  name: 'recordAuthorizedStrength',
  description:
    'Records how many positions of a work role the agency is authorized to have. Funding more of them requires a reason.',
  by: ['HR'],
  input: {
    workRole: idInput('Code of the work role, such as "531".'),
    authorized: intInput('Number of authorized positions.', { max: 1_000_000 }),
  },
  returns: ['snapshot', () => CapacitySnapshot],
  async run(work, { workRole: workRoleCode, authorized }) {
    const agencyKey = work.principal.agency!;
    if ((await work.database.findBy(WorkRole, 'code', [workRoleCode])).length === 0)
      throw new UnknownReferenceError('work role', workRoleCode, ['input', 'workRole']);
    const [current] = await currentSnapshots(work.database, { agencyKey, workRoleCode });
    return takeSnapshot(work, { agencyKey, workRoleCode, exercise: current?.exercise ?? false }, authorized);
  },
});

/** The current snapshot of a role at an agency, locked; none if the agency never recorded a strength. */
async function currentSnapshots(database: Database, { agencyKey, workRoleCode }: Staffed): Promise<CapacitySnapshot[]> {
  const rows = await database.query(
    `SELECT ${database.selection(CapacitySnapshot, 's')} FROM ${database.table(CapacitySnapshot)} s
     WHERE s.agency_key = ? AND s.work_role_code = ? AND s.${database.column(CapacitySnapshot, 'current')} = 1 ${database.dialect.forUpdate}`,
    [agencyKey, workRoleCode],
  );
  return rows.map((row) => database.hydrate(CapacitySnapshot, row));
}

/**
 * Counts the positions of a role at an agency into the snapshot of today, which becomes the current one.
 * @returns its id
 */
async function takeSnapshot(
  { database, now }: Work,
  { agencyKey, workRoleCode, exercise }: Staffed & Pick<CapacitySnapshot, 'exercise'>,
  authorized: number,
): Promise<string> {
  const asOf = civilDate(now);
  const id = stableId('cap', agencyKey, workRoleCode, asOf);
  const counts = await database.query<{ status: string; n: number }>(
    `SELECT status, COUNT(*) AS n FROM ${database.table(Position)} WHERE agency_key = ? AND work_role_code = ? GROUP BY status`,
    [agencyKey, workRoleCode],
  );
  const count = (status: Position['status']) => Number(counts.find((row) => row.status === status)?.n ?? 0);
  const current = database.column(CapacitySnapshot, 'current');
  await database.query(
    `UPDATE ${database.table(CapacitySnapshot)} SET ${current} = 0 WHERE agency_key = ? AND work_role_code = ? AND ${current} = 1`,
    [agencyKey, workRoleCode],
  );
  await database.upsert(CapacitySnapshot, [
    {
      ...{ id, agencyKey, workRoleCode, staffingId: `${agencyKey}:${workRoleCode}`, asOf, current: true, authorized },
      ...{ filled: count('FILLED'), vacant: count('FUNDED_VACANT') + count('IN_HIRING'), inHiring: count('IN_HIRING') },
      exercise,
    },
  ]);
  return id;
}

/** Takes a snapshot each day, in the official zone, of each role for which an agency recorded a strength. */
export const takeSnapshots = scheduled(
  'take snapshots of staffing',
  async (database, now, limit) => {
    const rows = await database.query<{ id: string }>(
      `SELECT id FROM ${database.table(CapacitySnapshot)}
       WHERE ${database.column(CapacitySnapshot, 'current')} = 1 AND as_of < ? ORDER BY as_of, id LIMIT ${limit}`,
      [civilDate(now)],
    );
    return rows.map(({ id }) => id);
  },
  async (work, id) => {
    const snapshot = await work.database.lock(CapacitySnapshot, id);
    if (!snapshot?.current || snapshot.asOf >= civilDate(work.now)) return;
    await takeSnapshot(work, snapshot, snapshot.authorized);
  },
);

export const capacityMutations = [recordAuthorizedStrength];
