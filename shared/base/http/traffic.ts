import type { ServerResponse } from 'node:http';

/** Status of requests whose client closed the connection before the response was complete, as in nginx. */
const CLIENT_CLOSED = 499;

/** Counts the requests of one server, with one listener per request. */
export class Traffic {
  /** Requests without a complete response. */
  inFlight = 0;
  /** Completed requests by HTTP status; 499 for those whose client closed the connection first. */
  readonly byStatus = new Map<number, number>();

  /** Counts a request until its response ends. */
  count(response: ServerResponse): void {
    this.inFlight += 1;
    response.once('close', () => {
      this.inFlight -= 1;
      const status = response.writableFinished ? response.statusCode : CLIENT_CLOSED;
      this.byStatus.set(status, (this.byStatus.get(status) ?? 0) + 1);
    });
  }
}
