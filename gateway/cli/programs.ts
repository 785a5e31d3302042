/**
 * The subgraphs of this repository, the programs and the registry, in the order of their ports. Commands that need only the names do not load the code. Add a new subgraph of this
 * repository here, in `subgraphs.ts`, and in `load-subgraph.ts`.
 */
export const PROGRAMS = ['submissions', 'reviews', 'workforce', 'infrastructure', 'registry'] as const;
export type Program = (typeof PROGRAMS)[number];

/** The subgraph that has saved questions. */
export const REGISTRY_SUBGRAPH: Program = 'registry';

/** The program that stores files. */
export const FILES_SUBGRAPH: Program = 'submissions';

/** The programs with event handlers. The bus keeps events until each of them has read them. */
export const EVENT_READERS: readonly string[] = [
  'submissions',
  'reviews',
  'workforce',
  'infrastructure',
] satisfies readonly Program[];

/** Default port of a subgraph that runs alone. */
export function defaultPort(name: string): number {
  return 4001 + PROGRAMS.indexOf(name as Program);
}

/** Default URL of a subgraph that runs alone on this machine. */
export function defaultUrl(name: string): string {
  return `http://127.0.0.1:${defaultPort(name)}/graphql`;
}
