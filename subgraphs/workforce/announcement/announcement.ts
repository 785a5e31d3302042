import { Index } from 'typeorm';
import { civilDate } from '#base/civil';
import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  cents,
  computed,
  date,
  exerciseFlag,
  integer,
  key,
  longText,
  oneOf,
  refersTo,
  revisionNumber,
  text,
  textList,
  url,
} from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { Application, Certificate } from '../application/application';
import { HiringRequest } from '../position/position';
import { OccupationalSeries } from '../role/occupational-series';
import { TalentArea } from '../role/talent-area';
import { WorkRole } from '../role/work-role';
import { WorkforceEvent } from '../timeline/workforce-event';

export const AnnouncementStatus = enumeration('AnnouncementStatus', 'USAJOBS status of a job announcement.', {
  ACCEPTING_APPLICATIONS: 'Open for applications.',
  APPLICATIONS_UNDER_REVIEW: 'The agency is reviewing applications.',
  CANDIDATE_SELECTED: 'The agency has selected a candidate.',
  JOB_CLOSED: 'The announcement is closed.',
  JOB_CANCELED: 'The agency canceled the announcement.',
});
export type AnnouncementStatus = ValueOf<typeof AnnouncementStatus>;

/** Quotes a civil day for SQL from the instant literal `now`; the official day lags UTC by four or five hours. */
const today = (now: string) => `'${civilDate(now.slice(1, -1))}'`;
const accepts = (column: (property: string) => string, now: string) =>
  `${column('openDate')} <= ${today(now)} AND ${column('closeDate')} >= ${today(now)} AND COALESCE(${column('status')}, 'ACCEPTING_APPLICATIONS') = 'ACCEPTING_APPLICATIONS'`;

