import type { ComponentChildren } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { caller } from '../graph/session';
import { useMarks } from './dependence-marks';
import { awaySince, RETRY_MS } from './feed';
import { dependencesOf, type FeedState, type Needs, panelState } from './feed-state';
import { time } from './format';
import type { Operation } from './operations';
import { QuestionLink } from './question-link';
import { type TableData, TableTwin } from './table-twin';
import { DEPENDENCE_MARKS, dependenceWords, withheldWords } from './withheld-words';

interface PanelProps extends Needs {
  readonly title: string;
  /** What the figures are of; a function of the values is called once they are there, so that what is missing is not counted as zero. */
  readonly unit?: string | (() => string | null | undefined);
  readonly class?: string;
  readonly operation: Operation;
  readonly feed: FeedState;
  /** The figure in words, kept for when its subgraph does not answer. */
  readonly figure?: () => string | undefined;
  readonly table?: () => TableData;
  /** Called once the values are there. */
  readonly children: () => ComponentChildren;
}

/** Figures as they were last seen, by caller and panel. */
const lastKnown = new Map<string, { readonly figure: string; readonly at: number }>();

/** A figure with its title, table, and question, or why it is not there. */
export function Panel(props: PanelProps) {
  const { title, unit, operation, feed, figure, table, children } = props;
  const [isTableOpen, setTableOpen] = useState(false);
  const heading = useId();
  const state = panelState(feed, props);
  const dependences = state.kind === 'ready' ? dependencesOf(feed, props) : [];
  useMarks(heading, dependences);
  const key = `${caller.value.name}/${operation.key}/${title}`;
  const shown = state.kind === 'ready' ? figure?.() : undefined;
  const ofData = typeof unit === 'function';
  const unitShown = ofData ? (state.kind === 'ready' ? unit() : undefined) : unit;
  useEffect(() => {
    if (shown !== undefined && feed.arrivedAt !== undefined) lastKnown.set(key, { figure: shown, at: feed.arrivedAt });
  }, [shown, feed.arrivedAt, key]);
  return (
    <section
      class={['panel', state.kind, props.class].filter(Boolean).join(' ')}
      aria-labelledby={heading}
      aria-busy={state.kind === 'loading'}
    >
      <div class="panel-head">
        <h2 id={heading}>{title}</h2>
        {dependences.map((dependence) => {
          const words = dependenceWords(dependence, caller.value.name);
          return (
            <span key={dependence} class="by-role" title={words}>
              <span aria-hidden="true">{DEPENDENCE_MARKS[dependence]}</span>
              <span class="visually-hidden">{words}</span>
            </span>
          );
        })}
        {unitShown && <span class="unit">{unitShown}</span>}
        <span class="panel-links">
          {table && state.kind === 'ready' && (
            <button
              type="button"
              class="link"
              data-table
              aria-label={`Table: ${title}`}
              onClick={() => setTableOpen(true)}
            >
              Table
            </button>
          )}
          <QuestionLink operation={operation} of={title} />
        </span>
      </div>
      {state.kind === 'ready' && children()}
      {state.kind === 'loading' && <Loading />}
      {state.kind === 'away' && <Away subgraph={state.subgraph} last={lastKnown.get(key)} />}
      {state.kind === 'withheld' && (
        <p class="reason">
          <em>withheld</em> {withheldWords(state.entry, caller.value.name)}
        </p>
      )}
      {state.kind === 'failed' && <p class="reason">{state.message}</p>}
      {isTableOpen && table && <TableTwin title={title} table={table()} onClose={() => setTableOpen(false)} />}
    </section>
  );
}

function Loading() {
  return (
    <div class="loading-blocks" aria-hidden="true">
      <span class="block figure-block" />
      <span class="block" />
    </div>
  );
}

function Away({ subgraph, last }: { subgraph: string; last: { figure: string; at: number } | undefined }) {
  const since = awaySince.value.get(subgraph);
  return (
    <div class="away-words" role="status">
      <p class="not-reachable">
        <span class="warn">▲</span> Not reachable
      </p>
      <p>
        <b>
          {subgraph} has not answered{since === undefined ? '' : ` since ${time(since)}`}.
        </b>{' '}
        {last ? `Last known, ${time(last.at)}: ${last.figure}. ` : ''}Not counted as zero. Retrying every{' '}
        {RETRY_MS / 1_000} s.
      </p>
    </div>
  );
}

/** Words of a list that has nothing to show. */
export const Empty = ({ children }: { readonly children: ComponentChildren }) => <p class="empty muted">{children}</p>;
