import type { ServerResponse } from 'node:http';

/** Status of requests whose client closed the connection before the response was complete, as in nginx. */
const CLIENT_CLOSED = 499;

/** Limits for which connections of slow clients are ended: the minimum rate, or unread bytes of one caller or of the process. */
export type ReaderLimit = 'rate' | 'caller' | 'process';

/** Counts the requests of one server, with one listener per request. */
export class Traffic {
  /** Requests without a complete response. */
  inFlight = 0;
  /** Completed requests by HTTP status; 499 for those whose client closed the connection first. */
  readonly byStatus = new Map<number, number>();

  /** Bytes in this process that wait for slow clients. */
  unreadBytes = 0;
  /** Connections of slow clients that were ended, by limit. */
  readonly endedReaders = new Map<ReaderLimit, number>([
    ['rate', 0],
    ['caller', 0],
    ['process', 0],
  ]);

  countEndedReader(limit: ReaderLimit): void {
    this.endedReaders.set(limit, this.endedReaders.get(limit)! + 1);
  }

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
