import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Registration } from '#kit/subgraph/registration';

/** Compiled subgraphs. A folder with a `subgraph` module is a subgraph of this repository; nothing else registers it. */
const FOLDER = join(__dirname, '..', '..', 'subgraphs');

/** Module of a subgraph's code. */
export const codeOf = (name: string): string => join(FOLDER, name, 'subgraph.js');

const isSubgraph = (name: string): boolean => existsSync(codeOf(name));

/** @throws Error for a subgraph without a registration, or two subgraphs with one port */
function readRegistrations(): ReadonlyMap<string, Registration> {
  const registrations = readdirSync(FOLDER)
    .filter(isSubgraph)
    .map((name): [string, Registration] => [name, require(join(FOLDER, name, 'registration.js')).registration])
    .sort(([, one], [, other]) => one.port - other.port);
  for (const [index, [name, { port }]] of registrations.entries()) {
    const before = registrations[index - 1];
    if (before?.[1].port === port)
      throw new Error(
        `Subgraphs ${before[0]} and ${name} have the same port ${port}: change it in subgraphs/${name}/registration.ts`,
      );
  }
  return new Map(registrations);
}

const registrations = readRegistrations();

/** The subgraphs of this repository, the programs and the registry, in the order of their ports. Their code is not loaded. */
export const PROGRAMS: readonly string[] = [...registrations.keys()];

/** The subgraph that has saved questions. */
export const REGISTRY_SUBGRAPH = 'registry';

/** The program that stores files. */
export const FILES_SUBGRAPH = 'submissions';

/** The programs with event handlers. The bus keeps events until each of them has read them. */
export const EVENT_READERS: readonly string[] = PROGRAMS.filter((name) => registrations.get(name)!.readsEvents);

/** Default port of a subgraph that runs alone; a subgraph of another repository has the first free one. */
export function defaultPort(name: string): number {
  const ports = [...registrations.values()].map(({ port }) => port);
  return registrations.get(name)?.port ?? Math.max(...ports) + 1;
}

/** Default URL of a subgraph that runs alone on this machine. */
export function defaultUrl(name: string): string {
  return `http://127.0.0.1:${defaultPort(name)}/graphql`;
}
