/** Work that is done regularly, and never twice at once. */
export class RepeatedWork {
  private readonly timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  /** @param work never rejects @param everyMs milliseconds; 0 never begins by itself */
  constructor(
    private readonly work: () => Promise<void>,
    everyMs: number,
  ) {
    if (everyMs > 0) this.timer = setInterval(() => void this.now(), everyMs).unref();
  }

  /** Does it now, or waits for the work in progress. */
  now(): Promise<void> {
    this.running ??= this.work().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  /** Begins no more, and waits for the work in progress. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }
}
