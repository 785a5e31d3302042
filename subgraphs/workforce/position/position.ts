import { Index } from 'typeorm';
import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  computed,
  dateTime,
  exerciseFlag,
  generatedId,
  integer,
  oneOf,
  refersTo,
  revisionNumber,
  text,
} from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { OccupationalSeries } from '../role/occupational-series';
import { TalentArea } from '../role/talent-area';
import { WorkRole } from '../role/work-role';
import { WorkforceEvent } from '../timeline/workforce-event';

export const PositionStatus = enumeration('PositionStatus', 'Staffing status of a position.', {
  PLANNED: 'Planned, not yet funded.',
  FUNDED_VACANT: 'Funded and vacant, with no hiring under way.',
  IN_HIRING: 'Vacant, with hiring under way.',
  FILLED: 'Held by an employee.',
  FROZEN: 'Not to be filled until further notice.',
  ABOLISHED: 'Removed from the staffing plan.',
});

export type PositionStatus = ValueOf<typeof PositionStatus>;

/** Statuses that count as a vacancy, as an SQL list. */
export const VACANT_SQL = "'FUNDED_VACANT', 'IN_HIRING'";

export const SecurityLevel = enumeration(
  'SecurityLevel',
  'Investigation or clearance level that a position requires.',
  {
    NONE: 'No investigation beyond the standard background check.',
    PUBLIC_TRUST: 'Public trust determination.',
    SECRET: 'Secret clearance.',
    TOP_SECRET: 'Top Secret clearance.',
    TS_SCI: 'Top Secret clearance with access to sensitive compartmented information (SCI).',
  },
);
export type SecurityLevel = ValueOf<typeof SecurityLevel>;

export const SupportedProgram = enumeration(
  'SupportedProgram',
  'Program of the executive order that a position supports.',
  {
    REVIEWS: 'Voluntary reviews of advanced AI models.',
    DEFENSE: 'Cyber defense of federal agencies.',
    SECTOR: 'Protection of critical-infrastructure sectors.',
    GENERAL: 'Several programs, or general support.',
  },
);
export type SupportedProgram = ValueOf<typeof SupportedProgram>;

@model('Federal position for an AI or cybersecurity professional.', { order: ['agencyKey'], sensitivity: 'GOV' })
// for groups by agency of the positions with a status, and for staffing by work role, which so read the index alone
@Index(['status', 'agencyKey', 'talentArea', 'workRoleCode'])
@Index(['agencyKey', 'workRoleCode', 'status'])
export class Position {
  @generatedId('pos') id!: string;
  @refersTo(() => Agency, 'Owning agency.', { as: 'agency', index: false }) agencyKey!: string;
  @text('Position title.', { search: true, filter: true }) title!: string;
  @belongsTo(() => OccupationalSeries, 'Occupational series of the position.', {
    as: 'series',
    length: 10,
    filter: true,
  })
  seriesCode!: string;
  @text('Pay plan, such as "GS".', { length: 10 }) payPlan!: string;
  @integer('Lowest grade at which the position can be filled.', { filter: true }) gradeLow!: number;
  @integer('Highest grade at which the position can be filled.', { filter: true }) gradeHigh!: number;
  @belongsTo(() => WorkRole, 'Primary work role.', {
    as: 'primaryWorkRole',
    length: 20,
    filter: true,
  })
  workRoleCode!: string;
  @oneOf(() => TalentArea, 'Field of expertise that the position requires.', { filter: true }) talentArea!: TalentArea;
  @oneOf(() => SecurityLevel, 'Minimum investigation or clearance level for the position.', { filter: true })
  clearance!: SecurityLevel;
  @oneOf(() => PositionStatus, 'Staffing status.', { filter: true, order: true })
  status!: PositionStatus;
  @text('Duty station, as city and state.', { filter: true }) dutyStation!: string;
  @oneOf(() => SupportedProgram, 'Program of the executive order that the position supports.', {
    filter: true,
    column: 'supports_programme',
  })
  supportsProgram!: SupportedProgram;
  @oneOf(() => PositionStatus, 'Status to which a frozen position returns. Null for other positions, and if unknown.', {
    nullable: true,
  })
  statusBeforeFreeze!: PositionStatus | null;
  @dateTime('Time the position was established.', { filter: true, order: true }) createdAt!: string;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => HiringRequest, 'positionId', 'Requests to fill the position.') hiringRequests!: unknown;
  @hasMany(() => WorkforceEvent, 'subjectId', 'Events of the position, oldest first.') timeline!: unknown;
}

export const PositionWorkRole = links(
  () => Position,
  'workRoles',
  () => WorkRole,
  { description: 'All work roles of the position, including the primary one.' },
);

