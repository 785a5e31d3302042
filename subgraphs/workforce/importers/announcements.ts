import { agencyKeyOf } from '#domain/agency/import';
import { type Importer, type ImportSession, type Write, write } from '#kit/import/importer';
import { readJson, rowsAt } from '#kit/import/readers';
import { RowError } from '#kit/import/reject';
import type { Row } from '#kit/import/row';
import {
  Announcement,
  AnnouncementSeries,
  type AnnouncementStatus,
  AnnouncementWorkRole,
} from '../announcement/announcement';
import type { TalentArea } from '../role/talent-area';
import { workRolesOfTitle } from './work-roles-of-title';

const STATUSES: Readonly<Record<string, keyof typeof AnnouncementStatus>> = {
  'Accepting applications': 'ACCEPTING_APPLICATIONS',
  'Applications under review': 'APPLICATIONS_UNDER_REVIEW',
  'Candidate selected': 'CANDIDATE_SELECTED',
  'Job closed': 'JOB_CLOSED',
  'Job canceled': 'JOB_CANCELED',
};

const AREAS: Readonly<Record<string, TalentArea>> = {
  AI: 'AI',
  DATA_SCIENCE: 'DATA_SCIENCE',
  CYBERSECURITY: 'CYBERSECURITY',
  INFORMATION_TECHNOLOGY: 'IT',
  COMPUTER_SCIENCE_ENGINEERING: 'COMPUTER_SCIENCE',
  QUANTITATIVE: 'OTHER',
};

/** Infers the talent area from the title, for publishers that do not state it. */
function areaOf(title: string): TalentArea {
  if (/artificial intelligence|\bai\b|machine learning/i.test(title)) return 'AI';
  if (/data scien/i.test(title)) return 'DATA_SCIENCE';
  if (/cyber|infosec|information security|security/i.test(title)) return 'CYBERSECURITY';
  if (/computer (scien|engineer)/i.test(title)) return 'COMPUTER_SCIENCE';
  return 'IT';
}

/** Defaults for fields that a source leaves out. Written only to new announcements, so that they never overwrite another source's values. */
const DEFAULTS: Partial<Announcement> = {
  subagency: null,
  payPlanGrade: null,
  gradeLow: null,
  gradeHigh: null,
  salaryMinCents: null,
  salaryMaxCents: null,
  openings: null,
  appointmentType: null,
  serviceType: null,
  hiringPaths: [],
  location: null,
  status: null,
  url: null,
  duties: null,
  qualifications: null,
  applicationCount: null,
  requestId: null,
  revision: 1,
  exercise: false,
};

/** Writes an announcement with its series, and with the agency and work roles inferred from its names and title. */
function announcement(
  row: Row,
  session: ImportSession,
  facts: Partial<Announcement> & { controlNumber: string; title: string },
  series: readonly string[],
): Write[] {
  const { controlNumber, title } = facts;
  const agencyKey = agencyKeyOf(session, facts.subagency ?? null, facts.department ?? null);
  const open = row.raw('openDate') ?? row.raw('open_date');
  if (facts.openDate && facts.closeDate && facts.closeDate < facts.openDate)
    throw new RowError('closeDate', `is ${facts.closeDate}, before the opening on ${String(open)}`);
  return [
    write(Announcement, { agencyKey, ...facts }, DEFAULTS),
    ...series.map((code) => write(AnnouncementSeries, { ownerKey: controlNumber, targetKey: code.padStart(4, '0') })),
    ...workRolesOfTitle(title).map((targetKey) => write(AnnouncementWorkRole, { ownerKey: controlNumber, targetKey })),
  ];
}

function statusOf(row: Row): keyof typeof AnnouncementStatus | null {
  const text = row.optional('status');
  if (text === null) return null;
  const status = STATUSES[text];
  if (!status) throw new RowError('status', `is "${text}"; expected one of ${Object.keys(STATUSES).join(', ')}`);
  return status;
}

