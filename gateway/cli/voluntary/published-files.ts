import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importData } from '../import';
import { settingsBySubgraph, storeSettings } from '../settings';

/** Imports content in the form of a publisher, as `npm run import` does. @param source name of the importer */
export type ImportContent = (source: string, content: string) => Promise<void>;

/** Imports into the databases of a data folder, or of the environment. */
export const importerInto =
  (dataFolder: string): ImportContent =>
  async (source, content) => {
    const folder = await mkdtemp(join(tmpdir(), 'ordergraph-published-'));
    const file = join(folder, source);
    try {
      await writeFile(file, content);
      await importData({ source, file, settingsOf: settingsBySubgraph(storeSettings, { data: dataFolder }) });
    } finally {
      await rm(folder, { recursive: true });
    }
  };
