import { AgencyFields, agencyRootsOf, declareAgency } from '#domain/agency/agency';
import { hasMany } from '#kit/collection/connection';
import { Announcement, AnnouncementStatistic } from './announcement/announcement';
import { WorkforceFlow } from './flow/workforce-flow';
import { CapacitySnapshot } from './goal/capacity-snapshot';
import { HiringGoal } from './goal/hiring-goal';
import { HiringRequest, Position } from './position/position';

/** An agency, as the workforce program extends it. */
export class Agency extends AgencyFields {
  @hasMany(() => Position, 'agencyKey', 'Its positions for AI and cybersecurity professionals.') positions!: unknown;
  @hasMany(() => HiringRequest, 'agencyKey', 'Its requests to fill positions.') hiringRequests!: unknown;
  @hasMany(() => Announcement, 'agencyKey', 'Its job announcements.') announcements!: unknown;
  @hasMany(() => HiringGoal, 'agencyKey', 'Its hiring goals.') hiringGoals!: unknown;
  @hasMany(
    () => CapacitySnapshot,
    'agencyKey',
    'How it staffs each work role; order by vacant to see what it lacks most.',
  )
  capacity!: unknown;
  @hasMany(() => WorkforceFlow, 'agencyKey', 'People who joined and left it, by month.') workforceFlow!: unknown;
  @hasMany(() => AnnouncementStatistic, 'agencyKey', 'Counts of its announcements by status.')
  announcementStatistics!: unknown;
}
declareAgency(Agency);

export const AgencyRoots = agencyRootsOf(Agency);
