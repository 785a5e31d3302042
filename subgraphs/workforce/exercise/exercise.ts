import { addDays, civilDate, fiscalYear } from '#base/civil';
import { REVIEWING_AGENCIES } from '#domain/agency/reviewing-agencies';
import type { Random } from '#domain/exercise/random';
import {
  after,
  EXERCISE_AGENCIES,
  type ExerciseRows,
  type ExerciseWorld,
  officeTime,
  randomOf,
  rows,
} from '#domain/exercise/story';
import { plain } from '#kit/encryption/value';
import { stableId } from '#kit/ids';
import type { Link } from '#kit/model/links';
import {
  Announcement,
  AnnouncementRequest,
  AnnouncementSeries,
  AnnouncementWorkRole,
} from '../announcement/announcement';
import {
  Application,
  type ApplicationStatus,
  Candidate,
  Certificate,
  CertificateApplication,
  LIVE,
} from '../application/application';
import { retainedUntil } from '../application/retention';
import { CapacitySnapshot } from '../goal/capacity-snapshot';
import { HiringGoal } from '../goal/hiring-goal';
import { HiringRequest, Position, PositionWorkRole } from '../position/position';
import { workRoles } from '../reference/references';
import type { TalentArea } from '../role/talent-area';

/** Work roles that the exercise hires for. A higher weight means more positions. */
const HIRED: readonly { code: string; series: string; area: TalentArea; title: string; weight: number }[] = [
  { code: '531', series: '2210', area: 'CYBERSECURITY', title: 'Incident Responder', weight: 5 },
  { code: '511', series: '2210', area: 'CYBERSECURITY', title: 'Cyber Defense Analyst', weight: 5 },
  { code: '541', series: '2210', area: 'CYBERSECURITY', title: 'Vulnerability Analyst', weight: 4 },
  { code: '521', series: '2210', area: 'IT', title: 'Cyber Defense Infrastructure Specialist', weight: 3 },
  { code: '672', series: '1560', area: 'AI', title: 'AI Test and Evaluation Specialist', weight: 4 },
  { code: '623', series: '1550', area: 'AI', title: 'AI Specialist', weight: 4 },
  { code: '423', series: '1560', area: 'DATA_SCIENCE', title: 'Data Scientist', weight: 3 },
  { code: '733', series: '2210', area: 'AI', title: 'AI Risk Specialist', weight: 2 },
  { code: '752', series: '2210', area: 'CYBERSECURITY', title: 'Cyber Policy Planner', weight: 1 },
];
const WEIGHTS = Object.fromEntries(HIRED.map(({ code, weight }) => [code, weight]));
const CITIES = [
  'Washington, DC',
  'Fort Meade, MD',
  'Arlington, VA',
  'San Antonio, TX',
  'Denver, CO',
  'Atlanta, GA',
  'Remote',
];

/** Generates the exercise data of the workforce program. */
export function workforceExercise(world: ExerciseWorld): { rows: ExerciseRows[] } {
  const tables = new Tables();
  for (const agencyKey of EXERCISE_AGENCIES) {
    const count = 12 * world.scale;
    for (let index = 0; index < count; index += 1)
      new PositionPlot(world, agencyKey, index, randomOf(world, `position ${agencyKey} ${index}`)).addTo(tables);
  }
  goals(world, tables);
  capacity(world, tables);
  return { rows: tables.rows() };
}

const UNREFERRED: readonly string[] = ['RECEIVED', 'INELIGIBLE', 'ELIGIBLE', 'WITHDRAWN'];
const HIRED_OR_OFFERED: readonly string[] = [...LIVE, 'ENTERED_ON_DUTY'];

class Tables {
  readonly positions: Partial<Position>[] = [];
  readonly positionRoles: Link[] = [];
  readonly requests: Partial<HiringRequest>[] = [];
  readonly announcements: Partial<Announcement>[] = [];
  readonly announcementSeries: Link[] = [];
  readonly announcementRoles: Link[] = [];
  readonly announcementRequests: Link[] = [];
  readonly candidates: Partial<Candidate>[] = [];
  readonly applications: Partial<Application>[] = [];
  readonly certificates: Partial<Certificate>[] = [];
  readonly certificateApplications: Link[] = [];
  readonly goals: Partial<HiringGoal>[] = [];
  readonly capacity: Partial<CapacitySnapshot>[] = [];

