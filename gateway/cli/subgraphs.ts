import { join } from 'node:path';
import { OperatorError } from '../../shared/errors';
import type { Subgraph } from '../../shared/subgraph/subgraph';
import { infrastructure } from '../../subgraphs/infrastructure/subgraph';
import { reviews } from '../../subgraphs/reviews/subgraph';
import { submissions } from '../../subgraphs/submissions/subgraph';
import { workforce } from '../../subgraphs/workforce/subgraph';
import { PROGRAMMES, type Programme } from './programmes';

const byName: Readonly<Record<Programme, Subgraph>> = { submissions, reviews, workforce, infrastructure };

/** The four programmes. A new subgraph of this repository is added here and to {@link PROGRAMMES}. */
export const subgraphs: readonly Subgraph[] = PROGRAMMES.map((name) => byName[name]);

/** The programmes that act on what others tell. */
export const eventReaders = subgraphs.filter(({ parts }) => (parts.handlers ?? []).length > 0).map(({ name }) => name);

/** @throws OperatorError listing the subgraphs there are. */
export function subgraphNamed(name: string): Subgraph {
  const found = subgraphs.find((subgraph) => subgraph.name === name);
  if (!found)
    throw new OperatorError(
      `There is no subgraph "${name}"`,
      `Choose one of ${subgraphs.map((subgraph) => subgraph.name).join(', ')}`,
    );
  return found;
}

export function databaseVariable(name: string): string {
  return `ORDERGRAPH_${name.toUpperCase()}_DATABASE_URL`;
}

/** Where a subgraph's database is: by its variable, else a SQLite file in the data folder. */
export function databaseUrl(name: string, dataFolder: string, environment: NodeJS.ProcessEnv = process.env): string {
  return environment[databaseVariable(name)] ?? join(dataFolder, `${name}.sqlite`);
}
