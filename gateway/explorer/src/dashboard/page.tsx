import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { Frame } from '../ui/frame';
import { singleKeys, toggleSingleKeys } from '../ui/single-keys';
import { clock } from './clock';
import { MarkNotes } from './dependence-marks';
import { awaySince, isPaused, togglePause } from './feed';
import type { FeedState } from './feed-state';
import { dateTime, time } from './format';
import type { Subgraph } from './operations';
import { path } from './route';

interface PageProps {
  readonly title: string;
  readonly about: ComponentChildren;
  /** Answers by whose age the page says how old it is. */
  readonly feeds: readonly FeedState[];
  readonly sources: readonly Subgraph[];
  readonly notes: ComponentChildren;
  readonly children: ComponentChildren;
}

/** Age from which a page says that it is stale. */
const STALE_MS = 15 * 60_000;

/** What every page of the dashboard has around its panels. */
export function Page({ title, about, feeds, sources, notes, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Ordergraph`;
  }, [title]);
  return (
    <Frame current={path.value}>
      <main class="dashboard" id="content">
        <div class="page-head">
          <h1>{title}</h1>
          <p class="about">
            {about} <AsOf feeds={feeds} />
          </p>
          <button type="button" class="link" aria-pressed={isPaused.value} onClick={togglePause}>
            {isPaused.value ? 'Refreshing is paused' : 'Pause refreshing'}
          </button>
          <button type="button" class="link" aria-pressed={singleKeys.value} onClick={toggleSingleKeys}>
            Single keys {singleKeys.value ? 'on' : 'off'}
          </button>
          <Sources sources={sources} />
        </div>
        {children}
        <p class="notes">
          {notes}
          <MarkNotes />
        </p>
      </main>
    </Frame>
  );
}

function AsOf({ feeds }: { readonly feeds: readonly FeedState[] }) {
  const times = feeds.flatMap(({ arrivedAt }) => arrivedAt ?? []);
  if (times.length === 0) return null;
  const at = Math.min(...times);
  const age = clock.value - at;
  const failure = feeds.find((feed) => feed.failure !== undefined)?.failure;
  if (age < STALE_MS)
    return (
      <>
        As of <span data-as-of>{dateTime(at)}</span>.{failure && <span class="warn"> ▲ Not refreshed: {failure}.</span>}
      </>
    );
  return (
    <span class="warn">
      ▲ As of {time(at)}. Not refreshed for {Math.floor(age / 60_000)} minutes.
    </span>
  );
}

/** Whether each subgraph answers. */
function Sources({ sources }: { readonly sources: readonly Subgraph[] }) {
  const away = sources.filter((name) => awaySince.value.has(name));
  return (
    <ul class="sources" aria-label="Sources">
      {sources.map((name) => {
        const since = awaySince.value.get(name);
        return since === undefined ? (
          <li key={name}>
            <span class="source-dot" aria-hidden="true" />
            {name}
          </li>
        ) : (
          <li key={name} class="warn">
            ▲ {name}: not reachable since {time(since)}
          </li>
        );
      })}
      {away.length > 0 && (
        <li class="warn">
          {sources.length - away.length} of {sources.length} sources
        </li>
      )}
    </ul>
  );
}
