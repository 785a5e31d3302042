import { ExerciseReplacement } from '#domain/exercise/replacement';
import { rootsOf } from '#kit/collection/connection';
import { personKeyTables } from '#kit/encryption/person-key';
import { bulkTables, workTables } from '#kit/events/tables';
import { Subgraph } from '#kit/subgraph/subgraph';
import { WORKFORCE_ACTORS } from './actors';
import { Agency, AgencyRoots } from './agency';
import { AgencyWorkRole } from './agency-work-role';
import {
  Announcement,
  AnnouncementRequest,
  AnnouncementSeries,
  AnnouncementStatistic,
  AnnouncementWorkRole,
} from './announcement/announcement';
import { announcementMutations } from './announcement/announcement.mutations';
import { Application, Candidate, Certificate, CertificateApplication } from './application/application';
import { applicationMutations } from './application/application.mutations';
import { candidateMutations } from './application/candidate.mutations';
import { certificateMutations } from './application/certificate.mutations';
import { offerMutations } from './application/offer.mutations';
import { CapabilityDimension, CapabilityGap, workforceHandlers } from './capability-gap';
import { WorkforceFlow } from './flow/workforce-flow';
import { CapacitySnapshot } from './goal/capacity-snapshot';
import { capacityMutations } from './goal/capacity-snapshot.mutations';
import { HiringGapsResolver, HiringGoal } from './goal/hiring-goal';
import { hiringGoalMutations } from './goal/hiring-goal.mutations';
import { importers } from './importers/importers';
import { migrations } from './migrations/migrations';
import { ExecutiveOrder, TimeToHireResolver, WorkforceMetricsResolver } from './order/executive-order';
import { policies } from './policy';
import { HiringRequest, Position, PositionWorkRole } from './position/position';
import { positionMutations } from './position/position.mutations';
import { references } from './reference/references';
import { hiringRequestMutations } from './request/hiring-request.mutations';
import { OccupationalSeries } from './role/occupational-series';
import { AppointmentType, OpmAgency } from './role/opm-code';
import { Ksat, WorkRole, WorkRoleAdditionalKsat, WorkRoleCoreKsat, WorkRoleCounterpart } from './role/work-role';
import { ROLES } from './roles';
import { workforceSchedule } from './schedule';
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
    AnnouncementRequest,
    AnnouncementStatistic,
    Candidate,
    Application,
    Certificate,
    CertificateApplication,
    HiringGoal,
    CapacitySnapshot,
    WorkforceFlow,
    WorkforceEvent,
    CapabilityGap,
    ExerciseReplacement,
    ...workTables,
    ...bulkTables,
    ...personKeyTables,
  ],
  stubs: [Agency, AgencyWorkRole, CapabilityDimension, ExecutiveOrder],
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
  mutations: [
    ...capacityMutations,
    ...positionMutations,
    ...hiringGoalMutations,
    ...hiringRequestMutations,
    ...announcementMutations,
    ...candidateMutations,
    ...applicationMutations,
    ...certificateMutations,
    ...offerMutations,
  ],
  handlers: workforceHandlers,
  schedule: workforceSchedule,
  policies,
  migrations,
  references,
  importers,
});
