/** A request whose caller has left. Does what `AbortSignal` does at a fraction of its cost: every request and every call makes one. */
export class Cancellation {
  private isCancelled = false;
  private listeners: Set<() => void> | undefined;

  get cancelled(): boolean {
    return this.isCancelled;
  }

  cancel(): void {
    if (this.isCancelled) return;
    this.isCancelled = true;
    const listeners = this.listeners ?? [];
    this.listeners = undefined;
    for (const listener of listeners) listener();
  }

  /** Calls the listener on cancellation, or at once when already canceled. @returns a function that removes the listener */
  onCancel(listener: () => void): () => void {
    if (this.isCancelled) {
      listener();
      return () => {};
    }
    this.listeners ??= new Set();
    this.listeners.add(listener);
    return () => this.listeners?.delete(listener);
  }
}
