import { setTimeout as delay } from 'node:timers/promises';
import { OperatorError } from '#base/errors';
import type { PublishedSubgraph } from '../../composition/compose';
import { partsOf } from '../../graph/schema-comparison';
import { elementsOf } from '../../ownership/elements';
import type { Registry } from './client';

interface Seen {
  readonly replica: string;
  readonly unserved: readonly string[];
  readonly unpublished: readonly string[];
  readonly seenAt: string;
}

/** A registered subgraph, with its last published schema, and what gateways saw it serve. */
export interface Compared {
  readonly name: string;
  readonly servedSchemas: { readonly nodes: readonly Seen[] };
  readonly versions: { readonly nodes: readonly { readonly sdl: string }[] };
}

const SERVED = `query Served($after: String, $names: [ID!]) {
  registeredSubgraphs(first: 50, after: $after, filter: { name: { in: $names } }) {
    nodes {
      name
      servedSchemas(first: 100) { nodes { replica unserved unpublished seenAt } }
      versions(last: 1) { nodes { sdl } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`;
/** Age from which what a replica saw says nothing of now. */
const STALE_MS = 5 * 60_000;
const WAIT_MS = 3 * 60_000;
const PAUSE_MS = 2_000;
/** Maximum parts that a note names. */
const MAX_NAMED = 5;

/** The registered subgraphs of these names. */
export const registered = (registry: Registry, names: readonly string[]): Promise<Compared[]> =>
  registry.all<Compared>(SERVED, 'registeredSubgraphs', { names });

/** The last published schemas. */
export const publishedSchemas = (subgraphs: readonly Compared[]): { name: string; sdl: string }[] =>
  subgraphs.flatMap(({ name, versions }) => versions.nodes.map(({ sdl }) => ({ name, sdl })));

/**
 * Compares proposed schemas with what gateways saw subgraphs serve.
 * @returns one line for each subgraph that does not serve its proposed schema, or of which it is not known
 */
export function unserved(subgraphs: readonly Compared[], proposed: readonly PublishedSubgraph[]): string[] {
  const before = publishedSchemas(subgraphs);
  return proposed.flatMap(({ name, sdl }) => {
    const seen = subgraphs.find((subgraph) => subgraph.name === name)?.servedSchemas.nodes ?? [];
    const recent = seen.filter(({ seenAt }) => Date.now() - Date.parse(seenAt) < STALE_MS);
    if (recent.length === 0) return [`${name}: no gateway has seen lately what it serves`];
    const old = before.find((schema) => schema.name === name);
    const known = new Set(old && coordinates(name, old.sdl));
    const added = coordinates(name, sdl).filter((part) => !known.has(part));
    return recent.slice(0, 1).flatMap((last) => lineOf(name, last, added));
  });
}

const coordinates = (name: string, sdl: string): string[] => [...partsOf(elementsOf([{ name, sdl }])[0]!).keys()];

function lineOf(name: string, { replica, unserved, unpublished, seenAt }: Seen, added: readonly string[]): string[] {
  const missing = [...unserved, ...added.filter((part) => !unpublished.includes(part))];
  if (missing.length === 0) return [];
  const named = missing.slice(0, MAX_NAMED).join(', ');
  const more = missing.length > MAX_NAMED ? ` and ${missing.length - MAX_NAMED} more` : '';
  return [`${name} does not serve ${named}${more}, as ${replica} saw at ${seenAt.slice(0, 19)}`];
}

/** Waits until gateways see that subgraphs serve proposed schemas. @throws OperatorError if they do not within three minutes */
export async function awaitServed(registry: Registry, proposed: readonly PublishedSubgraph[]): Promise<void> {
  const names = proposed.map(({ name }) => name);
  for (const end = performance.now() + WAIT_MS; ; await delay(PAUSE_MS)) {
    const lines = unserved(await registered(registry, names), proposed);
    if (lines.length === 0) return;
    if (performance.now() < end) continue;
    throw new OperatorError(
      lines.join('\n'),
      'Deploy the schema first, or publish without --served. Nothing was published',
    );
  }
}
