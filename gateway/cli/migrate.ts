import { loadSubgraph } from './load-subgraph';
import { databaseUrl, PROGRAMMES } from './programmes';

/** Opens each database once: opening migrates it and writes its reference tables. */
export async function migrate(names: readonly string[], dataFolder: string): Promise<void> {
  const chosen = await Promise.all((names.length > 0 ? names : PROGRAMMES).map(loadSubgraph));
  for (const subgraph of chosen) {
    const open = await subgraph.open({ databaseUrl: databaseUrl(subgraph.name, dataFolder) });
    await open.close();
    process.stdout.write(`${subgraph.name}: up to date\n`);
  }
}
