import { Int } from 'type-graphql';
import { agencyByKey } from '#domain/agency/directory';
import { marks } from '#kit/database/marks';
import { computed } from '#kit/model/fields';
import { stub, stubKey, stubOf } from '#kit/model/model';
import type { Context } from '#kit/subgraph/context';
import { Agency } from './agency';
import { Announcement } from './announcement/announcement';
import { CapabilityGap, StaffingGap, staffingGap } from './capability-gap';
import { VACANT_SQL } from './position/position';
import { WorkRole } from './role/work-role';

/**
 * One work role at one agency, which other programs reference to find who could do the work. Not stored: the key holds
 * everything. Keys with an unknown agency resolve to null.
 */
@stub('Staffing of one work role at one agency: filled positions, vacancies, and open announcements.', {
  key: 'key',
  findable: true,
})
export class AgencyWorkRole {
  @stubKey('Agency key and work role code, joined by a colon: "treasury:672".') key!: string;

  static of(key: string): AgencyWorkRole | null {
    const [agencyKey = '', code = ''] = key.split(':');
    return agencyByKey(agencyKey) && code !== '' ? Object.assign(new AgencyWorkRole(), { key }) : null;
  }

  private get agencyKey(): string {
    return this.key.split(':')[0]!;
  }

  private get code(): string {
    return this.key.split(':')[1]!;
  }

  @computed(() => Agency, 'Agency that staffs the role.', { nullable: true })
  agency(): Agency | null {
    return stubOf(Agency, this.agencyKey);
  }

  @computed(() => WorkRole, 'Work role. Null if the catalog has no role with this code.', { nullable: true })
  workRole({ loaders }: Context): Promise<WorkRole | null> {
    return loaders.byKey(WorkRole).load(this.code);
  }

  @computed(() => Int, 'Number of filled positions whose primary work role this is.', {
    sensitivity: 'GOV',
    derivedFrom: ['Position.status'],
  })
  async filled(context: Context): Promise<number> {
    return (await this.positions(context)).filled;
  }

  @computed(() => Int, 'Number of funded positions of this role that are vacant or in hiring.', {
    sensitivity: 'GOV',
    derivedFrom: ['Position.status'],
  })
  async vacancies(context: Context): Promise<number> {
    return (await this.positions(context)).vacant;
  }

  @computed(
    () => [StaffingGap],
    'Capabilities of the agency below their targets to which the role contributes, as the infrastructure program reported them.',
    { sensitivity: 'GOV', derivedFrom: ['CapabilityAssessment.tier', 'CapabilityAssessment.target'] },
  )
  async capabilityGaps({ loaders, database }: Context): Promise<StaffingGap[]> {
    const gaps = await loaders
      .batched<CapabilityGap[]>(CapabilityGap, 'of agency', async (keys) => {
        const byAgency = Map.groupBy(
          await database.findBy(CapabilityGap, 'agencyKey', keys),
          ({ agencyKey }) => agencyKey,
        );
        return keys.map((key) => byAgency.get(key) ?? []);
      })
      .load(this.agencyKey);
    return gaps
      .filter(({ roleCodes }) => roleCodes.includes(this.code))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map(staffingGap);
  }

  @computed(
    () => [Announcement],
    'Announcements of the agency for this role that accept applications today, earliest closing date first. At most 100.',
  )
  openAnnouncements({ loaders, database, clock }: Context): Promise<Announcement[]> {
    return loaders
      .batched<Announcement[]>(AgencyWorkRole, 'open announcements', async (ids) => {
        const pairs = ids.map((id) => id.split(':') as [string, string]);
        const rows = await database.summarize<Record<string, unknown> & { pair: string }>(
          `SELECT * FROM (
             SELECT ${database.selection(Announcement, 't')}, l.target_key AS roleCode,
                    ROW_NUMBER() OVER (PARTITION BY t.agency_key, l.target_key ORDER BY t.close_date, t.control_number) AS row_rank
             FROM announcement_work_roles l JOIN announcement t ON t.control_number = l.owner_key
             WHERE l.target_key IN (${marks(pairs)}) AND t.agency_key IN (${marks(pairs)})
               AND ${Announcement.acceptingSql((property) => `t.${database.column(Announcement, property)}`, `'${clock.now().toISOString()}'`)}
           ) ranked WHERE row_rank <= 100 ORDER BY row_rank`,
          [...pairs.map(([, code]) => code), ...pairs.map(([agencyKey]) => agencyKey)],
        );
        return ids.map((id) =>
          rows
            .filter((row) => `${row.agencyKey}:${row.roleCode}` === id)
            .map((row) => database.hydrate(Announcement, row)),
        );
      })
      .load(this.key);
  }

  private positions({ loaders, database }: Context): Promise<{ filled: number; vacant: number }> {
    return loaders
      .batched<{ filled: number; vacant: number }>(AgencyWorkRole, 'positions', async (ids) => {
        const pairs = ids.map((id) => id.split(':') as [string, string]);
        const rows = await database.summarize<{ agency: string; role: string; filled: number; vacant: number }>(
          `SELECT agency_key AS agency, work_role_code AS role,
                  SUM(CASE WHEN status = 'FILLED' THEN 1 ELSE 0 END) AS filled,
                  SUM(CASE WHEN status IN (${VACANT_SQL}) THEN 1 ELSE 0 END) AS vacant
           FROM ${database.dialect.quote('position')}
           WHERE agency_key IN (${marks(pairs)}) AND work_role_code IN (${marks(pairs)})
           GROUP BY agency_key, work_role_code`,
          [...pairs.map(([agencyKey]) => agencyKey), ...pairs.map(([, code]) => code)],
        );
        const countsByKey = new Map(rows.map((row) => [`${row.agency}:${row.role}`, row]));
        return ids.map((id) => ({
          filled: Number(countsByKey.get(id)?.filled ?? 0),
          vacant: Number(countsByKey.get(id)?.vacant ?? 0),
        }));
      })
      .load(this.key);
  }
}
