import { ExerciseReplacement } from '#domain/exercise/replacement';
import { rootsOf } from '#kit/collection/connection';
import { bulkTables, workTables } from '#kit/events/tables';
import { forgetIdempotencyKeys } from '#kit/subgraph/schedule';
import { Subgraph } from '#kit/subgraph/subgraph';
import { WORKFORCE_ACTORS } from './actors';
import { Agency, AgencyRoots } from './agency';
import { AgencyWorkRole } from './agency-work-role';
import {
  Announcement,
  AnnouncementSeries,
  AnnouncementStatistic,
  AnnouncementWorkRole,
} from './announcement/announcement';
import { Application, Candidate, Certificate, CertificateApplication } from './application/application';
import { WorkforceFlow } from './flow/workforce-flow';
import { CapacitySnapshot } from './goal/capacity-snapshot';
import { HiringGapsResolver, HiringGoal } from './goal/hiring-goal';
import { hiringGoalMutations } from './goal/hiring-goal.mutations';
import { importers } from './importers/importers';
import { migrations } from './migrations/migrations';
import { ExecutiveOrder, TimeToHireResolver, WorkforceMetricsResolver } from './order/executive-order';
import { policies } from './policy';
import { HiringRequest, Position, PositionWorkRole } from './position/position';
import { positionMutations } from './position/position.mutations';
import { references } from './reference/references';
import { OccupationalSeries } from './role/occupational-series';
import { AppointmentType, OpmAgency } from './role/opm-code';
import { Ksat, WorkRole, WorkRoleAdditionalKsat, WorkRoleCoreKsat, WorkRoleCounterpart } from './role/work-role';
import { ROLES } from './roles';
import { WorkforceEvent } from './timeline/workforce-event';

export const workforce = new Subgraph({
  name: 'workforce',
  description: 'AI and cybersecurity workforce: work roles, positions, hiring, and monthly flows.',
  owners: ['opm'],
  roles: ROLES,
  actors: WORKFORCE_ACTORS,
  entities: [
    WorkRole,
    Ksat,
    WorkRoleCoreKsat,
    WorkRoleAdditionalKsat,
    WorkRoleCounterpart,
    OccupationalSeries,
    AppointmentType,
    OpmAgency,
    Position,
    PositionWorkRole,
    HiringRequest,
    Announcement,
    AnnouncementSeries,
    AnnouncementWorkRole,
    AnnouncementStatistic,
    Candidate,
    Application,
    Certificate,
    CertificateApplication,
    HiringGoal,
    CapacitySnapshot,
    WorkforceFlow,
    WorkforceEvent,
    ExerciseReplacement,
    ...workTables,
    ...bulkTables,
  ],
  stubs: [Agency, AgencyWorkRole, ExecutiveOrder],
  resolvers: [
    AgencyRoots,
    HiringGapsResolver,
    TimeToHireResolver,
    WorkforceMetricsResolver,
    rootsOf(WorkRole, { one: 'workRole', many: 'workRoles', keys: 'workRoleKeys' }),
    rootsOf(Ksat, { one: 'ksat', many: 'ksats' }),
    rootsOf(OccupationalSeries, { one: 'occupationalSeries', many: 'allOccupationalSeries' }),
    rootsOf(AppointmentType, { one: 'appointmentType', many: 'appointmentTypes' }),
    rootsOf(OpmAgency, { one: 'opmAgency', many: 'opmAgencies' }),
    rootsOf(Position, { one: 'position', many: 'positions' }),
    rootsOf(HiringRequest, { one: 'hiringRequest', many: 'hiringRequests' }),
    rootsOf(Announcement, { one: 'announcement', many: 'announcements' }),
    rootsOf(AnnouncementStatistic, { one: 'announcementStatistic', many: 'announcementStatistics' }),
    rootsOf(Application, { one: 'application', many: 'applications' }),
    rootsOf(Certificate, { one: 'certificate', many: 'certificates' }),
    rootsOf(HiringGoal, { one: 'hiringGoal', many: 'hiringGoals' }),
    rootsOf(CapacitySnapshot, { one: 'capacitySnapshot', many: 'capacitySnapshots' }),
    rootsOf(WorkforceFlow, { one: 'workforceFlow', many: 'workforceFlows' }),
  ],
  mutations: [...positionMutations, ...hiringGoalMutations],
  schedule: [forgetIdempotencyKeys],
  policies,
  migrations,
  references,
  importers,
});
