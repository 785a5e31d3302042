/** Cancellation of a request whose caller disconnected. A cheaper `AbortSignal`, since every request and every call creates one. */
export class Cancellation {
  private isCancelled = false;
  private listeners: Set<() => void> | undefined;

  get canceled(): boolean {
    return this.isCancelled;
  }

  cancel(): void {
    if (this.isCancelled) return;
    this.isCancelled = true;
    const listeners = this.listeners ?? [];
    this.listeners = undefined;
    for (const listener of listeners) listener();
  }

  /** Calls the listener on cancellation, or at once if already canceled. @returns function that removes the listener */
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
