import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
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
import { Agency } from '../agency';
import { OccupationalSeries } from '../role/occupational-series';
import { TalentArea } from '../role/talent-area';
import { WorkRole } from '../role/work-role';

export const PositionStatus = enumeration('PositionStatus', 'Where a position stands.', {
  PLANNED: 'Planned.',
  FUNDED_VACANT: 'Funded and vacant.',
  IN_HIRING: 'Being filled.',
  FILLED: 'Filled.',
  FROZEN: 'Frozen.',
  ABOLISHED: 'Abolished.',
});

/** The states in which a position wants a person, as an SQL list. */
export const VACANT_SQL = "'FUNDED_VACANT', 'IN_HIRING'";

export const SecurityLevel = enumeration('SecurityLevel', 'How far a person must be vetted for a position.', {
  NONE: 'Not beyond the usual.',
  PUBLIC_TRUST: 'Public trust.',
  SECRET: 'Secret.',
  TOP_SECRET: 'Top secret.',
  TS_SCI: 'Top secret with sensitive compartmented information.',
});

export const SupportedProgram = enumeration('SupportedProgram', 'Which program of the order a position serves.', {
  REVIEWS: 'Reviews of models.',
  DEFENSE: 'Cyber defense of agencies.',
  SECTOR: 'Protection of critical-infrastructure sectors.',
  GENERAL: 'All of them, or others.',
});

@model('A position of an agency.', { order: ['agencyKey'], sensitivity: 'GOV' })
export class Position {
  @generatedId('pos') id!: string;
  @refersTo(() => Agency, 'Whose it is.', { as: 'agency' }) agencyKey!: string;
  @text('Title.', { filter: true }) title!: string;
  @belongsTo(() => OccupationalSeries, 'Occupational series.', { as: 'series', length: 10, filter: true })
  seriesCode!: string;
  @text('Pay plan, such as "GS".', { length: 10 }) payPlan!: string;
  @integer('Lowest grade.', { filter: true }) gradeLow!: number;
  @integer('Highest grade.', { filter: true }) gradeHigh!: number;
  @belongsTo(() => WorkRole, 'The role that most of its work is of.', {
    as: 'primaryWorkRole',
    length: 20,
    filter: true,
  })
  workRoleCode!: string;
  @oneOf(() => TalentArea, 'What kind of talent it is for.', { filter: true }) talentArea!: TalentArea;
  @oneOf(() => SecurityLevel, 'How far its holder must be vetted.', { filter: true }) clearance!: ValueOf<
    typeof SecurityLevel
  >;
  @oneOf(() => PositionStatus, 'Where it stands.', { filter: true, order: true, index: true }) status!: ValueOf<
    typeof PositionStatus
  >;
  @text('Duty station.', { filter: true }) dutyStation!: string;
  @oneOf(() => SupportedProgram, 'Program it serves.', { filter: true, column: 'supports_programme' })
  supportsProgram!: ValueOf<typeof SupportedProgram>;
  @dateTime('When it was set up.', { filter: true, order: true }) createdAt!: string;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => HiringRequest, 'positionId', 'Requests to fill it.') hiringRequests!: unknown;
}

export const PositionWorkRole = links(
  () => Position,
  'workRoles',
  () => WorkRole,
  { description: 'All roles its work is of.' },
);

export const HiringAuthority = enumeration('HiringAuthority', 'Under which authority a position is filled.', {
  COMPETITIVE: 'Competitive service.',
  DIRECT_HIRE: 'Direct hire.',
  EXCEPTED: 'Excepted service.',
  CYBER_EXCEPTED: 'Cyber excepted service.',
  SES: 'Senior Executive Service.',
  TERM: 'For a term.',
});

export const HiringRequestStatus = enumeration('HiringRequestStatus', 'Where a request to fill positions stands.', {
  DRAFT: 'Being written.',
  SUBMITTED: 'Handed to HR.',
  HR_REVIEW: 'Being worked on by HR.',
  READY: 'Ready to be announced.',
  ANNOUNCED: 'Announced.',
  FILLED: 'Filled.',
  CANCELLED: 'Canceled.',
});

/** Dates of a request that an applicant's status makes. */
const OF_APPLICATION = {
  derivedFrom: ['Application.status'],
  coarsened: 'It says when a post was filled, and of whom nothing: applications name no request.',
} as const;

@model('A request to fill a position.', { order: ['-needValidatedAt'], sensitivity: 'GOV' })
export class HiringRequest {
  @generatedId('hrq') id!: string;
  @refersTo(() => Agency, 'Whose it is.', { as: 'agency' }) agencyKey!: string;
  @belongsTo(() => Position, 'What is to be filled.', { as: 'position', filter: true }) positionId!: string;
  @dateTime('When the need was confirmed: the time to hire counts from here.', {
    filter: true,
    order: true,
  })
  needValidatedAt!: string;
  @oneOf(() => HiringAuthority, 'Under which authority.', { filter: true }) authority!: ValueOf<typeof HiringAuthority>;
  @oneOf(() => HiringRequestStatus, 'Where it stands.', { filter: true, order: true, index: true })
  status!: ValueOf<typeof HiringRequestStatus>;
  @dateTime('When the chosen person accepted the tentative offer.', {
    nullable: true,
    filter: true,
    ...OF_APPLICATION,
  })
  offerAcceptedAt!: string | null;
  @dateTime('When the chosen person entered on duty.', {
    nullable: true,
    filter: true,
    order: true,
    index: true,
    ...OF_APPLICATION,
  })
  enteredOnDutyAt!: string | null;
  @text('Post of the hiring manager.', { sensitivity: 'GOV' }) hiringManager!: string;
  @text('Post of the HR specialist.', { sensitivity: 'GOV' }) hrSpecialist!: string;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;
}