export const HiringAuthority = enumeration(
  'HiringAuthority',
  'Hiring authority under which an agency fills a position.',
  {
    COMPETITIVE: 'Competitive service examining.',
    DIRECT_HIRE: 'Direct-hire authority.',
    EXCEPTED: 'Excepted service appointment.',
    CYBER_EXCEPTED: 'DoD Cyber Excepted Service.',
    SES: 'Senior Executive Service.',
    TERM: 'Term appointment.',
  },
);
export type HiringAuthority = ValueOf<typeof HiringAuthority>;

export const HiringRequestStatus = enumeration('HiringRequestStatus', 'Status of a hiring request.', {
  DRAFT: 'Being drafted by the hiring manager.',
  SUBMITTED: 'Submitted to HR.',
  HR_REVIEW: 'Under review by HR.',
  READY: 'Approved by HR and ready to announce.',
  ANNOUNCED: 'Job announcement published.',
  FILLED: 'Selectee entered on duty.',
  CANCELLED: 'Canceled before anyone was hired.',
});
export type HiringRequestStatus = ValueOf<typeof HiringRequestStatus>;

/** Statuses of requests that ended. */
const CLOSED: readonly HiringRequestStatus[] = ['FILLED', 'CANCELLED'];

/** SQL condition: a request is open, and its position is frozen. */
const isPaused = (column: (property: string) => string): string =>
  `${column('status')} NOT IN (${CLOSED.map((status) => `'${status}'`).join(', ')}) AND EXISTS (SELECT 1 FROM position pp WHERE pp.id = ${column('positionId')} AND pp.status = 'FROZEN')`;

/** Dates of a request that follow from the status of an application. */
const OF_APPLICATION = {
  derivedFrom: ['Application.status'],
  coarsened: 'Shows when the position was filled but not by whom: only readers of an application see its request.',
} as const;

@model('Request by a hiring manager to fill a position.', { order: ['-needValidatedAt'], sensitivity: 'GOV' })
// for metrics, which so read the index alone
@Index(['enteredOnDutyAt', 'needValidatedAt', 'agencyKey', 'authority', 'offerAcceptedAt', 'separatedAt', 'positionId'])
export class HiringRequest {
  @generatedId('hrq') id!: string;
  @refersTo(() => Agency, 'Requesting agency.', { as: 'agency' }) agencyKey!: string;
  @belongsTo(() => Position, 'Position to fill.', { as: 'position', filter: true }) positionId!: string;
  @dateTime(
    'Time the hiring need was validated: when the request was first submitted. Time to hire is measured from here. Null for a request never submitted.',
    { nullable: true, filter: true, order: true },
  )
  needValidatedAt!: string | null;
  @oneOf(() => HiringAuthority, 'Hiring authority used for the request.', { filter: true }) authority!: ValueOf<
    typeof HiringAuthority
  >;
  @oneOf(() => HiringRequestStatus, 'Status of the request.', { filter: true, order: true, index: true })
  status!: HiringRequestStatus;
  @dateTime('Time the selectee accepted the tentative offer.', {
    nullable: true,
    filter: true,
    ...OF_APPLICATION,
  })
  offerAcceptedAt!: string | null;
  @dateTime('Time the selectee entered on duty.', {
    nullable: true,
    filter: true,
    order: true,
    ...OF_APPLICATION,
  })
  enteredOnDutyAt!: string | null;
  @dateTime('Time the person hired left the position. Null while there, and before entry on duty.', {
    nullable: true,
    filter: true,
    order: true,
  })
  separatedAt!: string | null;
  @text('Title of the hiring manager, not a personal name.', { sensitivity: 'GOV' }) hiringManager!: string;
  @text('Title of the HR specialist, not a personal name. Null until HR takes the request.', {
    nullable: true,
    sensitivity: 'GOV',
  })
  hrSpecialist!: string | null;
  @text('Location of the job analysis in the system that stores it. Null until HR finds the request ready.', {
    nullable: true,
  })
  jobAnalysisRef!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => WorkforceEvent, 'subjectId', 'Events of the request, oldest first.') timeline!: unknown;

  @computed(() => Boolean, 'Whether the position is frozen, which pauses an open request.', {
    derivedFrom: ['HiringRequest.status', 'Position.status'],
    conditions: { true: isPaused, false: (column) => `NOT (${isPaused(column)})` },
  })
  async paused({ loaders }: Pick<Context, 'loaders'>): Promise<boolean> {
    if (CLOSED.includes(this.status)) return false;
    return (await loaders.byKey(Position).load(this.positionId))?.status === 'FROZEN';
  }
}
