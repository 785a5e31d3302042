/** That nobody waits any more. What `AbortSignal` does, at a small part of its cost: one is made for every request and every call. */
export class Cancellation {
  private isCancelled = false;
  private listeners: Set<() => void> | undefined;

  get cancelled(): boolean {
    return this.isCancelled;
  }

  cancel(): void {
    if (this.isCancelled) return;
    this.isCancelled = true;
    const told = this.listeners;
    this.listeners = undefined;
    for (const listener of told ?? []) listener();
  }

  /** Calls the listener when it is cancelled, at once when it is already; gives what takes the listener back. */
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
