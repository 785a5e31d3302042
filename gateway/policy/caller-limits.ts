import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { GatewayConfig } from '../config';
import { Budgets, budgetsOf, limitsClient, maxCostsOf } from './budgets';
import { costModeOf } from './cost-mode';
import { effectiveRate, RequestRate } from './request-rate';

/** How the gateway authenticates callers. */
export type CallerTrust = 'everyone' | 'development' | 'issuers';

/** The graph whose operations have costs; its cost directives may change with the supergraph. */
export interface CostSource {
  readonly graph: { readonly statesCosts: boolean };
  onSchemaLoadOrUpdate(callback: () => void): unknown;
}

/** Rate limit and cost budgets of callers, shared with other gateways if Redis is configured. */
export interface CallerLimits {
  readonly budgets: Budgets | undefined;
  /** Undefined when requests are not limited. */
  readonly rate: RequestRate | undefined;
  close(): void;
}

export function callerLimits(config: GatewayConfig, trust: CallerTrust, served: CostSource, log: Logger): CallerLimits {
  const redis = config.limitsUrl === '' ? undefined : limitsClient(config.limitsUrl, config.redisPrefix, log);
  const limit = effectiveRate(config.rateLimit, trust === 'issuers');
  return {
    budgets: budgets(config, trust, served, redis, log),
    rate: limit > 0 ? new RequestRate(limit, redis) : undefined,
    close: () => redis?.disconnect(),
  };
}

/** Undefined when costs are not counted. The cost mode follows the supergraph as it is replaced. */
function budgets(
  config: GatewayConfig,
  trust: CallerTrust,
  served: CostSource,
  redis: Redis | undefined,
  log: Logger,
): Budgets | undefined {
  const modeOf = () =>
    costModeOf(config.costs, { knowsCallers: trust !== 'everyone', statesCosts: served.graph.statesCosts });
  let costs = modeOf();
  served.onSchemaLoadOrUpdate(() => {
    const { mode } = costs;
    costs = modeOf();
    if (costs.mode !== mode) log.warn({ from: mode, to: costs.mode, reason: costs.reason }, 'changed cost mode');
  });
  if (costs.mode === 'off') return undefined;
  return new Budgets({
    isEnforced: () => costs.mode === 'enforce',
    maxPerOperation: maxCostsOf(config.maxCost),
    perMinute: budgetsOf(config.budget),
    redis,
  });
}
