import { randomUUID } from 'node:crypto';

/** Header with the request id: accepted from clients, sent to subgraphs, and returned with every response. */
export const REQUEST_ID_HEADER = 'x-request-id';

/** Covers UUIDs, hexadecimal ids, ULIDs, and trace ids. Safe in logs and headers. */
const WELL_FORMED = /^[A-Za-z0-9._~:=+/-]{1,100}$/;

export const isRequestId = (value: unknown): value is string => typeof value === 'string' && WELL_FORMED.test(value);

/**
 * The client's id for a request if it is well formed, else a new one. Do not rely on it: clients choose it freely, and two requests may have
 * the same.
 */
export function requestIdOf(headers: Readonly<Record<string, string | string[] | undefined>>): string {
  const sent = headers[REQUEST_ID_HEADER];
  return isRequestId(sent) ? sent : randomUUID();
}