@model('Job announcement, on USAJOBS or from exercise data.', { key: 'controlNumber', order: ['-openDate'] })
// for the announcements of an agency, latest first
@Index(['agencyKey', 'openDate'])
// for groups by agency and month of the announcements of talent areas
@Index(['talentArea', 'openDate', 'agencyKey'])
export class Announcement {
  @key('USAJOBS control number, or the number assigned by another publisher.', { length: 60 }) controlNumber!: string;
  @refersTo(() => Agency, 'Hiring agency. Null if the published name matches no agency of the graph.', {
    as: 'agency',
    nullable: true,
    index: false,
  })
  agencyKey!: string | null;
  @text('Department as published. Null if the publisher names none.', {
    nullable: true,
    filter: true,
    order: true,
  })
  department!: string | null;
  @text('Component of the department, as published.', { nullable: true, filter: true }) subagency!: string | null;
  @text('Job title.', { search: true, filter: true, order: true }) title!: string;
  @date('First day on which applications are accepted.', { filter: true, order: true }) openDate!: string;
  @date('Last day on which applications are accepted. Null if not published.', {
    nullable: true,
    filter: true,
    order: true,
    index: true,
  })
  closeDate!: string | null;
  @text('Pay plan and grade, such as "GS-12".', { nullable: true, length: 40 }) payPlanGrade!: string | null;
  @text('Lowest grade offered.', { nullable: true, filter: true, length: 10 }) gradeLow!: string | null;
  @text('Highest grade offered.', { nullable: true, filter: true, length: 10 }) gradeHigh!: string | null;
  @cents('Lowest annual salary offered.', { nullable: true, filter: true, order: true, column: 'salary_min' })
  salaryMinCents!: number | null;
  @cents('Highest annual salary offered.', { nullable: true, filter: true, order: true, column: 'salary_max' })
  salaryMaxCents!: number | null;
  @text('Number of openings as published. Publishers also write "FEW" and "MANY".', { nullable: true, length: 20 })
  openings!: string | null;
  @text('Type of appointment, such as "Permanent".', { nullable: true, filter: true, length: 80 }) appointmentType!:
    | string
    | null;
  @text('Service of the position: competitive, excepted, or senior executive.', {
    nullable: true,
    filter: true,
    length: 80,
  })
  serviceType!: string | null;
  @textList('Groups eligible to apply, as published, such as "public".') hiringPaths!: string[];
  @text('Job location as published.', { nullable: true, filter: true, length: 500 }) location!: string | null;
  @oneOf(
    () => TalentArea,
    'Field of expertise that the announcement recruits for. Inferred from the title if not published.',
    { filter: true, order: true },
  )
  talentArea!: TalentArea;
  @oneOf(() => AnnouncementStatus, 'Status of the announcement. Null if not published.', {
    nullable: true,
    filter: true,
    order: true,
    index: true,
  })
  status!: AnnouncementStatus | null;
  @url('Web page of the announcement.', { nullable: true }) url!: string | null;
  @longText('Duties of the job. Null if not published.', { nullable: true }) duties!: string | null;
  @longText('Required qualifications. Null if not published.', { nullable: true }) qualifications!: string | null;
  @integer('Number of applications received. Null if unknown.', {
    nullable: true,
    sensitivity: 'GOV',
    counted: { of: ['Application.announcement'], wholeFor: ['hr-specialist', 'hiring-manager', 'inspector'] },
  })
  applicationCount!: number | null;
  @belongsTo(() => HiringRequest, 'First hiring request that the announcement serves.', {
    as: 'hiringRequest',
    nullable: true,
    sensitivity: 'GOV',
    deprecated: 'Use hiringRequests: an announcement can serve several requests.',
  })
  requestId!: string | null;
  @revisionNumber({ default: 1 }) revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => Application, 'controlNumber', 'Applications received for the announcement.') applications!: unknown;
  @hasMany(
    () => Certificate,
    'controlNumber',
    'Certificates of eligible candidates that HR drew from the announcement.',
  )
  certificates!: unknown;
  @hasMany(() => WorkforceEvent, 'subjectId', 'Events of the announcement, oldest first.')
  timeline!: unknown;

  /** SQL condition: the announcement accepts applications at an instant, which is an SQL literal. */
  static readonly acceptingSql = accepts;

  @computed(
    () => Boolean,
    'Whether candidates can apply today: today is between the opening and closing days, and the announcement is neither closed nor canceled.',
    {
      conditions: { true: accepts, false: (column, now) => `NOT (${accepts(column, now)})` },
    },
  )
  acceptingApplications({ clock }: Context): boolean {
    const day = civilDate(clock.now());
    return (
      this.openDate <= day &&
      (this.closeDate ?? '') >= day &&
      (this.status ?? 'ACCEPTING_APPLICATIONS') === 'ACCEPTING_APPLICATIONS'
    );
  }
}

export const AnnouncementSeries = links(
  () => Announcement,
  'series',
  () => OccupationalSeries,
  { description: 'Occupational series of the job.' },
);
export const AnnouncementWorkRole = links(
  () => Announcement,
  'workRoles',
  () => WorkRole,
  {
    description: 'Work roles that the announcement recruits for. Inferred from the title if not published.',
  },
);

export const AnnouncementRequest = links(
  () => Announcement,
  'hiringRequests',
  () => HiringRequest,
  {
    description: 'Hiring requests that the announcement serves. None if it was imported.',
    sensitivity: 'GOV',
  },
);

@model('Number of USAJOBS announcements by status, for one agency or one month.', {
  entity: false,
  order: ['-total'],
})
export class AnnouncementStatistic {
  @key('"agency" or "month", then the agency name or the first day of the month.', { length: 255 }) id!: string;
  @refersTo(() => Agency, 'Matching agency of the graph. Null for a month, and if the published name matches none.', {
    as: 'agency',
    nullable: true,
  })
  agencyKey!: string | null;
  @text('Agency name as published. Null for a month.', { nullable: true, filter: true }) agencyName!: string | null;
  @date('First day of the month. Null for an agency.', { nullable: true, filter: true, order: true }) month!:
    | string
    | null;
  @integer('Total number of announcements.', { order: true, filter: true }) total!: number;
  @integer('Number accepting applications.') accepting!: number;
  @integer('Number with applications under review.') underReview!: number;
  @integer('Number with a candidate selected.') selected!: number;
  @integer('Number closed.') closed!: number;
  @integer('Number canceled.', { order: true, column: 'cancelled' }) canceled!: number;
}