  rows(): ExerciseRows[] {
    return [
      rows(Position, this.positions),
      rows(PositionWorkRole, this.positionRoles),
      rows(HiringRequest, this.requests),
      rows(Announcement, this.announcements),
      rows(AnnouncementSeries, this.announcementSeries),
      rows(AnnouncementWorkRole, this.announcementRoles),
      rows(AnnouncementRequest, this.announcementRequests),
      rows(Candidate, this.candidates),
      rows(Application, this.applications),
      rows(Certificate, this.certificates),
      rows(CertificateApplication, this.certificateApplications),
      rows(HiringGoal, this.goals),
      rows(CapacitySnapshot, this.capacity),
    ];
  }
}

/** Instants of the milestones in filling a position. Those after the world's `asOf` have not happened yet. */
interface Milestones {
  needed: string;
  announced: string;
  closes: string;
  certified: string;
  offered: string;
  entered: string;
}

/** One position and the hiring for it, up to the world's `asOf`. */
class PositionPlot {
  private readonly id: string;

  constructor(
    private readonly world: ExerciseWorld,
    private readonly agencyKey: string,
    private readonly index: number,
    private readonly random: Random,
  ) {
    this.id = stableId('pos', world.seed, agencyKey, index);
  }

  addTo(tables: Tables): void {
    const { world, random, id, agencyKey } = this;
    const role = random.weighted(WEIGHTS);
    const hired = HIRED.find(({ code }) => code === role)!;
    const fate = random.weighted({ longFilled: 30, hiring: 55, vacant: 9, frozen: 3, planned: 3 });
    const needed = officeTime(after(world.asOf, -3 - random.next() * (random.chance(0.35) ? 80 : 700)), random);
    const request =
      fate === 'hiring' ? this.hire(hired.code, hired.series, hired.area, hired.title, needed, tables) : undefined;
    const hasLeft = request !== undefined && tables.requests.at(-1)!.separatedAt !== null;
    const status = {
      longFilled: 'FILLED' as const,
      vacant: 'FUNDED_VACANT' as const,
      frozen: 'FROZEN' as const,
      planned: 'PLANNED' as const,
      hiring:
        request === 'CANCELLED' || hasLeft
          ? ('FUNDED_VACANT' as const)
          : request === 'FILLED'
            ? ('FILLED' as const)
            : ('IN_HIRING' as const),
    }[fate];
    const reviewing = (REVIEWING_AGENCIES as readonly string[]).includes(agencyKey);
    // rows of positions precede the requests that reference them
    tables.positions.push({
      id,
      agencyKey,
      title: hired.title,
      seriesCode: hired.series,
      payPlan: 'GS',
      gradeLow: 12,
      gradeHigh: random.integer(13, 15),
      workRoleCode: hired.code,
      talentArea: hired.area,
      clearance: random.weighted({ NONE: 2, PUBLIC_TRUST: 4, SECRET: 3, TOP_SECRET: 2, TS_SCI: 1 }),
      status,
      dutyStation: random.pick(CITIES),
      supportsProgram:
        reviewing && hired.area === 'AI' ? 'REVIEWS' : random.weighted({ DEFENSE: 6, SECTOR: 2, GENERAL: 2 }),
      createdAt: after(needed, -random.integer(5, 400)),
      revision: 1,
      exercise: true,
    });
    tables.positionRoles.push({ ownerKey: id, targetKey: hired.code });
    const second = random.pick(workRoles).code!;
    if (random.chance(0.2) && second !== hired.code) tables.positionRoles.push({ ownerKey: id, targetKey: second });
  }

  private milestones(needed: string): Milestones {
    const { random } = this;
    const announced = officeTime(after(needed, 8 + random.next() * 25), random);
    const closes = after(announced, random.integer(7, 21));
    const certified = after(closes, 5 + random.next() * 15);
    const offered = after(certified, 6 + random.next() * 25);
    return {
      needed,
      announced,
      closes,
      certified,
      offered,
      entered: officeTime(after(offered, 10 + random.next() * 45), random),
    };
  }

  /** When one in six of those who entered on duty left, within two years; null if not yet. */
  private separation(entered: string): string | null {
    const { world } = this;
    const random = randomOf(world, `separation ${this.id}`);
    const separatedAt = officeTime(after(entered, 30 + random.next() * 700), random);
    return random.chance(1 / 6) && separatedAt <= world.asOf ? separatedAt : null;
  }

