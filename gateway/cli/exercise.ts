import { startOfDay } from '#base/civil';
import { OperatorError } from '#base/errors';
import { hasExercise, replaceExerciseRows } from '#domain/exercise/store';
import type { ExerciseRows, ExerciseWorld } from '#domain/exercise/story';
import { parseDate } from '#kit/model/scalars';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import { catalogedVulnerabilities, infrastructureExercise } from '../../subgraphs/infrastructure/exercise/exercise';
import { registryExercise } from '../../subgraphs/registry/exercise/exercise';
import { reviewsExercise } from '../../subgraphs/reviews/exercise/exercise';
import { submissionsExercise } from '../../subgraphs/submissions/exercise/exercise';
import { workforceExercise } from '../../subgraphs/workforce/exercise/exercise';
import { lockDataFolder } from './data-folder';
import { databaseUrl, unlimited } from './databases';
import { capabilityGaps, sectorNotices, staffingNotices } from './exercise-events';
import { wrappingKeysOf } from './person-keys';
import type { Program } from './programs';
import type { SettingsOf, StoreSettings } from './settings';
import { subgraphs } from './subgraphs';

/** The subgraphs with exercise data. */
const EXERCISED = [
  'submissions',
  'reviews',
  'workforce',
  'infrastructure',
  'registry',
] as const satisfies readonly Program[];

/** The exercise rows of these programs, by subgraph. What one program passes to the next here, events carry in operation. */
export function tellExercise(world: ExerciseWorld): Map<string, ExerciseRows[]> {
  const submissions = submissionsExercise(world);
  const reviews = reviewsExercise(world, submissions.stories, submissions.inquiries);
  const workforce = workforceExercise(world).rows;
  const infrastructure = infrastructureExercise(world, reviews.flaws).rows;
  const staffing = staffingNotices(workforce);
  const rows: Record<(typeof EXERCISED)[number], ExerciseRows[]> = {
    submissions: submissions.rows,
    reviews: [...reviews.rows, staffing, sectorNotices(infrastructure)],
    workforce: [...workforce, capabilityGaps(infrastructure)],
    infrastructure: [...infrastructure, staffing],
    registry: registryExercise(world),
  };
  return new Map(Object.entries(rows));
}

/** Replaces the exercise data in the databases. @returns the number of rows. */
export async function storeExercise(
  open: readonly OpenSubgraph[],
  world: ExerciseWorld,
  print: (text: string) => void = () => {},
): Promise<number> {
  const infrastructure = open.find(({ name }) => name === 'infrastructure');
  const cataloged = infrastructure && (await catalogedVulnerabilities(infrastructure.database, world.asOf));
  const story = tellExercise({ ...world, cataloged });
  let stored = 0;
  for (const { name, database, subgraph } of open) {
    const rows = await replaceExerciseRows(database, subgraph.parts.entities, story.get(name) ?? []);
    print(`  ${name}: ${rows} rows`);
    stored += rows;
  }
  return stored;
}

/** Creates exercise data unless every database that gets some has it. After an interrupted start, the next one creates all of it again. */
export async function fillWhenNew(
  open: readonly OpenSubgraph[],
  scale: number,
  print: (text: string) => void,
): Promise<void> {
  if (scale === 0) return;
  const filled = await Promise.all(
    open
      .filter(({ name }) => (EXERCISED as readonly string[]).includes(name))
      .map(({ database, subgraph }) => hasExercise(database, subgraph.parts.entities)),
  );
  if (filled.every(Boolean)) return;
  print(`Creating exercise data at scale ${scale} …`);
  const rows = await storeExercise(open, { seed: 'ordergraph', scale, asOf: open[0]!.clock.now().toISOString() });
  print(`Created ${rows} rows of invented data, marked as exercise data`);
}

export interface ExerciseOptions {
  scale: number;
  seed: string;
  asOf?: string;
  settingsOf: SettingsOf<StoreSettings>;
}

/** Replaces the exercise data of all databases. */
export async function replaceExercise({ scale, seed, asOf, settingsOf }: ExerciseOptions): Promise<void> {
  const lock = lockDataFolder(settingsOf().data);
  const open: OpenSubgraph[] = [];
  try {
    const day = asOf === undefined ? new Date().toISOString() : startOfDay(readDay(asOf));
    for (const subgraph of subgraphs) {
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
