/** The programmes, in the order of their ports. What knows them by name only need not load their code. */
export const PROGRAMMES = ['submissions', 'reviews', 'workforce', 'infrastructure'] as const;
export type Programme = (typeof PROGRAMMES)[number];

/** The programme that takes and gives files. */
export const FILES_SUBGRAPH: Programme = 'submissions';

/** The port a subgraph has when it runs alone and none is said. */
export function defaultPort(name: string): number {
  return 4001 + PROGRAMMES.indexOf(name as Programme);
}

/** Where a subgraph answers when it runs alone on this machine and nothing else is said. */
export function defaultUrl(name: string): string {
  return `http://127.0.0.1:${defaultPort(name)}/graphql`;
}
