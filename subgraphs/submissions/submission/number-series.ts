import { randomInt } from 'node:crypto';
import { civilDate } from '#base/civil';
import { kept, record } from '#kit/model/record';
import type { Work } from '#kit/mutation/work';
import { Submission } from './submission';

/** Last running number of a calendar year. Processes of the previous release still count with it while a release is rolled out. */
@record('number_series', { key: 'year' })
export class NumberSeries {
  @kept({ primary: true, type: 'int' }) year!: number;
  @kept({ type: 'int' }) last!: number;
}

/**
 * Drawn numbers start here, so that they never take the next running number of a process of the previous release, which could draft nothing
 * then.
 */
const FIRST_DRAWN_NUMBER = 100_000;

/** Numbers of exercise data start here, so that the two series never collide. */
export const FIRST_EXERCISE_NUMBER = 900_001;

/**
 * Number of a new file, such as AIS-2026-748213, which no other file has. Drawn at random: running numbers would tell a developer, and the
 * government, how many drafts others began, and when.
 */
export async function newNumber({ database, now }: Work): Promise<string> {
  for (;;) {
    const number = numberOf(civilDate(now).slice(0, 4), randomInt(FIRST_DRAWN_NUMBER, FIRST_EXERCISE_NUMBER));
    if ((await database.findBy(Submission, 'number', [number])).length === 0) return number;
  }
}

export function numberOf(year: number | string, number: number): string {
  return `AIS-${year}-${String(number).padStart(6, '0')}`;
}
