import { digestOf } from '../../../subgraphs/registry/schema/schema-text';
import { ownAgreement } from '../../ownership/own';
import { loadSubgraph } from '../load-subgraph';
import { PROGRAMS } from '../programs';
import type { Registry } from './client';
import { adopt, register } from './consents';
import { type Published, publish } from './publish';
import { bringAgreement, type RegisteredName } from './release-agreement';

export interface ReleaseOptions {
  /** Where gateways reach a subgraph. */
  readonly addressOf: (name: string) => string;
  /** Publishes only if no supergraph was activated. */
  readonly first?: boolean | undefined;
  readonly note?: string | undefined;
  /** Publishes although clients would break. */
  readonly acceptBreaking?: boolean | undefined;
}

export interface PublishedRelease {
  /** What was brought of the agreement, and what others must decide, as lines for the reader. */
  readonly notes: readonly string[];
  /** Undefined if there was nothing to publish. */
  readonly published: Published | undefined;
}

const ACTIVE = `query Active($after: String) {
  supergraphActivations(first: 1, after: $after, filter: { exercise: { eq: false } }, orderBy: [{ field: NUMBER, direction: DESC }]) {
    nodes { supergraph { members(first: 100) { nodes { version { digest subgraph { name } } } } } }
  }
}`;
const REGISTERED = `query Registered($after: String) {
  registeredSubgraphs(first: 100, after: $after, filter: { exercise: { eq: false } }) { nodes { name clearances } pageInfo { hasNextPage endCursor } }
}`;

interface Active {
  readonly nodes: readonly {
    readonly supergraph: {
      readonly members: {
        readonly nodes: readonly {
          readonly version: { readonly digest: string; readonly subgraph: { name: string } };
        }[];
      };
    };
  }[];
}

/**
 * Registers the subgraphs of this release that are not registered, and publishes those of their schemas that gateways do not serve. Before the
 * first publication, it takes over the agreement of the release, too; later what is new in it. What it has done already, it does not do again.
 * @throws OperatorError
 */
export async function publishRelease(
  registry: Registry,
  { addressOf, first = false, ...options }: ReleaseOptions,
): Promise<PublishedRelease> {
  const { supergraphActivations: active } = (await registry.request(ACTIVE, {})) as { supergraphActivations: Active };
  const [activation] = active.nodes;
  if (first && activation) return { notes: [], published: undefined };
  const subgraphs = await Promise.all(PROGRAMS.map(loadSubgraph));
  const agreement = ownAgreement();
  const registered = await registry.all<RegisteredName>(REGISTERED, 'registeredSubgraphs');
  for (const { name, parts } of subgraphs) {
    if (registered.some((other) => other.name === name)) continue;
    const clearances = agreement.clearances[name] ?? ['PUBLIC'];
    await register(registry, { name, agencies: parts.owners, clearances, address: addressOf(name) });
  }
  if (!activation) await adopt(registry, agreement);
  const notes = activation ? await bringAgreement(registry, agreement, registered) : [];
  const served = new Map(
    activation?.supergraph.members.nodes.map(({ version }) => [version.subgraph.name, version.digest]),
  );
  const proposed = subgraphs
    .filter(({ name, sdl }) => served.get(name) !== digestOf(sdl))
    .map(({ name, sdl }) => ({ name, sdl, url: addressOf(name) }));
  return { notes, published: proposed.length === 0 ? undefined : await publish(registry, proposed, options) };
}
