import type { ModelClass } from '#kit/model/model';
import { REVIEWING_AGENCIES } from '../agency/reviewing-agencies';
import { Random } from './random';

/** What a made-up story is made from: the same three values give the same story on every machine. */
export interface ExerciseWorld {
  readonly seed: string;
  /** How much happens: 1 is small, 100 is about a million rows. */
  readonly scale: number;
  /** The instant that the story has come to. */
  readonly asOf: string;
}

/** Rows of one table. */
export interface ExerciseRows<T extends object = object> {
  readonly target: ModelClass<T>;
  readonly rows: readonly Partial<T>[];
}

export function rows<T extends object>(target: ModelClass<T>, of: readonly Partial<T>[]): ExerciseRows {
  return { target, rows: of } as ExerciseRows;
}

/** What other programs know of a submission: the same facts that events will carry. */
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
  /** When it was withdrawn or declared not to be released. */
  readonly endedAt: string | null;
  /** Agencies it is shared with. */
  readonly agencyKeys: readonly string[];
  readonly sectorKeys: readonly string[];
  readonly grants: readonly GrantStory[];
}

/** What other programs know of a grant of access. */
export interface GrantStory {
  readonly id: string;
  readonly agencyKey: string;
  readonly mode: string;
  readonly status: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly postLaunchConsent: boolean;
}

/** What the clearinghouse knows of a flaw that a review found. */
export interface FlawStory {
  readonly caseId: string;
  readonly findingId: string;
  readonly agencyKey: string;
  readonly sectorKeys: readonly string[];
  readonly referredAt: string;
}

/** Agencies that have systems and positions in the exercise. */
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

/** The instant so many days later, fractions allowed. */
export function after(instant: string, days: number): string {
  return new Date(Date.parse(instant) + Math.round(days * 24 * HOUR)).toISOString();
}

export function earliest(...instants: readonly (string | null | undefined)[]): string {
  return instants.filter((instant): instant is string => instant != null).reduce((a, b) => (a < b ? a : b));
}

export function latest(...instants: readonly string[]): string {
  return instants.reduce((a, b) => (a > b ? a : b));
}

/** Days from one instant to another. */
export function daysFrom(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / (24 * HOUR);
}

/** The instant at a time of the working day, so that nobody files at three in the night. */
export function officeTime(instant: string, random: Random): string {
  const day = instant.slice(0, 10);
  return `${day}T${String(random.integer(14, 21)).padStart(2, '0')}:${String(random.integer(0, 59)).padStart(2, '0')}:00.000Z`;
}

/** What happened, in time order, numbered from 1; of what happened at one time, what was told first comes first. */
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
