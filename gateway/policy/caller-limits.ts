import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { GatewayConfig } from '../config';
import { Budgets, budgetsOf, limitsClient } from './budgets';
import { costModeOf } from './cost-mode';
import { effectiveRate, RequestRate } from './request-rate';

/** How the gateway knows its callers. */
export type CallerTrust = 'everyone' | 'development' | 'issuers';

/** The graph whose operations cost; what its supergraph says of costs may change. */
export interface CostSource {
  readonly graph: { readonly statesCosts: boolean };
  onSchemaLoadOrUpdate(callback: () => void): unknown;
}

/** What one caller may ask for a minute, counted with other gateways where Redis is configured. */
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

/** Undefined when costs are not looked at. How they are handled follows the supergraph while it is replaced. */
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
    if (costs.mode !== mode)
      log.warn({ from: mode, to: costs.mode, reason: costs.reason }, 'changed handling of costs');
  });
  if (costs.mode === 'off') return undefined;
  return new Budgets({
    isEnforced: () => costs.mode === 'enforce',
    mostOfOne: config.maxCost,
    perMinute: budgetsOf(config.budget),
    redis,
  });
}
