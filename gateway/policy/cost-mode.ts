import { parse } from 'graphql';
import type { GatewayConfig } from '../config';
import { statesCosts } from './cost';

/** How operation costs are handled: `measure` reports them, `enforce` also rejects operations over a limit. */
export interface CostMode {
  readonly mode: 'off' | 'measure' | 'enforce';
  /** Why this mode applies; undefined for an explicit setting. */
  readonly reason?: string;
}

/**
 * An explicit setting always wins. By default, limits are enforced only where they can be fair: where callers are authenticated and the
 * supergraph states the costs of its fields.
 */
export function costModeOf(
  setting: GatewayConfig['costs'],
  graph: { readonly knowsCallers: boolean; readonly statesCosts: boolean },
): CostMode {
  if (setting !== '') return { mode: setting };
  if (!graph.knowsCallers) return { mode: 'measure', reason: 'callers are not authenticated' };
  if (!graph.statesCosts) return { mode: 'measure', reason: 'the supergraph carries no @cost or @listSize' };
  return { mode: 'enforce', reason: 'the supergraph carries @cost or @listSize' };
}

/** Cost mode for the startup log, before the supergraph is served. */
export function describeCostMode({ costs, auth }: GatewayConfig, supergraphSdl: string): string {
  const knowsCallers = auth !== 'off';
  const { mode, reason } = costModeOf(costs, { knowsCallers, statesCosts: knowsCallers && readsCosts(supergraphSdl) });
  return reason === undefined ? mode : `${mode} (default: ${reason})`;
}

function readsCosts(supergraphSdl: string): boolean {
  try {
    return statesCosts(parse(supergraphSdl, { noLocation: true }));
  } catch {
    // a supergraph that does not parse fails later, when it is loaded
    return false;
  }
}
