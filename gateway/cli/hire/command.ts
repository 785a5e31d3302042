import { type ExerciseOptions, playExercise } from '../voluntary/command';
import { playHiring } from './story';

/** Plays the hiring of two agencies on a running graph, or on a temporary one. @throws OperatorError */
export const exerciseHire = (options: ExerciseOptions): Promise<void> =>
  playExercise({
    ...options,
    title: 'the hiring of two agencies',
    play: playHiring,
    end: 'all as the rules of hiring require',
  });
