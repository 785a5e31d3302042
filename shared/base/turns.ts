import type { Cancellation } from './cancellation';
import { RequestError } from './errors';

/** A place, or a wait for a place. */
interface Turn {
  readonly caller: string;
  readonly granted: () => void;
}

/**
 * Shares a fixed number of places fairly among callers. A free place goes to the caller that holds the fewest, and no caller may hold all
 * of them. Work of this process itself, whose caller is the empty text, may hold all.
 */
export class Turns {
  private readonly held = new Map<string, number>();
  /** Waiting turns by caller; the caller that has waited longest comes first. */
  private readonly waiting = new Map<string, Turn[]>();
  private free: number;

  /** @param maxPerCaller three quarters of the places by default */
  constructor(
    private readonly size: number,
    private readonly maxPerCaller = Math.max(1, Math.floor(size * 0.75)),
  ) {
    this.free = size;
  }

  /** Number of free places. */
  get available(): number {
    return this.free;
  }

  /** Number of waiting turns of a caller. */
  waitingOf(caller: string): number {
    return this.waiting.get(caller)?.length ?? 0;
  }

  /**
   * Waits for a place. @param granted called when the caller gets it, immediately if a place is free, with what this returns
   * @returns function that gives the place back, or stops waiting
   */
  take(caller: string, granted: (leave: () => void) => void): () => void {
    let isOver = false;
    const leave = () => {
      if (isOver) return;
      isOver = true;
      if (!this.remove(turn)) this.release(caller);
    };
    const turn: Turn = { caller, granted: () => granted(leave) };
    const others = this.waiting.get(caller);
    if (others) others.push(turn);
    else this.waiting.set(caller, [turn]);
    this.grant();
    return leave;
  }

  /** Takes a place without waiting. @returns function that gives it back; undefined if the caller would have to wait */
  takeAtOnce(caller: string): (() => void) | undefined {
    let isGranted = false;
    const leave = this.take(caller, () => {
      isGranted = true;
    });
    if (isGranted) return leave;
    leave();
    return undefined;
  }

  /** Waits for a place. @returns function that gives it back @throws RequestError CONFLICT if the caller leaves before */
  wait(caller: string, cancellation: Cancellation | undefined): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const leave = this.take(caller, () => {
        // granted at once, it has not returned yet
        queueMicrotask(() => {
          stay?.();
          resolve(leave);
        });
      });
      const stay = cancellation?.onCancel(() => {
        leave();
        reject(callerHasLeft());
      });
    });
  }

  private remove(turn: Turn): boolean {
    const turns = this.waiting.get(turn.caller) ?? [];
    const place = turns.indexOf(turn);
    if (place < 0) return false;
    turns.splice(place, 1);
    if (turns.length === 0) this.waiting.delete(turn.caller);
    return true;
  }

  private release(caller: string): void {
    const held = this.held.get(caller)! - 1;
    if (held === 0) this.held.delete(caller);
    else this.held.set(caller, held);
    this.free += 1;
    this.grant();
  }

  private grant(): void {
    while (this.free > 0) {
      const turn = this.next();
      if (!turn) return;
      this.free -= 1;
      this.held.set(turn.caller, (this.held.get(turn.caller) ?? 0) + 1);
      turn.granted();
    }
  }

  /** Takes the first turn of the caller that holds the fewest places. */
  private next(): Turn | undefined {
    let best: { readonly turn: Turn; readonly held: number } | undefined;
    for (const [caller, [turn]] of this.waiting) {
      const held = this.held.get(caller) ?? 0;
      if (held < (caller === '' ? this.size : this.maxPerCaller) && (!best || held < best.held))
        best = { turn: turn!, held };
      if (best?.held === 0) break;
    }
    if (!best) return undefined;
    const { turn } = best;
    const turns = this.waiting.get(turn.caller)!;
    this.waiting.delete(turn.caller);
    turns.shift();
    // back to the end of the line
    if (turns.length > 0) this.waiting.set(turn.caller, turns);
    return turn;
  }
}

/** For work whose caller disconnected, and so gets no answer. */
export const callerHasLeft = (): RequestError => new RequestError('CONFLICT', 'The caller has left');
