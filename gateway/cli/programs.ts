import { join } from 'node:path';

/**
 * The programs, in the order of their ports. What knows them by name only need not load their code. A new subgraph of this repository is
 * added here, in `subgraphs.ts` and in `load-subgraph.ts`.
 */
export const PROGRAMS = ['submissions', 'reviews', 'workforce', 'infrastructure'] as const;
export type Program = (typeof PROGRAMS)[number];

/** The program that takes and gives files. */
export const FILES_SUBGRAPH: Program = 'submissions';

/** The programs that act on what others tell: those with handlers. Events are kept for each of them until it has read them. */
export const EVENT_READERS: readonly string[] = [
  'submissions',
  'reviews',
  'infrastructure',
] satisfies readonly Program[];

/** The environment variable that names a subgraph's database. */
export function databaseVariable(name: string): string {
  return `ORDERGRAPH_${name.toUpperCase()}_DATABASE_URL`;
}

/** The environment variable that names the file of a subgraph's event key. */
export function eventKeyVariable(name: string): string {
  return `ORDERGRAPH_${name.toUpperCase()}_EVENT_KEY`;
}

/** The environment variable that names the file of the key that seals a subgraph's records, where one process runs several. */
export function auditKeyVariable(name: string): string {
  return `ORDERGRAPH_${name.toUpperCase()}_AUDIT_KEY`;
}

/** Where a subgraph's database is: by its variable, else a SQLite file in the data folder. */
export function databaseUrl(name: string, dataFolder: string, environment: NodeJS.ProcessEnv = process.env): string {
  return environment[databaseVariable(name)] ?? join(dataFolder, `${name}.sqlite`);
}

/** The port a subgraph has when it runs alone and none is said. */
export function defaultPort(name: string): number {
  return 4001 + PROGRAMS.indexOf(name as Program);
}

/** Where a subgraph answers when it runs alone on this machine and nothing else is said. */
export function defaultUrl(name: string): string {
  return `http://127.0.0.1:${defaultPort(name)}/graphql`;
}
