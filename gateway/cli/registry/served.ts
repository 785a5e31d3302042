import { setTimeout as delay } from 'node:timers/promises';
import { OperatorError } from '#base/errors';
import { partsOf } from '../../graph/schema-comparison';
import { elementsOf } from '../../ownership/elements';
import type { Registry } from './client';

interface Seen {
  readonly replica: string;
  readonly unserved: readonly string[];
  readonly unpublished: readonly string[];
  readonly seenAt: string;
}

interface Schema {
  readonly name: string;
  readonly sdl: string;
}

/** @param fields of a registered subgraph */
const query = (name: string, fields: string): string => `query ${name}($after: String, $names: [ID!]) {
  registeredSubgraphs(first: 50, after: $after, filter: { name: { in: $names } }) {
    nodes { name ${fields} }
    pageInfo { hasNextPage endCursor }
  }
}`;
const PUBLISHED = query('PublishedSchemas', 'versions(last: 1) { nodes { sdl } }');
/** What the replica saw that compared last. */
const SEEN = query(
  'Seen',
  'servedSchemas(first: 1, orderBy: [{ field: SEEN_AT, direction: DESC }]) { nodes { replica unserved unpublished seenAt } }',
);
/** Age from which what a replica saw says nothing of now. */
const STALE_MS = 5 * 60_000;
const WAIT_MS = 3 * 60_000;
const PAUSE_MS = 2_000;
/** Maximum parts that a note names. */
const MAX_NAMED = 5;

/** The last published schemas of these subgraphs. */
export async function publishedSchemas(registry: Registry, names: readonly string[]): Promise<Schema[]> {
  const subgraphs = await registry.all<{
    readonly name: string;
    readonly versions: { readonly nodes: readonly Pick<Schema, 'sdl'>[] };
  }>(PUBLISHED, 'registeredSubgraphs', { names });
  return subgraphs.flatMap(({ name, versions }) => versions.nodes.map(({ sdl }) => ({ name, sdl })));
}

/** Compares proposed schemas with what gateways see subgraphs serve. */
export class Deployment {
  /** Parts that are proposed and not published, by subgraph. */
  private readonly added: ReadonlyMap<string, readonly string[]>;

  /** @param published the last published schemas */
  constructor(
    private readonly registry: Registry,
    proposed: readonly Schema[],
    published: readonly Schema[],
  ) {
    const known = new Map(published.map(({ name, sdl }) => [name, new Set(coordinates(name, sdl))]));
    this.added = new Map(
      proposed.map(({ name, sdl }) => [name, coordinates(name, sdl).filter((part) => !known.get(name)?.has(part))]),
    );
  }

  /** One line for each subgraph that does not serve its proposed schema, or of which it is not known. */
  async unserved(): Promise<string[]> {
    const subgraphs = await this.registry.all<{
      readonly name: string;
      readonly servedSchemas: { readonly nodes: readonly Seen[] };
    }>(SEEN, 'registeredSubgraphs', { names: [...this.added.keys()] });
    return [...this.added].flatMap(([name, added]) => {
      const [last] = subgraphs.find((subgraph) => subgraph.name === name)?.servedSchemas.nodes ?? [];
      return last && Date.now() - Date.parse(last.seenAt) < STALE_MS
        ? lineOf(name, last, added)
        : [`${name}: no gateway has seen lately what it serves`];
    });
  }

  /** Waits until the subgraphs serve the proposed schemas. @throws OperatorError if they do not within three minutes */
  async completed(): Promise<void> {
    for (const end = performance.now() + WAIT_MS; ; await delay(PAUSE_MS)) {
      const lines = await this.unserved();
      if (lines.length === 0) return;
      if (performance.now() < end) continue;
      throw new OperatorError(
        lines.join('\n'),
        'Deploy the schema first, or publish without --served. Nothing was published',
      );
    }
  }
}

const coordinates = (name: string, sdl: string): string[] => [...partsOf(elementsOf([{ name, sdl }])[0]!).keys()];

function lineOf(name: string, { replica, unserved, unpublished, seenAt }: Seen, added: readonly string[]): string[] {
  const missing = [...unserved, ...added.filter((part) => !unpublished.includes(part))];
  if (missing.length === 0) return [];
  const named = missing.slice(0, MAX_NAMED).join(', ');
  const more = missing.length > MAX_NAMED ? ` and ${missing.length - MAX_NAMED} more` : '';
  return [`${name} does not serve ${named}${more}, as ${replica} saw at ${seenAt.slice(0, 19)}`];
}
