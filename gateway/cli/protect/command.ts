import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importData } from '../import';
import { settingsBySubgraph, storeSettings } from '../settings';
import { type ExerciseOptions, playExercise } from '../voluntary/command';
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
    play: (stage, dataFolder) => playProtection(stage, (edition) => importEdition(edition, dataFolder)),
    end: 'all as the directive and the rules require',
  });

/** @param edition in the form of the published catalog */
async function importEdition(edition: object, dataFolder: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ordergraph-edition-'));
  const file = join(folder, 'known_exploited_vulnerabilities.json');
  try {
    await writeFile(file, JSON.stringify(edition));
    await importData({ source: 'kev', file, settingsOf: settingsBySubgraph(storeSettings, { data: dataFolder }) });
  } finally {
    await rm(folder, { recursive: true });
  }
}
