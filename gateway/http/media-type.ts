import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';
import { parseMIMEType } from 'undici';

export const JSON_TYPE = 'application/json; charset=utf-8';
const RESPONSE_TYPE = 'application/graphql-response+json; charset=utf-8';

/** Incremental delivery formats, as clients request them: see docs/incremental-delivery.md. */
export type IncrementalFormat = 'deferSpec=20220824' | 'incrementalSpec=v0.2' | 'no version';

interface Negotiated {
  readonly type: string | undefined;
  readonly incremental: IncrementalFormat | undefined;
  readonly isPage: boolean;
}

// clients send few distinct headers, and each request needs the result several times
const negotiated = new LRUCache<string, Negotiated>({
  max: 200,
  maxSize: 256 * 1024,
  sizeCalculation: (_result, accept) => accept.length,
});

/** The media type for an answer in one JSON object, by the client's `Accept`; undefined if it accepts none. */
export const answerTypeOf = (accept: string | undefined): string | undefined => negotiate(accept).type;

/** The incremental delivery format; undefined if the client accepts none or prefers one JSON object. */
export const incrementalFormatOf = (accept: string | undefined): IncrementalFormat | undefined =>
  negotiate(accept).incremental;

/** Whether a client prefers HTML to JSON, as browsers do when they open a URL. */
export const prefersPage = (accept: string | undefined): boolean => negotiate(accept).isPage;

const ANYTHING: Negotiated = { type: JSON_TYPE, incremental: undefined, isPage: false };

function negotiate(accept: string | undefined): Negotiated {
  if (!accept) return ANYTHING;
  let result = negotiated.get(accept);
  if (!result) {
    const ranges = rangesOf(accept);
    // parameters of these types have no meaning here
    const plain = ranges.map(({ essence, quality }) => `${essence};q=${quality}`).join();
    result = {
      type: new Negotiator({ headers: { accept: plain } }).mediaType([JSON_TYPE, RESPONSE_TYPE]),
      incremental: preferredFormat(ranges),
      isPage: qualityOf('text/html', ranges) > qualityOfJson(ranges),
    };
    negotiated.set(accept, result);
  }
  return result;
}

interface MediaRange {
  readonly essence: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** Maximum media ranges read from one header: more than any client needs, in a millisecond or two. */
const MAX_RANGES = 500;

/** The first members of a header list, split at unquoted commas, in linear time. */
function splitList(header: string, limit: number): string[] {
  const members: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let i = 0; i <= header.length && members.length < limit; i++) {
    const char = header[i];
    if (isQuoted && char === '\\') i += 1;
    else if (char === '"') isQuoted = !isQuoted;
    else if (char === undefined || (char === ',' && !isQuoted)) {
      members.push(header.slice(start, i));
      start = i + 1;
    }
  }
  return members;
}

/** The media ranges of an `Accept`; ignores malformed ones. */
function rangesOf(accept: string): MediaRange[] {
  return splitList(accept, MAX_RANGES).flatMap((text) => {
    const parsed = parseMIMEType(text.trim());
    if (parsed === 'failure') return [];
    const { essence, parameters } = parsed;
    const quality = Number(parameters.get('q') ?? 1);
    return [{ essence, parameters, quality: quality >= 0 && quality <= 1 ? quality : 1 }];
  });
}

function preferredFormat(ranges: readonly MediaRange[]): IncrementalFormat | undefined {
  const json = qualityOfJson(ranges);
  let best: { format: IncrementalFormat; quality: number } | undefined;
  for (const range of ranges) {
    const format = formatOf(range);
    if (format && range.quality > (best?.quality ?? 0)) best = { format, quality: range.quality };
  }
  if (best && best.quality >= json) return best.format;
  // clients that accept everything get JSON
  return json === 0 && qualityOf('multipart/mixed', ranges) > 0 ? (best?.format ?? 'no version') : undefined;
}

function formatOf({ essence, parameters }: MediaRange): IncrementalFormat | undefined {
  if (essence !== 'multipart/mixed') return undefined;
  const [defer, incremental] = [parameters.get('deferspec'), parameters.get('incrementalspec')];
  if (incremental?.toLowerCase() === 'v0.2') return 'incrementalSpec=v0.2';
  if (defer === '20220824') return 'deferSpec=20220824';
  // other versions, and the subscription format
  const isOther = [defer, incremental, parameters.get('subscriptionspec')].some((version) => version !== undefined);
  return isOther ? undefined : 'no version';
}

const qualityOfJson = (ranges: readonly MediaRange[]): number =>
  Math.max(...['application/json', 'application/graphql-response+json'].map((type) => qualityOf(type, ranges)));

/** A client's quality value for a media type, from the most specific matching range. */
function qualityOf(essence: string, ranges: readonly MediaRange[]): number {
  for (const range of [essence, `${essence.split('/')[0]}/*`, '*/*']) {
    const fitting = ranges.filter(({ essence }) => essence === range);
    if (fitting.length > 0) return Math.max(...fitting.map(({ quality }) => quality));
  }
  return 0;
}

/** Codes of errors in well-formed requests that were not executed. */
const REQUEST_ERRORS = new Set(['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT']);

/**
 * The HTTP status of an error. Clients that request `application/json` by name predate `application/graphql-response+json`, and treat
 * any status but 200 as a transport failure: GraphQL over HTTP, section 6.4.1.
 */
export function statusOf(accept: string | undefined, status: number, code: unknown): number {
  const isOfBefore = accept !== undefined && accept !== '*/*' && answerTypeOf(accept)?.startsWith('application/json');
  return isOfBefore && status === 400 && REQUEST_ERRORS.has(String(code)) ? 200 : status;
}
