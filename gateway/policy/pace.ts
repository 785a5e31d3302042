import { LRUCache } from 'lru-cache';

/** Minimum milliseconds charged for a request. */
const START_MS = 1;
/** Maximum milliseconds that one cost delays the next request: estimates are upper bounds, often far too high. */
const MAX_REST_MS = 1_000;
/** Maximum queued requests of one caller, and maximum milliseconds in the queue; others are rejected. */
const MAX_WAITING = 200;
const MAX_WAIT_MS = 5_000;
/** Maximum running requests of one caller whose cost is not known yet: a request is priced once it is parsed and planned. */
const MAX_UNPRICED = 2;
/** Maximum callers remembered; the least recently seen one starts over. */
const MAX_CALLERS = 10_000;

/** Begins a request, which calls `priced` once it is paid for or ended; or rejects it because its caller has too many queued. */
type Begin = (priced: (() => void) | undefined) => void;

interface Lane {
  /** When the next request may begin, by `performance.now()`. */
  freeAt: number;
  unpriced: number;
  readonly waiting: { readonly begin: Begin; readonly until: number }[];
  /** Runs while requests wait. */
  timer: NodeJS.Timeout | undefined;
}

/**
 * Spreads the work of a caller over time. A budget alone would let a caller spend its whole minute at once and block everyone else.
 * So each request begins only when the cost of earlier ones has been worked off, at a share of one core.
 */
export class Pace {
  private readonly lanes = new LRUCache<string, Lane>({ max: MAX_CALLERS });

  /** @param unitsPerMs cost that a caller may cause per millisecond */
  constructor(private readonly unitsPerMs: number) {}

  /** Calls `begin` when a request may begin, usually immediately. */
  enter(key: string, begin: Begin): void {
    const lane = this.laneOf(key);
    if (lane.waiting.length === 0 && isFree(lane)) start(lane, begin);
    else if (lane.waiting.length >= MAX_WAITING) begin(undefined);
    else {
      lane.waiting.push({ begin, until: performance.now() + MAX_WAIT_MS });
      if (!lane.timer) schedule(lane);
    }
  }

  /** Delays the caller's next request by the cost of an earlier one. */
  add(cost: number, key: string): void {
    const lane = this.laneOf(key);
    lane.freeAt = Math.max(lane.freeAt, performance.now()) + Math.min(cost / this.unitsPerMs, MAX_REST_MS);
  }

  private laneOf(key: string): Lane {
    let lane = this.lanes.get(key);
    if (!lane) {
      lane = { freeAt: 0, unpriced: 0, waiting: [], timer: undefined };
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
    schedule(lane);
  });
}

/** Begins queued requests in order, and rejects those that have waited too long. */
function drain(lane: Lane): void {
  const { waiting } = lane;
  while (waiting[0] && waiting[0].until <= performance.now()) waiting.shift()!.begin(undefined);
  if (waiting.length > 0 && isFree(lane)) start(lane, waiting.shift()!.begin);
  schedule(lane);
}

/** Sets the timer for when the next queued request may begin; if that depends on a price, for when it has waited too long. */
function schedule(lane: Lane): void {
  clearTimeout(lane.timer);
  lane.timer = undefined;
  const [next] = lane.waiting;
  if (!next) return;
  const { freeAt, unpriced } = lane;
  const at = unpriced < MAX_UNPRICED ? Math.min(freeAt, next.until) : next.until;
  lane.timer = setTimeout(drain, Math.max(START_MS, at - performance.now()), lane);
}
