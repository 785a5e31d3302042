import { signal } from '@preact/signals';
import type { GraphQLSchema } from 'graphql';
import { bannerOf, csvBanner } from '../../../../export/banner';
import { headers } from '../../graph/session';
import type { Asked } from '../run';
import { csvOf } from './csv';
import { type Failure, failureIn, failureWords } from './download-failure';
import { rowsOf } from './rows';
import { type AnswerPart, columnsOf } from './tables';
import { withoutWithheld } from './withheld-cells';

const FORMATS = [
  ['csv', 'CSV'],
  ['jsonl', 'JSON Lines'],
  ['parquet', 'Parquet'],
] as const;
type Format = (typeof FORMATS)[number][0];

/** The download under way, or what became of the last one. */
const status = signal<string>('');

interface DownloadProps {
  readonly asked: Asked;
  readonly part: AnswerPart | undefined;
  readonly schema: GraphQLSchema | undefined;
}

/** Downloads the whole list, all pages, as the gateway exports it. */
export function Download({ asked, part, schema }: DownloadProps) {
  if (!part || part.name === '') return null;
  // other lists have no pages: the answer is the whole
  if (!/(^|\.)(nodes|edges)$/.test(part.name))
    return (
      <span class="download">
        <button type="button" onClick={() => downloadLoaded(asked, part, schema)}>
          CSV
        </button>
      </span>
    );
  return (
    <span class="download">
      {FORMATS.map(([format, name]) => (
        <button key={format} type="button" onClick={() => download(asked, part, format)}>
          {name}
        </button>
      ))}
      <span class="small" role="status">
        {status.value}
      </span>
    </span>
  );
}

/** What a failed download has received. */
interface Received {
  readonly chunks: Uint8Array<ArrayBuffer>[];
  bytes: number;
}

async function download({ text, operationName, variables }: Asked, part: AnswerPart, format: Format): Promise<void> {
  status.value = 'Preparing …';
  const received: Received = { chunks: [], bytes: 0 };
  try {
    const response = await fetch('/export', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers.value },
      body: JSON.stringify({
        query: text,
        operationName,
        variables,
        format,
        list: part.name.replace(/\.(nodes|edges)$/, ''),
        unfold: format === 'jsonl' || part.name.endsWith('edges') ? undefined : part.nested[0],
      }),
    });
    if (!response.ok) throw new RefusedError(await refusalIn(response));
    // a download that breaks off must not look complete
    for (const reader = response.body!.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      received.chunks.push(value);
      received.bytes += value.length;
      status.value = `${(received.bytes / 1e6).toFixed(1)} MB …`;
    }
    save(new Blob(received.chunks, { type: response.headers.get('content-type') ?? '' }), nameIn(response, format));
    status.value = 'Downloaded';
  } catch (error) {
    status.value = `Not downloaded: ${error instanceof RefusedError ? error.message : brokenOff(received)}`;
  }
}

/** The gateway refused the download, in words for readers. */
class RefusedError extends Error {}

async function refusalIn(response: Response): Promise<string> {
  const { errors } = (await response.json().catch(() => ({}))) as { errors?: readonly Failure[] };
  return errors?.[0] ? failureWords(errors[0]) : `the graph answered with status ${response.status}. Try again later.`;
}

/** Why a download broke off. CSV and JSON Lines say so in their last line, which browsers do not. */
function brokenOff({ chunks, bytes }: Received): string {
  if (bytes === 0) return 'the graph cannot be reached. Try again later.';
  const last = new TextDecoder().decode(chunks.at(-1));
  const failure = failureIn(last.trimEnd().split('\n').at(-1)!);
  const why = failure ? failureWords(failure) : 'the connection ended early. Try again later.';
  return `it stopped after ${(bytes / 1e6).toFixed(1)} MB, and nothing is saved: ${why}`;
}

/** Downloads a list without pages. Values that are withheld are empty: none of them is zero. */
function downloadLoaded(
  { answer, document, operationName, text, variables }: Asked,
  part: AnswerPart,
  schema: GraphQLSchema | undefined,
): void {
  const { extensions = {} } = answer;
  const columns = columnsOf(part, document, schema);
  const rows = withoutWithheld(rowsOf(part, part.nested[0]).rows, columns, extensions.withheld ?? []);
  const csv = csvOf(
    columns.map(({ name }) => name),
    rows.map(({ cells }) => cells),
  );
  save(
    new Blob([csvBanner(bannerOf(text, variables, extensions)), csv], { type: 'text/csv' }),
    `${operationName ?? part.name.replaceAll('.', '-')}.csv`,
  );
}

const nameIn = (response: Response, format: Format): string =>
  /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? `answer.${format}`;

function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
