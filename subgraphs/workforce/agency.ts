import { AgencyFields, agencyRootsOf, declareAgency } from '#domain/agency/agency';
import { hasMany } from '#kit/collection/connection';
import { Announcement, AnnouncementStatistic } from './announcement/announcement';
import { WorkforceFlow } from './flow/workforce-flow';
import { CapacitySnapshot } from './goal/capacity-snapshot';
import { HiringGoal } from './goal/hiring-goal';
import { HiringRequest, Position } from './position/position';

/** Agency fields that the workforce program adds. */
export class Agency extends AgencyFields {
  @hasMany(() => Position, 'agencyKey', "The agency's positions for AI and cybersecurity professionals.")
  positions!: unknown;
  @hasMany(() => HiringRequest, 'agencyKey', "The agency's requests to fill positions.") hiringRequests!: unknown;
  @hasMany(() => Announcement, 'agencyKey', "The agency's job announcements.") announcements!: unknown;
  @hasMany(() => HiringGoal, 'agencyKey', "The agency's hiring goals by work role and fiscal year.")
  hiringGoals!: unknown;
  @hasMany(
    () => CapacitySnapshot,
    'agencyKey',
    'Staffing snapshots of the agency by work role. Order by VACANT, descending, for the largest shortages first.',
  )
  capacity!: unknown;
  @hasMany(() => WorkforceFlow, 'agencyKey', 'Monthly counts of people who joined and left the agency.')
  workforceFlow!: unknown;
  @hasMany(() => AnnouncementStatistic, 'agencyKey', "Counts of the agency's announcements by status.")
  announcementStatistics!: unknown;
}
declareAgency(Agency);

export const AgencyRoots = agencyRootsOf(Agency);
