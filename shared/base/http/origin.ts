import { isRequestId, REQUEST_ID_HEADER } from './request-id';

/** Origin of a request. */
export interface Origin {
  /** Id of the client's request, the same in all subgraphs. */
  readonly request: string | null;
  /** The client's name for the operation. */
  readonly operation: string | null;
  readonly address: string | null;
}

/** Request header with which the gateway sends the origin to subgraphs. */
export const ORIGIN_HEADER = 'ordergraph-origin';

const PART = /^[^\s;]{0,300}$/;

/** Header value: id, operation name, and address, percent-encoded. */
export const originHeader = ({ request, operation, address }: Origin): string =>
  [request, operation, address].map((part) => encodeURIComponent(part ?? '')).join(';');

/** Null for a missing or invalid header. */
export function readOrigin(header: unknown): Origin | null {
  if (typeof header !== 'string') return null;
  const parts = header.split(';');
  if (parts.length !== 3 || !parts.every((part) => PART.test(part))) return null;
  try {
    const [request, operation, address] = parts.map((part) => decodeURIComponent(part) || null);
    return { request: request!, operation: operation!, address: address! };
  } catch {
    return null;
  }
}

/** Origin of a request from its headers; only the id if another gateway sends nothing else. */
export function originOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  requestId: unknown = headers[REQUEST_ID_HEADER],
): Origin | null {
  const origin = readOrigin(headers[ORIGIN_HEADER]);
  if (!isRequestId(requestId)) return origin;
  return { operation: origin?.operation ?? null, address: origin?.address ?? null, request: requestId };
}
