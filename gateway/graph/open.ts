import type { Logger } from 'pino';
import { OperatorError } from '#base/errors';
import type { SigningKey } from '#base/identity/signed-identity';
import type { GatewayConfig } from '../config';
import { PlanSeal } from '../planning/cache/plan-seal';
import { RedisPlans } from '../planning/cache/redis-plans';
import { plannerOf } from '../planning/planners';
import type { SupergraphSource } from '../supergraph/file';
import { SubgraphWatch } from '../transport/subgraph-watch';
import type { GraphParts } from './graph';
import { ServedGraph } from './served-graph';

export interface GraphOptions {
  /** The supergraph, or where it comes from and changes. */
  readonly supergraph: string | SupergraphSource;
  readonly config: GatewayConfig;
  readonly log: Logger;
  /** How a subgraph of the supergraph is reached. */
  readonly transport: GraphParts['transport'];
  /** The key that vouches for plans that gateways share. */
  readonly planKey: (() => SigningKey) | undefined;
}

export interface OpenGraph {
  readonly served: ServedGraph;
  /** Plans that gateways share through Redis, where they do. */
  readonly sharedPlans: RedisPlans | undefined;
  close(): Promise<void>;
}

/** Serves a supergraph, and each that takes its place. @throws OperatorError when it cannot be served */
export async function openGraph({ supergraph, config, log, transport, planKey }: GraphOptions): Promise<OpenGraph> {
  const update = (supergraphSdl: string): void => {
    served.offer(supergraphSdl).catch((error) => log.error({ err: error }, 'failed to take a new supergraph'));
  };
  const { supergraphSdl, cleanup } =
    typeof supergraph === 'string'
      ? { supergraphSdl: supergraph, cleanup: undefined }
      : await supergraph.initialize({ update });
  const overrides = { labels: config.overrideLabel, percentile: config.overridePercentile };
  const bounds = { entries: config.planCacheEntries, bytes: config.planCacheBytes };
  const sharedPlans = sharedPlansOf(config, planKey, log);
  const served = new ServedGraph(
    {
      supergraphSdl,
      planner: plannerOf(config.planner, log, overrides),
      planLimits: { ...bounds, timeoutMs: config.planTimeoutMs },
      sharedPlans:
        sharedPlans &&
        ((sdl, planner, subgraphs) => sharedPlans.of(sdl, `${planner} ${JSON.stringify(overrides)}`, subgraphs)),
      transport,
      fetchTimeoutMs: config.subgraphTimeoutMs,
      watch: new SubgraphWatch(log),
      unauthorizedFields: config.unauthorizedFields,
    },
    log,
  );
  const close = async () => {
    await cleanup?.();
    sharedPlans?.close();
  };
  return { served, sharedPlans, close };
}

/** @throws OperatorError when plans are to be shared and no key shows which gateway made them */
function sharedPlansOf(
  { plansUrl, redisPrefix, planCacheEntries, planCacheBytes }: GatewayConfig,
  planKey: (() => SigningKey) | undefined,
  log: Logger,
): RedisPlans | undefined {
  if (plansUrl === '') return undefined;
  if (!planKey)
    throw new OperatorError(
      'Plans are shared through Redis, but no key shows which gateway made them',
      'Set --identity-key to the key of the gateways; `ordergraph keys FOLDER` makes it',
    );
  return new RedisPlans({
    url: plansUrl,
    prefix: redisPrefix,
    limits: { entries: planCacheEntries, bytes: planCacheBytes },
    seal: new PlanSeal(planKey),
    log,
  });
}
