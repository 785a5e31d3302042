import { LRUCache } from 'lru-cache';

/** Milliseconds that a request takes whatever it costs. */
const START_MS = 1;
/** Milliseconds that one cost keeps the next request waiting at most: estimates are upper bounds, by far where lists are shorter than they may be. */
const MAX_REST_MS = 1_000;
/** Requests of one caller that wait, and milliseconds for which one does; others are refused. */
const MAX_WAITING = 200;
const MAX_WAIT_MS = 5_000;
/** Requests of one caller that have begun and of which nobody knows yet what they cost: none is priced before it is parsed and planned. */
const MAX_UNPRICED = 2;
/** Callers remembered; the least recently seen one starts over. */
const MAX_CALLERS = 10_000;

/** Begins a request, which calls `priced` once it has paid or ended; or refuses it: its caller has too many that wait. */
type Begin = (priced: (() => void) | undefined) => void;

interface Lane {
  /** When the next request may begin, by `performance.now()`. */
  freeAt: number;
  unpriced: number;
  readonly waiting: { readonly begin: Begin; readonly until: number }[];
  isDraining: boolean;
}

/**
 * Spreads the work of a caller over time. A budget alone lets its whole minute be spent at once, and everyone else wait for as long as that
 * takes: so each request begins only when what the earlier ones have cost is over, at a share of one core.
 */
export class Pace {
  private readonly lanes = new LRUCache<string, Lane>({ max: MAX_CALLERS });

  /** @param unitsPerMs cost that a caller may cause in a millisecond */
  constructor(private readonly unitsPerMs: number) {}

  /** Calls `begin` when a request may begin: mostly at once. */
  enter(key: string, begin: Begin): void {
    const lane = this.laneOf(key);
    if (lane.waiting.length === 0 && isFree(lane)) start(lane, begin);
    else if (lane.waiting.length >= MAX_WAITING) begin(undefined);
    else {
      lane.waiting.push({ begin, until: performance.now() + MAX_WAIT_MS });
      if (!lane.isDraining) drain(lane);
    }
  }

  /** Keeps the next request of a caller waiting for what an earlier one has cost. */
  add(cost: number, key: string): void {
    const lane = this.laneOf(key);
    lane.freeAt = Math.max(lane.freeAt, performance.now()) + Math.min(cost / this.unitsPerMs, MAX_REST_MS);
  }

  private laneOf(key: string): Lane {
    let lane = this.lanes.get(key);
    if (!lane) {
      lane = { freeAt: 0, unpriced: 0, waiting: [], isDraining: false };
      this.lanes.set(key, lane);
    }
    return lane;
  }
}

const isFree = ({ freeAt, unpriced }: Lane): boolean => unpriced < MAX_UNPRICED && freeAt <= performance.now();

function start(lane: Lane, begin: Begin): void {
  lane.freeAt = Math.max(lane.freeAt, performance.now() + START_MS);
  lane.unpriced += 1;
  let isPriced = false;
  begin(() => {
    if (isPriced) return;
    isPriced = true;
    lane.unpriced -= 1;
  });
}

/** Begins what waits, one after the other, and refuses what has waited for too long. */
function drain(lane: Lane): void {
  const { waiting } = lane;
  while (waiting[0] && waiting[0].until <= performance.now()) waiting.shift()!.begin(undefined);
  if (waiting.length > 0 && isFree(lane)) start(lane, waiting.shift()!.begin);
  const [next] = waiting;
  lane.isDraining = next !== undefined;
  if (next) setTimeout(drain, Math.max(START_MS, Math.min(lane.freeAt, next.until) - performance.now()), lane);
}
