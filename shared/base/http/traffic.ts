import type { ServerResponse } from 'node:http';

/** Status under which a request counts whose client closed the connection before the response was complete; the one nginx uses. */
const CLIENT_CLOSED = 499;

/** Counts the requests of one server. Costs each request one listener. */
export class Traffic {
  /** Requests that have not been answered completely. */
  inFlight = 0;
  /** Completed requests by HTTP status; 499 for those whose client closed the connection first. */
  readonly byStatus = new Map<number, number>();

  /** Counts a request from now until its response has ended. */
  count(response: ServerResponse): void {
    this.inFlight += 1;
    response.once('close', () => {
      this.inFlight -= 1;
      const status = response.writableFinished ? response.statusCode : CLIENT_CLOSED;
      this.byStatus.set(status, (this.byStatus.get(status) ?? 0) + 1);
    });
  }
}
