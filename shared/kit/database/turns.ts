/** A place, or the wait for one. */
interface Turn {
  readonly caller: string;
  readonly granted: () => void;
}

/**
 * Shares a number of places among callers. A place that becomes free goes to the caller that holds the fewest, and no caller holds all of
 * them: however much one asks for, others are served. Work of this process itself, whose caller is the empty text, may hold all.
 */
export class Turns {
  private readonly held = new Map<string, number>();
  /** Those who wait, by caller; the caller that has waited longest is first. */
  private readonly waiting = new Map<string, Turn[]>();
  private free: number;
  private readonly maxOfOne: number;

  constructor(private readonly size: number) {
    this.free = size;
    this.maxOfOne = Math.max(1, Math.floor(size * 0.75));
  }

  /** Places that nobody holds. */
  get available(): number {
    return this.free;
  }

  /** How many turns of a caller wait. */
  waitingOf(caller: string): number {
    return this.waiting.get(caller)?.length ?? 0;
  }

  /**
   * Waits for a place. @param granted called when the caller has it, at once if one is free.
   * @returns gives the place back, or stops waiting
   */
  take(caller: string, granted: () => void): () => void {
    const turn: Turn = { caller, granted };
    const others = this.waiting.get(caller);
    if (others) others.push(turn);
    else this.waiting.set(caller, [turn]);
    this.grant();
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      if (!this.remove(turn)) this.release(caller);
    };
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
      if (held < (caller === '' ? this.size : this.maxOfOne) && (!best || held < best.held))
        best = { turn: turn!, held };
      if (best?.held === 0) break;
    }
    if (!best) return undefined;
    const { turn } = best;
    const turns = this.waiting.get(turn.caller)!;
    this.waiting.delete(turn.caller);
    turns.shift();
    // behind the others
    if (turns.length > 0) this.waiting.set(turn.caller, turns);
    return turn;
  }
}
