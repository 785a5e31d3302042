import { type ExerciseOptions, playExercise } from '../voluntary/command';
import { importerInto } from '../voluntary/published-files';
import { playProtection } from './story';

/**
 * Plays the protection of the systems of one agency on a running graph, or on a temporary one. It imports an edition of the KEV catalog with
 * invented entries, so a running graph must use the databases of the data folder, or of the environment, and have no catalog.
 * @throws OperatorError
 */
export const exerciseProtect = (options: ExerciseOptions): Promise<void> =>
  playExercise({
    ...options,
    title: 'the protection of government systems',
    play: (stage, dataFolder) => playProtection(stage, importerInto(dataFolder)),
    end: 'all as the directive and the rules require',
  });
