import { startOfDay } from '#base/civil';
import { OperatorError } from '#base/errors';
import { hasExercise, replaceExerciseRows } from '#domain/exercise/store';
import type { ExerciseRows, ExerciseWorld } from '#domain/exercise/story';
import { parseDate } from '#kit/model/scalars';
import type { OpenSubgraph, Subgraph } from '#kit/subgraph/subgraph';
import { catalogedVulnerabilities, infrastructureExercise } from '../../subgraphs/infrastructure/exercise/exercise';
import { reviewsExercise } from '../../subgraphs/reviews/exercise/exercise';
import { submissionsExercise } from '../../subgraphs/submissions/exercise/exercise';
import { workforceExercise } from '../../subgraphs/workforce/exercise/exercise';
import { lockDataFolder } from './data-folder';
import { databaseUrl, unlimited } from './databases';
import { capabilityGaps, sectorNotices, staffingNotices } from './exercise-events';
import { requireSubgraph } from './load-subgraph';
import { wrappingKeysOf } from './person-keys';
import type { SettingsOf, StoreSettings } from './settings';
import { subgraphs } from './subgraphs';

/** The programs, whose exercise data tell one story. Other subgraphs have theirs in `exercise` of `subgraph.ts`. */
const STORY = ['submissions', 'reviews', 'workforce', 'infrastructure'];

const hasExerciseOf = ({ name, parts }: Subgraph): boolean => STORY.includes(name) || parts.exercise !== undefined;

/** The exercise rows of the programs, by subgraph. What one program passes to the next here, events carry in operation. */
function tellStory(world: ExerciseWorld): Map<string, readonly ExerciseRows[]> {
  const submissions = submissionsExercise(world);
  const reviews = reviewsExercise(world, submissions.stories, submissions.inquiries);
  const workforce = workforceExercise(world).rows;
  const infrastructure = infrastructureExercise(world, reviews.flaws).rows;
  const staffing = staffingNotices(workforce);
  return new Map([
    ['submissions', submissions.rows],
    ['reviews', [...reviews.rows, staffing, sectorNotices(infrastructure)]],
    ['workforce', [...workforce, capabilityGaps(infrastructure)]],
    ['infrastructure', [...infrastructure, staffing]],
  ]);
}

/** The exercise rows of every subgraph with some. */
export function tellExercise(world: ExerciseWorld): Map<string, readonly ExerciseRows[]> {
  const rows = tellStory(world);
  for (const { name, parts } of subgraphs) if (parts.exercise) rows.set(name, parts.exercise(world));
  return rows;
}

/** Replaces the exercise data in the databases. @returns the number of rows. */
export async function storeExercise(
  open: readonly OpenSubgraph[],
  world: ExerciseWorld,
  print: (text: string) => void = () => {},
): Promise<number> {
  const infrastructure = open.find(({ name }) => name === 'infrastructure');
  const cataloged = infrastructure && (await catalogedVulnerabilities(infrastructure.database, world.asOf));
  const story = open.some(({ name }) => STORY.includes(name)) ? tellStory({ ...world, cataloged }) : new Map();
  let stored = 0;
  for (const { name, database, subgraph } of open) {
    const rows = await replaceExerciseRows(
      database,
      subgraph.parts.entities,
      story.get(name) ?? subgraph.parts.exercise?.(world) ?? [],
    );
    print(`  ${name}: ${rows} rows`);
    stored += rows;
  }
  return stored;
}

/**
 * Creates exercise data unless every database that gets some has it. After an interrupted start, the next one creates all of it again; a
 * subgraph with exercise data of its own gets them alone.
 */
export async function fillWhenNew(
  open: readonly OpenSubgraph[],
  scale: number,
  print: (text: string) => void,
): Promise<void> {
  if (scale === 0) return;
  const empty: OpenSubgraph[] = [];
  for (const each of open.filter(({ subgraph }) => hasExerciseOf(subgraph)))
    if (!(await hasExercise(each.database, each.subgraph.parts.entities))) empty.push(each);
  if (empty.length === 0) return;
  print(`Creating exercise data at scale ${scale} …`);
  const filled = empty.some(({ name }) => STORY.includes(name)) ? open : empty;
  const rows = await storeExercise(filled, { seed: 'ordergraph', scale, asOf: open[0]!.clock.now().toISOString() });
  print(`Created ${rows} rows of invented data, marked as exercise data`);
}

export interface ExerciseOptions {
  scale: number;
  seed: string;
  asOf?: string;
  /** Compiled module of the only subgraph to fill; all subgraphs of this repository without one. */
  module?: string;
  settingsOf: SettingsOf<StoreSettings>;
}

/** Replaces the exercise data of the databases. @throws OperatorError */
export async function replaceExercise({ scale, seed, asOf, module, settingsOf }: ExerciseOptions): Promise<void> {
  const lock = lockDataFolder(settingsOf().data);
  const open: OpenSubgraph[] = [];
  try {
    const day = asOf === undefined ? new Date().toISOString() : startOfDay(readDay(asOf));
    for (const subgraph of module === undefined ? subgraphs : [requireSubgraph(module)]) {
      const settings = settingsOf(subgraph.name);
      const databaseAt = databaseUrl(subgraph.name, settings);
      const wrappingKeys = await wrappingKeysOf(subgraph, settings);
      open.push(await subgraph.open({ databaseUrl: databaseAt, limits: unlimited(settings), wrappingKeys }));
    }
    process.stdout.write(`Creating exercise data at scale ${scale} …\n`);
    const rows = await storeExercise(open, { seed, scale, asOf: day }, (text) => process.stdout.write(`${text}\n`));
    process.stdout.write(`Created ${rows} rows of invented data, marked as exercise data\n`);
  } finally {
    await Promise.all(open.map((subgraph) => subgraph.close()));
    lock.release();
  }
}

function readDay(text: string): string {
  try {
    return parseDate(text);
  } catch (error) {
    throw new OperatorError(`--as-of: ${(error as Error).message}`, 'Use a date as YYYY-MM-DD, or omit it for today');
  }
}
