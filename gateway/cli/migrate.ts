import { databaseUrl, subgraphNamed, subgraphs } from './subgraphs';

/** Opens each database once: opening migrates it and writes its reference tables. */
export async function migrate(names: readonly string[], dataFolder: string): Promise<void> {
  const chosen = names.length > 0 ? names.map(subgraphNamed) : subgraphs;
  for (const subgraph of chosen) {
    const open = await subgraph.open({ databaseUrl: databaseUrl(subgraph.name, dataFolder) });
    await open.close();
    process.stdout.write(`${subgraph.name}: up to date\n`);
  }
}
