import { parse } from 'graphql';
import type { GatewayConfig } from '../config';
import { statesCosts } from './cost';

/** What is done about the cost of operations: `measure` reports it, `enforce` also rejects what exceeds a limit. */
export interface CostMode {
  readonly mode: 'off' | 'measure' | 'enforce';
  /** Why, where no setting says so. */
  readonly reason?: string;
}

/**
 * An explicit setting always wins. By default, limits made for this graph's own programs are enforced only where they can be fair: where
 * callers can be told apart, and the supergraph says what its fields cost.
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

/** As the settings at start show it, before the supergraph is served. */
export function describeCostMode({ costs, auth }: GatewayConfig, supergraphSdl: string): string {
  const knowsCallers = auth !== 'off';
  const { mode, reason } = costModeOf(costs, { knowsCallers, statesCosts: knowsCallers && readsCosts(supergraphSdl) });
  return reason === undefined ? mode : `${mode} (default: ${reason})`;
}

function readsCosts(supergraphSdl: string): boolean {
  try {
    return statesCosts(parse(supergraphSdl, { noLocation: true }));
  } catch {
    // a supergraph that does not parse is reported when it is served
    return false;
  }
}
