import { diff } from '@graphql-inspector/core';
import { buildSchema, type GraphQLSchema } from 'graphql';
import { OperatorError } from '#base/errors';
import { chainOf } from '../../../subgraphs/registry/schema/supergraph-activation';
import type { CallerOptions } from '../graph-client';
import { Registry } from './client';

interface Version {
  readonly id: string;
  readonly number: number;
  readonly digest: string;
  readonly subgraph: { readonly name: string };
}

interface Activation {
  readonly number: number;
  readonly note: string | null;
  readonly activatedAt: string;
  readonly chain: string;
  readonly supergraph: {
    readonly number: number;
    readonly digest: string;
    readonly members: { readonly nodes: readonly { readonly version: Version }[] };
  };
}

interface Replica {
  readonly replica: string;
  readonly digest: string;
  readonly since: string;
  readonly seenAt: string;
}

const PAGE = 'pageInfo { hasNextPage endCursor }';
const MEMBERS = 'members(first: 100) { nodes { version { id number digest subgraph { name } } } }';
const ACTIVATIONS = `query Activations($after: String) {
  supergraphActivations(first: 20, after: $after, filter: { exercise: { eq: false } }, orderBy: [{ field: NUMBER, direction: ASC }]) {
    nodes { number note activatedAt chain supergraph { number digest ${MEMBERS} } } ${PAGE}
  }
}`;
const REPLICAS = `query Replicas($after: String) {
  gatewayReports(first: 100, after: $after, filter: { exercise: { eq: false } }) { nodes { replica digest since seenAt } ${PAGE} }
}`;
const NOT_SERVED = `query NotServed($after: String) {
  registeredSubgraphs(first: 50, after: $after, filter: { exercise: { eq: false } }) {
    nodes { name servedSchemas(first: 100, filter: { isServed: { eq: false } }) { nodes { replica unserved seenAt } } } ${PAGE}
  }
}`;
const SUPERGRAPH = `query Supergraph($after: String, $number: Int!) {
  supergraphVersions(first: 1, after: $after, filter: { number: { eq: $number }, exercise: { eq: false } }) { nodes { number ${MEMBERS} } ${PAGE} }
}`;
const SDL = `query Sdl($id: ID!) { subgraphVersion(id: $id) { sdl } }`;
const ACTIVATE = `mutation Activate($input: ActivateSupergraphInput!) {
  activateSupergraph(input: $input) { supergraph { number } }
}`;

interface NotServed {
  readonly name: string;
  readonly servedSchemas: {
    readonly nodes: readonly {
      readonly replica: string;
      readonly unserved: readonly string[];
      readonly seenAt: string;
    }[];
  };
}

/** What was served since when, and what each replica of the gateway serves. */
export interface History {
  /** Number of the first activation that was changed later; undefined if none was. */
  readonly changedAt: number | undefined;
  readonly activations: readonly {
    readonly number: number;
    readonly supergraph: number;
    readonly digest: string;
    readonly at: string;
    readonly note: string | null;
    /** Versions that the activation before did not have, such as `reviews-12`. */
    readonly changed: readonly string[];
  }[];
  readonly replicas: readonly (Replica & {
    /** Number of the supergraph that it serves; undefined for one that was never published. */
    readonly supergraph: number | undefined;
    readonly isCurrent: boolean;
  })[];
  /** Subgraphs that do not serve what a replica asks them for. */
  readonly notServed: readonly {
    readonly subgraph: string;
    readonly replica: string;
    /** Coordinates, at most 50. */
    readonly parts: readonly string[];
    readonly seenAt: string;
  }[];
}

/** Versions, such as `reviews-12`. */
const versionsIn = ({ supergraph }: Activation): string[] =>
  supergraph.members.nodes.map(({ version: { subgraph, number } }) => `${subgraph.name}-${number}`).sort();

/** @param subgraph leaves out activations that did not change it @throws OperatorError */
export async function historyOf(caller: CallerOptions, subgraph?: string): Promise<History> {
  const registry = await Registry.of(caller);
  const activations = await registry.all<Activation>(ACTIVATIONS, 'supergraphActivations');
  const replicas = await registry.all<Replica>(REPLICAS, 'gatewayReports');
  const subgraphs = await registry.all<NotServed>(NOT_SERVED, 'registeredSubgraphs');
  const current = activations.at(-1)?.supergraph.digest;
  const all = activations.map((activation, index) => {
    const before = index === 0 ? [] : versionsIn(activations[index - 1]!);
    const { number, note, activatedAt: at, supergraph } = activation;
    const changed = versionsIn(activation).filter((version) => !before.includes(version));
    return { number, supergraph: supergraph.number, digest: supergraph.digest, at, note, changed };
  });
  return {
    changedAt: changedAt(activations),
    activations: all.filter(
      ({ changed }) => subgraph === undefined || changed.some((version) => version.replace(/-\d+$/, '') === subgraph),
    ),
    replicas: replicas.map((replica) => ({
      ...replica,
      supergraph: all.findLast(({ digest }) => digest === replica.digest)?.supergraph,
      isCurrent: replica.digest === current,
    })),
    notServed: subgraphs.flatMap(({ name, servedSchemas }) =>
      servedSchemas.nodes.map(({ unserved, ...seen }) => ({ subgraph: name, parts: unserved, ...seen })),
    ),
  };
}

