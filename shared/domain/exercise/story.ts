import type { ModelClass } from '#kit/model/model';
import type { ExerciseScope, ExerciseTable } from '#kit/subgraph/exercise';
import { REVIEWING_AGENCIES } from '../agency/reviewing-agencies';
import type { DesignationOutcome } from '../contracts/designation-outcome';
import { Random } from './random';

/** Parameters of the exercise data of the programs, which tell one story. */
export interface ExerciseWorld extends ExerciseScope {
  /** Imported vulnerabilities, on which systems get findings beside those on invented ones. */
  readonly cataloged?: readonly CatalogedVulnerability[];
}

/** A vulnerability of the imported catalog. */
export interface CatalogedVulnerability {
  readonly cveId: string;
  readonly vendorName: string;
  readonly product: string;
  readonly kevDateAdded: string;
  readonly kevDueDate: string | null;
  readonly kevForensicTriage: boolean | null;
  readonly automatable: boolean | null;
  readonly technicalImpact: 'PARTIAL' | 'TOTAL' | null;
}

/** Rows of one table. */
export type ExerciseRows<T extends object = object> = ExerciseTable<T>;

export function rows<T extends object>(target: ModelClass<T>, of: readonly Partial<T>[]): ExerciseRows {
  return { target, rows: of } as ExerciseRows;
}

/** Facts about a submission that other programs receive by events. */
export interface SubmissionStory {
  readonly id: string;
  readonly number: string;
  readonly developerKey: string;
  readonly versionId: string;
  readonly lifecycle: 'FILED' | 'LAUNCHED' | 'WITHDRAWN' | 'NOT_RELEASED' | 'CLOSED';
  readonly filedAt: string;
  readonly plannedLaunchAt: string;
  readonly windowOpensAt: string;
  readonly launchedAt: string | null;
  /** Time of the withdrawal or of the declaration that the model will not be released. */
  readonly endedAt: string | null;
  /** Agencies it is shared with. */
  readonly agencyKeys: readonly string[];
  readonly sectorKeys: readonly string[];
  readonly grants: readonly GrantStory[];
}

/** Facts about an access grant that other programs receive by events. */
export interface GrantStory {
  readonly id: string;
  readonly agencyKey: string;
  readonly mode: string;
  readonly status: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly postLaunchConsent: boolean;
}

/** Facts about an answered coverage inquiry that other programs receive by an event. */
export interface InquiryStory {
  readonly inquiryId: string;
  readonly designationId: string;
  readonly developerKey: string;
  readonly outcome: DesignationOutcome;
  readonly answeredAt: string;
}

/** Facts about a review finding that the clearinghouse receives by an event. */
export interface FlawStory {
  readonly caseId: string;
  readonly findingId: string;
  readonly agencyKey: string;
  readonly sectorKeys: readonly string[];
  readonly referredAt: string;
}

/** Agencies with systems and positions in exercise data. */
export const EXERCISE_AGENCIES = [
  ...REVIEWING_AGENCIES,
  'dhs',
  'hhs',
  'doj',
  'va',
  'usda',
  'dot',
  'epa',
  'gsa',
  'opm',
  'nasa',
  'ssa',
  'sec',
  'state',
  'doi',
] as const;

export function randomOf(world: ExerciseWorld, part: string): Random {
  return new Random(`${world.seed}/${part}`);
}

const HOUR = 3_600_000;

/** Adds days to an instant. @param days may be fractional or negative */
export function after(instant: string, days: number): string {
  return new Date(Date.parse(instant) + Math.round(days * 24 * HOUR)).toISOString();
}

export function earliest(...instants: readonly (string | null | undefined)[]): string {
  return instants.filter((instant): instant is string => instant != null).reduce((a, b) => (a < b ? a : b));
}

export function latest(...instants: readonly string[]): string {
  return instants.reduce((a, b) => (a > b ? a : b));
}

/** Days between two instants, as a fraction. */
export function daysFrom(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / (24 * HOUR);
}

/** Moves an instant to office hours of the same UTC day. */
export function officeTime(instant: string, random: Random): string {
  const day = instant.slice(0, 10);
  return `${day}T${String(random.integer(14, 21)).padStart(2, '0')}:${String(random.integer(0, 59)).padStart(2, '0')}:00.000Z`;
}

/** Sorts events by time and numbers them from 1. Events at the same time keep their order. */
export function numbered<Event extends { occurredAt: string }>(
  events: readonly Event[],
): (Event & { sequence: number })[] {
  return events
    .map((event, place) => ({ event, place }))
    .sort((a, b) =>
      a.event.occurredAt < b.event.occurredAt ? -1 : a.event.occurredAt > b.event.occurredAt ? 1 : a.place - b.place,
    )
    .map(({ event }, place) => ({ ...event, sequence: place + 1 }));
}
