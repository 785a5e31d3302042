import { type ExerciseOptions, playExercise } from '../voluntary/command';
import { importerInto } from '../voluntary/published-files';
import { playOversight } from './story';

/**
 * Plays what overseers ask about on a running graph, or on a temporary one. It imports invented files in the forms of their publishers, so a
 * running graph must use the databases of the data folder, or of the environment, and have no imported data.
 * @throws OperatorError
 */
export const exerciseOversight = (options: ExerciseOptions): Promise<void> =>
  playExercise({
    ...options,
    title: 'what overseers ask about',
    play: (stage, dataFolder) => playOversight(stage, importerInto(dataFolder)),
    end: 'and questions of overseers have answers',
  });
