import type { Logger } from 'pino';
import { OperatorError } from '#base/errors';
import type { SigningKey } from '#base/identity/signed-identity';
import type { GatewayConfig } from '../config';
import { PlanSeal } from '../planning/cache/plan-seal';
import { RedisPlans } from '../planning/cache/redis-plans';
import { plannerOf } from '../planning/planners';
import type { FirstSupergraph, SupergraphSource } from '../supergraph/source';
import { SubgraphWatch } from '../transport/subgraph-watch';
import type { GraphParts } from './graph';
import { ServedGraph } from './served-graph';

export interface GraphOptions {
  /** The supergraph, or a source of supergraph versions. */
  readonly supergraph: string | SupergraphSource;
  readonly config: GatewayConfig;
  readonly log: Logger;
  /** Creates the transport of a subgraph. */
  readonly transport: GraphParts['transport'];
  /** Plans the operations on a supergraph; by default as the configuration says. */
  readonly planner?: GraphParts['planner'];
  /** The key that signs shared plans. */
  readonly planKey: (() => SigningKey) | undefined;
}

export interface OpenGraph {
  readonly served: ServedGraph;
  /** Plans shared through Redis; undefined if disabled. */
  readonly sharedPlans: RedisPlans | undefined;
  close(): Promise<void>;
}

/** Serves a supergraph and its later versions. @throws OperatorError if the first is invalid */
export async function openGraph(options: GraphOptions): Promise<OpenGraph> {
  const { supergraph, config, log, transport, planKey } = options;
  const update = async (supergraphSdl: string): Promise<boolean> => {
    try {
      return await served.offer(supergraphSdl);
    } catch (error) {
      log.error({ err: error }, 'failed to load a new supergraph');
      return false;
    }
  };
  const { supergraphSdl, serving, cleanup }: FirstSupergraph =
    typeof supergraph === 'string' ? { supergraphSdl: supergraph } : await supergraph.initialize({ update });
  const overrides = { labels: config.overrideLabel, percentile: config.overridePercentile };
  const bounds = { entries: config.planCacheEntries, bytes: config.planCacheBytes };
  const sharedPlans = sharedPlansOf(config, planKey, log);
  const served = new ServedGraph(
    {
      supergraphSdl,
      planner: options.planner ?? plannerOf(config.planner, log, overrides),
      planLimits: { ...bounds, timeoutMs: config.planTimeoutMs },
      sharedPlans:
        sharedPlans &&
        ((sdl, planner, subgraphs) => sharedPlans.of(sdl, `${planner} ${JSON.stringify(overrides)}`, subgraphs)),
      transport,
      fetchTimeoutMs: config.subgraphTimeoutMs,
      watch: new SubgraphWatch(log),
      unauthorizedFields: config.unauthorizedFields,
      // a request is never too large for a text that it uses twice
      maxText: 2 * config.maxRequestBytes,
    },
    log,
  );
  serving?.();
  const close = async () => {
    await cleanup?.();
    sharedPlans?.close();
  };
  return { served, sharedPlans, close };
}

/** @throws OperatorError if plans are shared without a signing key */
function sharedPlansOf(
  { plansUrl, redisPrefix, planCacheEntries, planCacheBytes }: GatewayConfig,
  planKey: (() => SigningKey) | undefined,
  log: Logger,
): RedisPlans | undefined {
  if (plansUrl === '') return undefined;
  if (!planKey)
    throw new OperatorError(
      'Sharing plans through Redis requires a signing key',
      "Set --identity-key to the gateways' key; `ordergraph keys FOLDER` creates it",
    );
  return new RedisPlans({
    url: plansUrl,
    prefix: redisPrefix,
    limits: { entries: planCacheEntries, bytes: planCacheBytes },
    seal: new PlanSeal(planKey),
    log,
  });
}
