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

export const AnnouncementStatus = enumeration(
  'AnnouncementStatus',
  'Where an announcement stands, in the words of USAJOBS.',
  {
    ACCEPTING_APPLICATIONS: 'Applications are accepted.',
    APPLICATIONS_UNDER_REVIEW: 'Applications are looked at.',
    CANDIDATE_SELECTED: 'Someone is chosen.',
    JOB_CLOSED: 'Closed.',
    JOB_CANCELED: 'Canceled.',
  },
);

/** Quotes a civil day for SQL from the instant literal `now`; the official day lags UTC by four or five hours. */
const today = (now: string) => `'${civilDate(now.slice(1, -1))}'`;
const accepts = (column: (property: string) => string, now: string) =>
  `${column('openDate')} <= ${today(now)} AND ${column('closeDate')} >= ${today(now)} AND COALESCE(${column('status')}, 'ACCEPTING_APPLICATIONS') = 'ACCEPTING_APPLICATIONS'`;

@model('A job announcement.', { key: 'controlNumber', order: ['-openDate'] })
export class Announcement {
  @key('USAJOBS control number, or the number its publisher gives it.', { length: 60 }) controlNumber!: string;
  @refersTo(() => Agency, 'The agency it is of; null when its publisher names none that the graph knows.', {
    as: 'agency',
    nullable: true,
  })
  agencyKey!: string | null;
  @text('Department, as its publisher writes it; null when it names none.', {
    nullable: true,
    filter: true,
    order: true,
  })
  department!: string | null;
  @text('Part of the department, as its publisher writes it.', { nullable: true, filter: true }) subagency!:
    | string
    | null;
  @text('Title.', { filter: true, order: true }) title!: string;
  @date('First day.', { filter: true, order: true }) openDate!: string;
  @date('Last day; null when its publisher names none.', { nullable: true, filter: true, order: true, index: true })
  closeDate!: string | null;
  @text('Pay plan and grade.', { nullable: true, length: 40 }) payPlanGrade!: string | null;
  @text('Lowest grade.', { nullable: true, length: 10 }) gradeLow!: string | null;
  @text('Highest grade.', { nullable: true, length: 10 }) gradeHigh!: string | null;
  @cents('Lowest salary.', { nullable: true, filter: true, order: true, column: 'salary_min' }) salaryMinCents!:
    | number
    | null;
  @cents('Highest salary.', { nullable: true, filter: true, order: true, column: 'salary_max' }) salaryMaxCents!:
    | number
    | null;
  @text('Number of openings; publishers also write "FEW" and "MANY".', { nullable: true, length: 20 }) openings!:
    | string
    | null;
  @text('Type of appointment.', { nullable: true, filter: true, length: 80 }) appointmentType!: string | null;
  @text('Service: competitive, excepted, senior executive.', { nullable: true, filter: true, length: 80 }) serviceType!:
    | string
    | null;
  @textList('Who may apply.') hiringPaths!: string[];
  @text('Where.', { nullable: true, filter: true, length: 500 }) location!: string | null;
  @oneOf(() => TalentArea, 'What kind of talent it is after.', { filter: true, order: true, index: true })
  talentArea!: TalentArea;
  @oneOf(() => AnnouncementStatus, 'Where it stands; null when its publisher does not say.', {
    nullable: true,
    filter: true,
    order: true,
    index: true,
  })
  status!: ValueOf<typeof AnnouncementStatus> | null;
  @url('Page of the announcement.', { nullable: true }) url!: string | null;
  @longText('Duties, as far as published.', { nullable: true }) duties!: string | null;
  @longText('Qualifications, as far as published.', { nullable: true }) qualifications!: string | null;
  @integer('Applications received; null when not known.', {
    nullable: true,
    sensitivity: 'GOV',
    counted: { of: ['Application.announcement'], wholeFor: ['hr-specialist', 'hiring-manager', 'inspector'] },
  })
  applicationCount!: number | null;
  @belongsTo(() => HiringRequest, 'The request it serves.', { as: 'hiringRequest', nullable: true, sensitivity: 'GOV' })
  requestId!: string | null;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => Application, 'controlNumber', 'Applications received.') applications!: unknown;
  @hasMany(() => Certificate, 'controlNumber', 'Lists of candidates sent to the hiring manager.')
  certificates!: unknown;

  /** The SQL condition under which one can apply at an instant, given as an SQL literal. */
  static readonly acceptingSql = accepts;

  @computed(
    () => Boolean,
    'Whether one can apply today: today lies between its days and it is not closed or canceled.',
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
  { description: 'Occupational series.' },
);
export const AnnouncementWorkRole = links(
  () => Announcement,
  'workRoles',
  () => WorkRole,
  {
    description: 'Work roles it is for: stated, or by rule from its title.',
  },
);

@model('How the announcements of one agency, or of one month, stood at a count of USAJOBS.', {
  entity: false,
  order: ['-total'],
})
export class AnnouncementStatistic {
  @key('Kind and name of what was counted.', { length: 255 }) id!: string;
  @refersTo(() => Agency, 'The agency, where it is known.', { as: 'agency', nullable: true }) agencyKey!: string | null;
  @text('Name of the agency as published; null for a month.', { nullable: true, filter: true }) agencyName!:
    | string
    | null;
  @date('First day of the month; null for an agency.', { nullable: true, filter: true, order: true }) month!:
    | string
    | null;
  @integer('Announcements.', { order: true, filter: true }) total!: number;
  @integer('Accepting applications.') accepting!: number;
  @integer('Applications under review.') underReview!: number;
  @integer('Candidate selected.') selected!: number;
  @integer('Closed.') closed!: number;
  @integer('Canceled.', { order: true, column: 'cancelled' }) canceled!: number;
}