/** The first activation whose digest over the history before it is wrong. */
function changedAt(activations: readonly Activation[]): number | undefined {
  let before = '';
  for (const { number, activatedAt, note, chain, supergraph } of activations) {
    const members = supergraph.members.nodes
      .map(({ version: { subgraph, number: of, digest } }) => [subgraph.name, of, digest] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    if (chainOf(before, { number, activatedAt, note, digest: supergraph.digest, members }) !== chain) return number;
    before = chain;
  }
  return undefined;
}

/** A history for people. */
export function describeHistory({ changedAt: number, activations, replicas, notServed }: History): string {
  const lines = activations.map(
    ({ number, supergraph, at, note, changed }) =>
      `${number}  ${at.slice(0, 16).replace('T', ' ')}  supergraph ${supergraph}  ${changed.join(', ') || 'no other version'}${note === null ? '' : `  ${note}`}\n`,
  );
  const served = replicas.map(
    ({ replica, supergraph, isCurrent, since, seenAt }) =>
      `${replica} serves ${supergraph === undefined ? 'an unpublished supergraph' : `supergraph ${supergraph}`}${isCurrent ? '' : ', not the current one,'} since ${since.slice(0, 16)}; last seen ${seenAt.slice(0, 16)}\n`,
  );
  const missing = notServed.map(
    ({ subgraph, replica, parts, seenAt }) =>
      `${subgraph} does not serve ${parts.slice(0, MAX_PARTS).join(', ')}${parts.length > MAX_PARTS ? ' and more' : ''}, as ${replica} saw at ${seenAt.slice(0, 16)}\n`,
  );
  const changed = number === undefined ? '' : `\nActivation ${number} was changed after it was recorded\n`;
  return `${lines.join('') || 'No activations\n'}${changed}${served.length > 0 ? `\n${served.join('')}` : ''}${missing.join('')}`;
}

/** Maximum parts of a line. */
const MAX_PARTS = 5;

/**
 * Changes between two supergraphs, by subgraph.
 * @param from number of a supergraph @param to number of another @returns a text for the reader @throws OperatorError
 */
export async function differences(caller: CallerOptions, from: number, to: number): Promise<string> {
  const registry = await Registry.of(caller);
  const versions = async (number: number): Promise<Map<string, Version>> => {
    const [found] = await registry.all<Activation['supergraph']>(SUPERGRAPH, 'supergraphVersions', { number });
    if (!found)
      throw new OperatorError(
        `No supergraph has the number ${number}`,
        '`ordergraph registry history` lists the supergraphs',
      );
    return new Map(found.members.nodes.map(({ version }) => [version.subgraph.name, version]));
  };
  const schemaOf = async (version: Version | undefined): Promise<GraphQLSchema> => {
    if (!version) return buildSchema('scalar Nothing');
    const data = await registry.request(SDL, { id: version.id });
    const { sdl } = data.subgraphVersion as { readonly sdl: string };
    return buildSchema(sdl, { assumeValidSDL: true, noLocation: true });
  };
  const [before, after] = [await versions(from), await versions(to)];
  let text = '';
  for (const name of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const [old, next] = [before.get(name), after.get(name)];
    if (old?.id === next?.id) continue;
    const changes = await diff(await schemaOf(old), await schemaOf(next));
    text += `${name}: version ${old?.number ?? 'none'} to ${next?.number ?? 'none'}\n`;
    text += changes.map(({ message }) => `- ${message}\n`).join('');
  }
  return text || 'The same versions of all subgraphs\n';
}

/** Activates the active supergraph again, which signs it with the key that the registry has now. @returns a line for the reader @throws OperatorError */
export async function signAgain(caller: CallerOptions): Promise<string> {
  const registry = await Registry.of(caller);
  const { number, supergraph } = await lastOf(registry);
  await activate(registry, supergraph.number, number, 'Signed again.');
  return `Signed supergraph ${supergraph.number} again; gateways take it within seconds\n`;
}

async function lastOf(registry: Registry): Promise<Activation> {
  const last = (await registry.all<Activation>(ACTIVATIONS, 'supergraphActivations')).at(-1);
  if (last) return last;
  throw new OperatorError(
    'The registry has no active supergraph',
    'Publish schemas first: `ordergraph registry publish`',
  );
}

async function activate(registry: Registry, number: number, expectedActivation: number, note: string): Promise<void> {
  const idempotencyKey = `rollback-${expectedActivation}-${number}`;
  await registry.request(ACTIVATE, { input: { number, expectedActivation, note, idempotencyKey } });
}

/** Returns to an earlier supergraph. @returns a line for the reader @throws OperatorError */
export async function rollBack(caller: CallerOptions, number: number, note: string): Promise<string> {
  const registry = await Registry.of(caller);
  await activate(registry, number, (await lastOf(registry)).number, note);
  return `Activated supergraph ${number}; gateways serve it within seconds\n`;
}
