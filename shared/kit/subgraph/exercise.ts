import type { ModelClass } from '../model/model';

/** Parameters of exercise data. The same values produce the same data on every machine. */
export interface ExerciseScope {
  readonly seed: string;
  /** Amount of data: 1 is small, 100 is about a million rows of the whole graph. */
  readonly scale: number;
  /** Nothing happens after this instant. */
  readonly asOf: string;
}

/** Exercise rows of one table. */
export interface ExerciseTable<T extends object = object> {
  readonly target: ModelClass<T>;
  readonly rows: readonly Partial<T>[];
}
