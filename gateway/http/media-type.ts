import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';
import { parseMIMEType } from 'undici';

export const JSON_TYPE = 'application/json; charset=utf-8';
const RESPONSE_TYPE = 'application/graphql-response+json; charset=utf-8';

/** The formats of answers in parts, as clients ask for them: see docs/incremental-delivery.md. */
export type IncrementalFormat = 'deferSpec=20220824' | 'incrementalSpec=v0.2' | 'no version';

interface Negotiated {
  readonly type: string | undefined;
  readonly incremental: IncrementalFormat | undefined;
  readonly isPage: boolean;
}

// clients send few different ones, and each is looked at several times for one request
const negotiated = new LRUCache<string, Negotiated>({
  max: 200,
  maxSize: 256 * 1024,
  sizeCalculation: (_result, accept) => accept.length,
});

/** The media type of an answer that is one JSON object, by the client's `Accept`; undefined when it takes none of ours. */
export const answerTypeOf = (accept: string | undefined): string | undefined => negotiate(accept).type;

/** The format of an answer in parts; undefined when the client does not accept one, or prefers an answer in one JSON object. */
export const incrementalFormatOf = (accept: string | undefined): IncrementalFormat | undefined =>
  negotiate(accept).incremental;

/** Whether a client likes a page better than JSON, as browsers do for what they show in a tab. */
export const prefersPage = (accept: string | undefined): boolean => negotiate(accept).isPage;

/** An `Accept` without `text/html`, for Apollo Server: between equals it may choose its page. */
export const withoutPages = (accept: string): string => accept.replace(/(^|,)\s*text\/html[^,]*/gi, '$1');

const ANYTHING: Negotiated = { type: JSON_TYPE, incremental: undefined, isPage: false };

function negotiate(accept: string | undefined): Negotiated {
  if (!accept) return ANYTHING;
  let result = negotiated.get(accept);
  if (!result) {
    const ranges = rangesOf(accept);
    // parameters of these types mean nothing to us
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

/** Ranges of one header that are looked at: more than any client has reason to send, in a millisecond or two. */
const MAX_RANGES = 500;

/** The first members of a list in a header: what stands between commas that are not quoted. In time linear in its length. */
function splitList(header: string, most: number): string[] {
  const members: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let i = 0; i <= header.length && members.length < most; i++) {
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

/** The ranges of an `Accept`, without those that are no media types. */
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
  // whoever accepts everything gets JSON
  return json === 0 && qualityOf('multipart/mixed', ranges) > 0 ? (best?.format ?? 'no version') : undefined;
}

function formatOf({ essence, parameters }: MediaRange): IncrementalFormat | undefined {
  if (essence !== 'multipart/mixed') return undefined;
  const [defer, incremental] = [parameters.get('deferspec'), parameters.get('incrementalspec')];
  if (incremental?.toLowerCase() === 'v0.2') return 'incrementalSpec=v0.2';
  if (defer === '20220824') return 'deferSpec=20220824';
  // other versions, and the format of subscriptions
  const isOther = [defer, incremental, parameters.get('subscriptionspec')].some((one) => one !== undefined);
  return isOther ? undefined : 'no version';
}

const qualityOfJson = (ranges: readonly MediaRange[]): number =>
  Math.max(...['application/json', 'application/graphql-response+json'].map((one) => qualityOf(one, ranges)));

/** How much a client likes a media type: as the range says that fits it best. */
function qualityOf(essence: string, ranges: readonly MediaRange[]): number {
  for (const range of [essence, `${essence.split('/')[0]}/*`, '*/*']) {
    const fitting = ranges.filter((one) => one.essence === range);
    if (fitting.length > 0) return Math.max(...fitting.map(({ quality }) => quality));
  }
  return 0;
}

/** Errors of a request that is well-formed HTTP and JSON, and was not executed. */
const REQUEST_ERRORS = new Set(['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT']);

/**
 * The status of such an error. Whoever asks for `application/json` by name is of before `application/graphql-response+json`, and takes
 * every other status for a failure of the transport: GraphQL over HTTP, section 6.4.1.
 */
export function statusOf(accept: string | undefined, status: number, code: unknown): number {
  const isOfBefore = accept !== undefined && accept !== '*/*' && answerTypeOf(accept)?.startsWith('application/json');
  return isOfBefore && status === 400 && REQUEST_ERRORS.has(String(code)) ? 200 : status;
}
