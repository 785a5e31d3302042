import type { CompiledNode } from '../execution/compile/compile';
import type { CompiledFetch } from '../execution/general/fetch';

/** A fetch of a plan, and the fetches that must end before it begins. */
export interface PlannedFetch {
  readonly fetch: CompiledFetch;
  readonly after: readonly CompiledFetch[];
  readonly isDeferred: boolean;
}

/** Last fetches of the steps so far: those that every later step waits for, and those that only deferred steps wait for. */
interface Last {
  readonly awaited: readonly CompiledFetch[];
  readonly deferred: readonly CompiledFetch[];
}

/**
 * The fetches of a plan, in its order, as execution runs them.
 * @param deferred outermost steps that do not delay the first part of an answer
 */
export function plannedFetches(
  root: CompiledNode | undefined,
  deferred: ReadonlySet<CompiledNode> = new Set(),
): PlannedFetch[] {
  const fetches: PlannedFetch[] = [];
  const walk = (node: CompiledNode, { awaited, deferred: behind }: Last): Last => {
    if (!deferred.has(node)) return step(node, { awaited, deferred: behind }, false);
    const { awaited: last } = step(node, { awaited: [...awaited, ...behind], deferred: [] }, true);
    return { awaited, deferred: last };
  };
  const step = (node: CompiledNode, before: Last, isDeferred: boolean): Last => {
    switch (node.kind) {
      case 'Fetch':
        fetches.push({ fetch: node, after: before.awaited, isDeferred });
        return { awaited: [node], deferred: before.deferred };
      case 'Sequence':
        return node.nodes.reduce(
          (last: Last, child) => (isDeferred ? step(child, last, true) : walk(child, last)),
          before,
        );
      case 'Parallel': {
        const ends = node.nodes.map((child) => (isDeferred ? step(child, before, true) : walk(child, before)));
        return { awaited: union(ends, before, 'awaited'), deferred: union(ends, before, 'deferred') };
      }
    }
  };
  if (root) walk(root, { awaited: [], deferred: [] });
  return fetches;
}

/** Last fetches of parallel steps; those before, if no step adds any. */
function union(ends: readonly Last[], before: Last, of: keyof Last): readonly CompiledFetch[] {
  const added = ends.filter((end) => end[of] !== before[of]).flatMap((end) => end[of]);
  return added.length > 0 ? [...new Set(added)] : before[of];
}
