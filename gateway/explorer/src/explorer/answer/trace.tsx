import { scaleLinear } from 'd3-scale';
import type { Trace, TracedFetch } from '../../graph/ask';

/** The fetches of an operation, those that run together in one column. */
export function Plan({ trace }: { trace: Trace | undefined }) {
  if (!trace) return null;
  const { fetches, joins, cached, omitted } = trace.plan;
  const levels = levelsOf(fetches);
  return (
    <div>
      <h3>Plan</h3>
      {fetches.length === 0 ? (
        <p class="muted">No subgraph was asked.</p>
      ) : (
        <ol class="plan">
          {levels.map((level, place) => (
            <li key={level[0]!.id} class="plan-level">
              {place > 0 && <span aria-hidden="true">→</span>}
              <ul class="plan-together">
                {level.map((fetch) => (
                  <li key={fetch.id} class="plan-fetch" title={fetch.operation}>
                    <b>{fetch.subgraph}</b>
                    <span class="muted">
                      {fetch.kind === 'ROOT' ? 'root fields' : `${(fetch.types ?? []).join(', ')} by key`}
                      {fetch.deferred && ', deferred'}
                    </span>
                  </li>
                ))}
              </ul>
            </li>
          ))}
        </ol>
      )}
      <p class="muted">
        {joins.length > 0 && `${joins.map(({ field }) => field).join(', ')} asked first, for filters. `}
        {cached ? 'Plan from the cache.' : 'Planned for this request.'}
        {omitted?.fetches ? ` ${omitted.fetches} fetches are left out.` : ''}
      </p>
    </div>
  );
}

/** Fetches by the longest way of fetches that each waits for. */
function levelsOf(fetches: readonly TracedFetch[]): TracedFetch[][] {
  const levels: TracedFetch[][] = [];
  const levelOf = new Map<number, number>();
  for (const fetch of fetches) {
    const level = Math.max(-1, ...fetch.waitsFor.map((id) => levelOf.get(id) ?? -1)) + 1;
    levelOf.set(fetch.id, level);
    levels[level] ??= [];
    levels[level].push(fetch);
  }
  return levels.filter(Boolean);
}

const [WIDTH, ROW, NAME] = [260, 16, 84];

/** When the gateway worked, and when it waited for subgraphs. */
export function Timing({ trace, milliseconds }: { trace: Trace | undefined; milliseconds: number }) {
  if (!trace) return null;
  const { phases, calls, total } = trace.timing;
  const spans = [
    ...phases.map(({ name, start, end }) => ({ name: name.toLowerCase(), start, end, isCall: false, note: '' })),
    ...calls.map(({ subgraph, start, end, entities, shared }) => ({
      name: subgraph,
      start,
      end: end ?? total,
      isCall: true,
      note: `${entities === undefined ? '' : `, ${entities} objects`}${shared ? ', shared with another request' : ''}`,
    })),
  ];
  const x = scaleLinear([0, Math.max(total, 0.1)], [NAME, WIDTH - 44]);
  const ms = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
  return (
    <div>
      <h3>
        Timing{' '}
        <span class="muted">
          {ms(total)} in the gateway, {ms(milliseconds)} seen here
        </span>
      </h3>
      <svg
        class="timing"
        viewBox={`0 0 ${WIDTH} ${ROW * spans.length}`}
        role="img"
        aria-label={spans.map(({ name, start, end, note }) => `${name}: ${ms(start)} to ${ms(end)}${note}`).join('; ')}
      >
        {spans.map(({ name, start, end, isCall, note }, place) => (
          <g key={`${name} ${place}`} transform={`translate(0 ${ROW * place})`}>
            <title>{`${name}: ${ms(start)} to ${ms(end)}${note}`}</title>
            <text class="timing-label" x={0} y={12}>
              {name}
            </text>
            <rect
              class={isCall ? 'call' : 'phase'}
              x={x(start)}
              y={3}
              width={Math.max(1, x(end) - x(start))}
              height={ROW - 6}
            />
            <text class="timing-label" x={x(end) + 4} y={12}>
              {ms(end - start)}
            </text>
          </g>
        ))}
      </svg>
    </div>
  );
}
