import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Size in bytes from which the young generation does not grow. V8 would let it grow to 64 MB, and fill all of that with garbage. */
const MAX_BYTES = 16 * 2 ** 20;

/**
 * Keeps the young generation of this process small. Its size can be set when a process starts only, so this looks at it after each collection,
 * and sets by how much the next one may enlarge it. See docs/performance.md.
 */
export function limitYoungGeneration(): void {
  new PerformanceObserver(() => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    setFlagsFromString(`--semi-space-growth-factor=${young && young.space_size >= MAX_BYTES ? 1 : 2}`);
  }).observe({ entryTypes: ['gc'] });
}
