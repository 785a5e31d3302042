import type { Extensions, Withheld } from '../../graph/ask';
import type { Asked } from '../run';
import { Plan, Timing } from './trace';

/** Cost, plan, timing, and what rights withheld. */
export function Details({ asked }: { asked: Asked }) {
  const { extensions = {} } = asked.answer;
  return (
    <section class="details" aria-label="About this answer">
      <CostMeter cost={extensions.cost} asked={asked} />
      <Plan trace={extensions.trace} />
      <Timing trace={extensions.trace} milliseconds={asked.answer.milliseconds} />
      <WithheldList withheld={extensions.withheld ?? []} as={asked.as} />
    </section>
  );
}

const grouped = (value: number): string => Math.round(value).toLocaleString('en-US');

function CostMeter({ cost, asked }: { cost: Extensions['cost']; asked: Asked }) {
  return (
    <div>
      <h3>Cost</h3>
      {cost ? (
        <>
          <p>
            <b>{grouped(cost.estimated)}</b> estimated
            {cost.actual !== undefined && (
              <>
                , <b>{grouped(cost.actual)}</b> charged
              </>
            )}
          </p>
          <meter min={0} max={cost.budget} value={cost.budget - cost.remaining} aria-label="Budget used this minute" />
          <p>
            <b>{grouped(cost.remaining)}</b> of {grouped(cost.budget)} remain this minute
          </p>
        </>
      ) : (
        <p class="muted">No cost is reported: your requests have no budget, or nothing was asked of a subgraph.</p>
      )}
      <p class="muted">{grouped(asked.answer.bytes)} characters</p>
    </div>
  );
}

const KINDS: Readonly<Record<Withheld['kind'], string>> = {
  ROWS: 'Some objects',
  FIELD: 'Values',
  SMALL_COUNTS: 'Counts under 5',
  OMITTED: 'More rules',
};

function WithheldList({ withheld, as }: { withheld: readonly Withheld[]; as: string }) {
  return (
    <div>
      <h3>
        Withheld <span class="muted">from {as}</span>
      </h3>
      {withheld.length === 0 ? (
        <p class="muted">No rule takes anything away from you here.</p>
      ) : (
        <ul class="withheld-rules">
          {withheld.map((rule) => (
            <li key={`${rule.coordinate} ${rule.kind}`}>
              <b>{rule.coordinate ?? KINDS[rule.kind]}</b> {rule.class && <span class="tag">{rule.class}</span>}{' '}
              <span class="muted">
                {KINDS[rule.kind]}
                {rule.count === undefined ? '' : `: ${rule.count}`}
              </span>
              {rule.why && <p class="small">{rule.why}</p>}
            </li>
          ))}
        </ul>
      )}
      {withheld.length > 0 && (
        <p class="muted small">
          Lists have the objects that you may read. The graph does not say how many others exist.
        </p>
      )}
    </div>
  );
}
