import type { ComponentChildren } from 'preact';
import type { FeedState, Needs } from '../feed-state';
import type { Operation } from '../operations';
import { Panel } from '../panel';

export interface Stat {
  readonly label: string;
  readonly value: string;
  /** Unit of the value. */
  readonly of?: string;
  /** What it was, or is to be. */
  readonly against: ComponentChildren;
}

interface StatStripProps extends Needs {
  readonly title: string;
  readonly operation: Operation;
  readonly feed: FeedState;
  /** Called once the values are there. */
  readonly stats: () => readonly Stat[];
}

/** The main figures of a page, side by side. */
export function StatStrip({ title, operation, feed, stats, ...needs }: StatStripProps) {
  return (
    <Panel
      title={title}
      class="strip"
      operation={operation}
      feed={feed}
      {...needs}
      figure={() =>
        stats()
          .map(({ label, value }) => `${label} ${value}`)
          .join('; ')
      }
      table={() => ({
        columns: ['Figure', 'Value', 'Unit'],
        rows: stats().map(({ label, value, of = '' }) => [label, value, of]),
      })}
    >
      {() => (
        <dl class="stats">
          {stats().map(({ label, value, of, against }) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>
                <span class={value.length > 8 ? 'value words' : 'value'}>{value}</span>{' '}
                {of && <span class="of">{of}</span>}
                <div class="then">{against}</div>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Panel>
  );
}
