import { kept, record } from '#kit/model/record';

/** Contains a row while a transaction replaces exercise data. Only then do the triggers allow the deletion of exercise timelines. */
@record('exercise_replacement')
export class ExerciseReplacement {
  @kept({ primary: true, length: 10 }) id!: string;
}