  private hire(
    code: string,
    series: string,
    area: TalentArea,
    title: string,
    needed: string,
    tables: Tables,
  ): HiringRequest['status'] {
    const { world, random, agencyKey } = this;
    const { asOf } = world;
    const times = this.milestones(needed);
    const canceled = random.chance(0.12) && times.closes <= asOf;
    const entered = !canceled && times.entered <= asOf;
    const status: HiringRequest['status'] = canceled
      ? 'CANCELLED'
      : entered
        ? 'FILLED'
        : times.announced <= asOf
          ? 'ANNOUNCED'
          : random.weighted({ SUBMITTED: 1, HR_REVIEW: 2, READY: 1 });
    const requestId = stableId('hrq', this.id);
    tables.requests.push({
      id: requestId,
      agencyKey,
      positionId: this.id,
      needValidatedAt: needed,
      authority: random.weighted({ COMPETITIVE: 5, DIRECT_HIRE: 4, EXCEPTED: 2, CYBER_EXCEPTED: 2, TERM: 1 }),
      status,
      jobAnalysisRef: null,
      offerAcceptedAt: !canceled && times.offered <= asOf ? times.offered : null,
      enteredOnDutyAt: entered ? times.entered : null,
      separatedAt: entered ? this.separation(times.entered) : null,
      hiringManager: `${agencyKey} hiring manager ${1 + (this.index % 5)} (exercise)`,
      hrSpecialist: `${agencyKey} HR specialist ${1 + (this.index % 3)} (exercise)`,
      revision: 1,
      exercise: true,
    });
    if (times.announced <= asOf)
      this.announce({ requestId, code, series, area, title, times, canceled, entered }, tables);
    return status;
  }

  private announce(
    hiring: {
      requestId: string;
      code: string;
      series: string;
      area: TalentArea;
      title: string;
      times: Milestones;
      canceled: boolean;
      entered: boolean;
    },
    tables: Tables,
  ): void {
    const { world, random, agencyKey, index } = this;
    const { times, canceled, entered, requestId } = hiring;
    const { asOf } = world;
    const controlNumber = `EX${agencyKey.toUpperCase()}${String(index + 1).padStart(6, '0')}`;
    const applicants = random.integer(3, 15);
    const salary = random.integer(95, 190) * 100_000;
    tables.announcements.push({
      controlNumber,
      agencyKey,
      department: `${agencyKey.toUpperCase()} (exercise)`,
      title: hiring.title,
      openDate: civilDate(times.announced),
      closeDate: civilDate(times.closes),
      payPlanGrade: 'GS-12',
      gradeLow: '12',
      gradeHigh: '14',
      salaryMinCents: salary,
      salaryMaxCents: salary + 3_000_000,
      openings: '1',
      appointmentType: 'Permanent',
      serviceType: 'Competitive',
      hiringPaths: ['public'],
      location: random.pick(CITIES),
      talentArea: hiring.area,
      status: canceled
        ? 'JOB_CANCELED'
        : times.closes > asOf
          ? 'ACCEPTING_APPLICATIONS'
          : times.offered > asOf
            ? 'APPLICATIONS_UNDER_REVIEW'
            : entered
              ? 'JOB_CLOSED'
              : 'CANDIDATE_SELECTED',
      url: null,
      duties: null,
      qualifications: null,
      applicationCount: applicants,
      requestId,
      revision: 1,
      exercise: true,
    });
    tables.announcementRequests.push({ ownerKey: controlNumber, targetKey: requestId });
    tables.announcementSeries.push({ ownerKey: controlNumber, targetKey: hiring.series });
    tables.announcementRoles.push({ ownerKey: controlNumber, targetKey: hiring.code });
    const referred: string[] = [];
    for (let place = 0; place < applicants; place += 1) {
      const submittedAt = after(times.announced, random.next() * 6.5);
      if (submittedAt > asOf) continue;
      const status = this.applicationStatus(place, times, canceled);
      const id = stableId('app', this.id, place);
      const candidateId = stableId('cnd', this.id, place);
      tables.candidates.push({
        id: candidateId,
        encryptedName: plain(`Candidate ${candidateId.slice(4, 12)}`),
        encryptedEmail: null,
        encryptedPhone: null,
        encryptedResumeRef: null,
        agencyKey,
        status: 'ACTIVE',
        legalHold: null,
        retainUntil: retainedUntil(civilDate(times.closes)),
        revision: 1,
        exercise: true,
      });
      tables.applications.push({
        id,
        controlNumber,
        candidateId,
        submittedAt,
        status,
        encryptedPreference: plain(random.chance(0.2)),
        encryptedScore: status === 'RECEIVED' || status === 'INELIGIBLE' ? null : plain(random.integer(700, 1000) / 10),
        agencyKey,
        ineligibleReason: status === 'INELIGIBLE' ? 'NOT_QUALIFIED' : null,
        referredAt: UNREFERRED.includes(status) ? null : times.certified,
        requestId: HIRED_OR_OFFERED.includes(status) ? requestId : null,
        raterKey: '',
        sharedFromId: null,
        revision: 1,
        exercise: true,
      });
      if (!UNREFERRED.includes(status)) referred.push(id);
    }
    if (canceled || times.certified > asOf) return;
    const certificateId = stableId('crt', this.id);
    tables.certificates.push({
      id: certificateId,
      requestId,
      controlNumber,
      issuedAt: times.certified,
      expiresAt: after(times.certified, 30),
      status: times.offered <= asOf ? 'RETURNED' : random.weighted({ ISSUED: 1, IN_MANAGER_REVIEW: 2 }),
      agencyKey,
      isShared: false,
      revision: 1,
      exercise: true,
    });
    tables.certificateApplications.push(...referred.map((targetKey) => ({ ownerKey: certificateId, targetKey })));
  }

