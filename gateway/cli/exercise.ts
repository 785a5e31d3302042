import type { OpenSubgraph } from '../../shared/subgraph/subgraph';

/** Makes exercise data when the databases have none. */
export async function fillWhenNew(
  _open: readonly OpenSubgraph[],
  _scale: number,
  _say: (text: string) => void,
): Promise<void> {}
export async function replaceExercise(_options: {
  scale: number;
  seed: string;
  asOf?: string;
  dataFolder: string;
}): Promise<void> {}
