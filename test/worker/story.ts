import type { ExerciseRows } from '#domain/exercise/story';
import { tellExercise } from '../../gateway/cli/exercise';

/** The current instant of the tests' exercise. */
export const AS_OF = '2026-11-23T15:00:00.000Z';

const stories = new Map<number, Map<string, readonly ExerciseRows[]>>();

/** The exercise of the tests, by name of the subgraph. */
export function storyOf(scale: number): ReadonlyMap<string, readonly ExerciseRows[]> {
  const story = stories.get(scale) ?? tellExercise({ seed: 'test', scale, asOf: AS_OF });
  stories.set(scale, story);
  return story;
}