  /** The first applicant is selected; the others drop out earlier. */
  private applicationStatus(place: number, times: Milestones, canceled: boolean): keyof typeof ApplicationStatus {
    const { random } = this;
    const { asOf } = this.world;
    if (times.closes > asOf) return 'RECEIVED';
    if (place > 0 && random.chance(0.05)) return 'WITHDRAWN';
    if (place > 0 && random.chance(0.35)) return 'INELIGIBLE';
    if (canceled || times.certified > asOf) return 'ELIGIBLE';
    if (times.offered > asOf) return place < 5 ? random.weighted({ REFERRED: 2, INTERVIEWED: 1 }) : 'ELIGIBLE';
    if (place === 0)
      return times.entered <= asOf
        ? 'ENTERED_ON_DUTY'
        : random.weighted({ TENTATIVE_OFFER: 1, BACKGROUND_CHECK: 2, FINAL_OFFER: 1 });
    return place < 5 ? 'NOT_SELECTED' : 'ELIGIBLE';
  }
}

/** Goals for this and the last fiscal year: near the actual hires, mostly above them. */
function goals(world: ExerciseWorld, tables: Tables): void {
  const current = fiscalYear(civilDate(world.asOf));
  const roleOf = new Map(tables.positions.map(({ id, workRoleCode }) => [id!, workRoleCode!]));
  for (const [agencyKey, requests] of Map.groupBy(tables.requests, (request) => request.agencyKey!)) {
    for (const code of new Set(requests.map(({ positionId }) => roleOf.get(positionId!)!)))
      for (const year of [current - 1, current]) {
        const hires = requests.filter(
          ({ positionId, enteredOnDutyAt }) =>
            roleOf.get(positionId!) === code && enteredOnDutyAt && fiscalYear(civilDate(enteredOnDutyAt)) === year,
        ).length;
        const random = randomOf(world, `goal ${agencyKey} ${code} ${year}`);
        tables.goals.push({
          id: stableId('gol', world.seed, agencyKey, code, year),
          agencyKey,
          workRoleCode: code,
          fiscalYear: year,
          target: Math.max(1, hires + random.integer(-1, 3)),
          exercise: true,
        });
      }
  }
}

/** Snapshots of staffing today, 90 days ago, and a year ago; the earlier ones are invented. */
function capacity(world: ExerciseWorld, tables: Tables): void {
  const today = civilDate(world.asOf);
  for (const [pair, positions] of Map.groupBy(
    tables.positions,
    ({ agencyKey, workRoleCode }) => `${agencyKey}:${workRoleCode}`,
  )) {
    const [agencyKey, workRoleCode] = pair.split(':') as [string, string];
    const count = (...statuses: Position['status'][]) =>
      positions.filter(({ status }) => statuses.includes(status!)).length;
    const filled = count('FILLED');
    const vacant = count('FUNDED_VACANT', 'IN_HIRING');
    const random = randomOf(world, `capacity ${pair}`);
    const quarterAgo = Math.max(0, filled - random.integer(0, 2));
    const yearAgo = Math.max(0, quarterAgo - random.integer(0, 2));
    const base = { agencyKey, workRoleCode, staffingId: pair, exercise: true };
    const before = (name: string, days: number, authorized: number, filledThen: number) => ({
      ...base,
      id: stableId('cap', world.seed, pair, name),
      asOf: addDays(today, -days),
      current: false,
      authorized,
      filled: filledThen,
      vacant: authorized - filledThen,
      inHiring: 0,
    });
    tables.capacity.push(
      {
        ...base,
        id: stableId('cap', world.seed, pair, 'now'),
        asOf: today,
        current: true,
        authorized: filled + vacant,
        filled,
        vacant,
        inHiring: count('IN_HIRING'),
      },
      before('before', 90, filled + vacant, quarterAgo),
      before('year ago', 365, Math.max(yearAgo, filled + vacant - random.integer(0, 1)), yearAgo),
    );
  }
}
