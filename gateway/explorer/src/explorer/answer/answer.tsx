import type { GraphQLSchema } from 'graphql';
import { useMemo, useState } from 'preact/hooks';
import type { GraphError, Withheld } from '../../graph/ask';
import type { Asked, Run } from '../run';
import { AnswerChart } from './chart';
import { Details } from './details';
import { Download } from './download';
import { AnswerTable } from './table';
import { type AnswerPart, partsOf } from './tables';
import { answerView, VIEWS, type View } from './view';

const NAMES: Readonly<Record<View, string>> = { table: 'Table', chart: 'Chart', json: 'JSON' };

interface AnswerViewProps {
  readonly run: Run;
  readonly schema: GraphQLSchema | undefined;
}

/** The answer to the current operation. */
export function AnswerView({ run, schema }: AnswerViewProps) {
  const asked = run.state === 'answered' || run.state === 'running' ? run.asked : undefined;
  const parts = useMemo(
    () => (asked?.answer.data ? partsOf(asked.document, asked.operationName, asked.answer.data) : []),
    [asked],
  );
  const [name, setName] = useState<string>();
  const part = parts.find((one) => one.name === name) ?? parts[0];
  const view = answerView.value;
  return (
    <section class="answer" id="answer" tabIndex={-1} aria-label="Answer" aria-busy={run.state === 'running'}>
      <header class="answer-bar">
        <div role="tablist" aria-label="View of the answer">
          {VIEWS.map((one, place) => (
            <button
              key={one}
              type="button"
              role="tab"
              id={`tab-${one}`}
              aria-selected={view === one}
              aria-controls="answer-panel"
              tabIndex={view === one ? 0 : -1}
              onClick={() => {
                answerView.value = one;
              }}
              onKeyDown={({ key }) => {
                const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
                if (step === 0) return;
                const next = VIEWS[(place + step + VIEWS.length) % VIEWS.length]!;
                answerView.value = next;
                document.getElementById(`tab-${next}`)?.focus();
              }}
            >
              {NAMES[one]} <kbd>{place + 1}</kbd>
            </button>
          ))}
        </div>
        {parts.length > 1 && view !== 'json' && (
          <label class="small">
            List{' '}
            <select value={part?.name} onChange={({ currentTarget: { value } }) => setName(value)}>
              {parts.map((one) => (
                <option key={one.name} value={one.name}>
                  {one.name === '' ? 'figures' : one.name.replace(/\.nodes$/, '')}
                </option>
              ))}
            </select>
          </label>
        )}
        <span class="muted small" role="status">
          {summary(run, parts)}
        </span>
        {asked && <Download {...{ asked, part, schema }} />}
      </header>
      <div class="answer-panel" id="answer-panel" role="tabpanel" aria-labelledby={`tab-${view}`}>
        {run.state === 'failed' && (
          <p class="message warn" role="alert">
            {run.message}
          </p>
        )}
        {run.state === 'idle' && (
          <p class="message muted">
            Run an operation to see its answer here: as a table, a chart, or JSON. Questions on the left are ready to
            run.
          </p>
        )}
        {asked && (
          <>
            <Errors errors={asked.answer.errors ?? []} />
            {view === 'json' ? (
              <Json asked={asked} />
            ) : part ? (
              <Shown key={`${part.name} ${view}`} view={view} part={part} asked={asked} schema={schema} />
            ) : (
              asked.answer.data && <p class="message muted">The answer has no values.</p>
            )}
          </>
        )}
      </div>
      {asked && <Details asked={asked} />}
    </section>
  );
}

const NOTHING_WITHHELD: readonly Withheld[] = [];

function Shown({
  view,
  part,
  asked,
  schema,
}: {
  view: View;
  part: AnswerPart;
  asked: Asked;
  schema: GraphQLSchema | undefined;
}) {
  const { document, answer } = asked;
  const withheld = answer.extensions?.withheld ?? NOTHING_WITHHELD;
  return view === 'chart' ? (
    <AnswerChart {...{ part, document, schema, withheld }} />
  ) : (
    <AnswerTable {...{ part, document, schema, withheld }} />
  );
}

function summary(run: Run, parts: readonly AnswerPart[]): string {
  if (run.state === 'running') return run.asked ? 'Parts are still to come …' : 'Asking …';
  if (run.state !== 'answered') return '';
  const lists = parts.flatMap(({ name, objects }) =>
    name === '' ? [] : [`${objects.length.toLocaleString('en-US')} ${name.replace(/\.nodes$/, '')}`],
  );
  return [...lists, `${Math.round(run.asked.answer.milliseconds)} ms`].join(', ');
}

/** Errors shown at once. */
const MAX_ERRORS = 20;

function Errors({ errors }: { errors: readonly GraphError[] }) {
  if (errors.length === 0) return null;
  return (
    <ul class="errors" role="alert">
      {errors.slice(0, MAX_ERRORS).map((error, place) => (
        <li key={place}>
          <b>{error.extensions?.code ?? 'Error'}</b> {placeOf(error)}
          {error.message}
        </li>
      ))}
      {errors.length > MAX_ERRORS && <li>and {errors.length - MAX_ERRORS} more: see the JSON tab</li>}
    </ul>
  );
}

function placeOf({ path, locations }: GraphError): string {
  if (path) return `at ${path.join('.')}: `;
  return locations?.[0] ? `line ${locations[0].line}: ` : '';
}

/** Characters of JSON shown; a browser would stand still over more. */
const MAX_JSON = 500_000;

function Json({ asked }: { asked: Asked }) {
  const { data, errors, extensions } = asked.answer;
  const text = useMemo(() => JSON.stringify({ data, errors, extensions }, null, 2), [asked]);
  return (
    <>
      {text.length > MAX_JSON && (
        <p class="message muted">The first {MAX_JSON.toLocaleString('en-US')} characters. Download has the rest.</p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls by keyboard */}
      <pre class="json" tabIndex={0}>
        {text.slice(0, MAX_JSON)}
      </pre>
    </>
  );
}
