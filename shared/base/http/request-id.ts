import { randomUUID } from 'node:crypto';

/** The header that carries the id of a request: accepted from clients, sent to subgraphs, returned with every response. */
export const REQUEST_ID_HEADER = 'x-request-id';

/** What proxies and clients generate: UUIDs, hexadecimal, ULIDs, trace ids. Safe in logs and in headers. */
const WELL_FORMED = /^[A-Za-z0-9._~:=+/-]{1,100}$/;

export const isRequestId = (value: unknown): value is string => typeof value === 'string' && WELL_FORMED.test(value);

/**
 * The client's id for a request where it is well formed, else a new one. It is a label: anyone may choose it, and two requests may
 * have the same.
 */
export function requestIdOf(headers: Readonly<Record<string, string | string[] | undefined>>): string {
  const sent = headers[REQUEST_ID_HEADER];
  return isRequestId(sent) ? sent : randomUUID();
}