export const postings: Importer = {
  source: 'usajobs-postings',
  description: 'USAJOBS announcements for IT, cyber, AI, and data jobs, JSON',
  files: ['postings-ai-cyber.json'],
  after: ['usajobs-cancelled'],
  read: async (file) => rowsAt(file, await readJson(file)),
  convert(row, session) {
    const title = row.text('title');
    const status = statusOf(row);
    return announcement(
      row,
      session,
      {
        controlNumber: row.text('controlNumber', 60),
        title,
        department: row.text('department'),
        subagency: row.optional('subagency'),
        openDate: row.date('openDate'),
        closeDate: row.optionalDate('closeDate'),
        payPlanGrade: row.optional('payPlanGrade', 40),
        gradeLow: row.optional('lowGrade', 10),
        gradeHigh: row.optional('highGrade', 10),
        appointmentType: row.optional('appointmentType', 80),
        serviceType: row.optional('serviceType', 80),
        hiringPaths: row.list('hiringPaths'),
        location: row.optional('location', 500),
        talentArea: AREAS[row.optional('talentArea') ?? ''] ?? areaOf(title),
        ...(status === null ? {} : { status }),
      },
      row.list('series'),
    );
  },
};

export const cancelledAnnouncements: Importer = {
  source: 'usajobs-cancelled',
  description: 'Canceled USAJOBS announcements for IT, cyber, and AI jobs in 2025, JSON',
  files: ['cancelled-it-ai-cyber-2025.json'],
  read: async (file) => rowsAt(file, await readJson(file)),
  convert(row, session) {
    const title = row.text('title');
    const hiringAgency = row.optional('hiringAgency');
    const [written, ...links] = announcement(
      row,
      session,
      {
        controlNumber: row.text('controlNumber', 60),
        title,
        department: hiringAgency,
        openDate: row.date('openDate'),
        closeDate: row.optionalDate('closeDate'),
        gradeLow: row.optional('minGrade', 10),
        gradeHigh: row.optional('maxGrade', 10),
        salaryMinCents: row.optionalCents('minSalary'),
        salaryMaxCents: row.optionalCents('maxSalary'),
        openings: row.optional('totalOpenings', 20),
        serviceType: row.optional('serviceType', 80),
        location: row.optional('location', 500),
        talentArea: areaOf(title),
        status: statusOf(row),
      },
      [],
    );
    // the postings source describes announcements in both sets; this source adds only the fields that postings lacks
    const { controlNumber, status, salaryMinCents, salaryMaxCents, openings } = written!.object as Announcement;
    return [
      write(
        Announcement,
        { controlNumber, status, salaryMinCents, salaryMaxCents, openings },
        { ...DEFAULTS, ...written!.object },
      ),
      ...links,
    ];
  },
};

export const dataScientistAnnouncements: Importer = {
  source: 'data-scientist-announcements',
  description: 'USAJOBS announcements for data scientists, with duties and qualifications, JSON',
  files: ['data-scientist-announcements-full.json'],
  read: async (file) => rowsAt(file, await readJson(file)),
  convert(row, session) {
    const title = row.text('title');
    const url = row.optional('url', 1_000);
    return announcement(
      row,
      session,
      {
        controlNumber: row.text('control_number', 60),
        title,
        department: row.text('department'),
        subagency: row.optional('organization'),
        openDate: row.date('open_date'),
        closeDate: row.optionalDate('close_date'),
        payPlanGrade: row.optional('pay_scale', 40),
        gradeLow: row.optional('low_grade', 10),
        gradeHigh: row.optional('high_grade', 10),
        salaryMinCents: row.optionalCents('min_salary'),
        salaryMaxCents: row.optionalCents('max_salary'),
        appointmentType: row.optional('appointment_type', 80),
        location: row.excerpt('location', 500),
        talentArea: areaOf(title),
        url: url !== null && URL.canParse(url) ? url : null,
        duties: row.optional('duties', 60_000),
        qualifications: row.optional('qualifications', 60_000),
      },
      [],
    );
  },
};
