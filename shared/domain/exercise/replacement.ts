import { kept, record } from '#kit/model/record';

/** Holds a row while exercise data are being replaced, within that transaction: only then may exercise timelines be deleted. */
@record('exercise_replacement')
export class ExerciseReplacement {
  @kept({ primary: true, length: 10 }) id!: string;
}
