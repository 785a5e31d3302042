import type { DocumentNode, GraphQLSchema } from 'graphql';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type ChartShape, isDate, MARKS, MAX_ROWS, type Mark, suggestedShape } from './chart-shape';
import { shown } from './format';
import { rowsOf } from './rows';
import { type AnswerPart, columnsOf, moreOf } from './tables';

interface ChartProps {
  readonly part: AnswerPart;
  readonly document: DocumentNode;
  readonly schema: GraphQLSchema | undefined;
}

const MARK_NAMES: Readonly<Record<Mark, string>> = { line: 'Lines', bar: 'Bars', stacked: 'Stacked bars' };

/** A list of an answer as a chart. Its table is in the tab next to it. */
export function AnswerChart({ part, document, schema }: ChartProps) {
  const columns = useMemo(() => columnsOf(part, document, schema), [part, document, schema]);
  const unfold = part.nested[0];
  const { rows } = useMemo(() => rowsOf(part, unfold), [part, unfold]);
  const suggested = useMemo(() => suggestedShape(columns, rows), [columns, rows]);
  const [change, setChange] = useState<Partial<ChartShape>>({});
  const host = useRef<HTMLDivElement>(null);
  const [failure, setFailure] = useState<string>();
  const shape = suggested && { ...suggested, ...change };
  const isTooLarge = rows.length > MAX_ROWS;

  useEffect(() => {
    if (!shape || isTooLarge) return;
    let isCurrent = true;
    // loaded when a chart is first shown
    import('./plot')
      .then(({ plotOf }) => {
        if (!isCurrent || !host.current) return;
        const values = rows.flatMap(({ cells }) => {
          const [x, y] = [cells[shape.x]!, cells[shape.y]!];
          if (typeof y !== 'number' || x === null) return [];
          const kind = columns[shape.x]!.kind;
          const series = shape.series === undefined ? '' : shown(cells[shape.series]!, columns[shape.series]!.kind);
          return [{ x: shape.mark === 'line' && isDate(x) ? new Date(String(x)) : shown(x, kind), y, series }];
        });
        const names = { x: columns[shape.x]!.name, y: columns[shape.y]!.name };
        host.current.replaceChildren(plotOf(values, { mark: shape.mark, names, width: host.current.clientWidth }));
      })
      .catch((error: Error) => setFailure(error.message));
    return () => {
      isCurrent = false;
    };
  });

  if (isTooLarge)
    return (
      <p class="message">
        {rows.length.toLocaleString('en-US')} rows are too many for a chart; the limit is{' '}
        {MAX_ROWS.toLocaleString('en-US')}. Ask for groups of the list instead: <code>groups(by: …)</code>.
      </p>
    );
  if (!shape)
    return (
      <p class="message">
        A chart needs a column of numbers and one to set them against: select both, or another list.
      </p>
    );
  const choose = (
    name: 'x' | 'y' | 'series',
    label: string,
    isAllowed: (place: number) => boolean,
    isOptional = false,
  ) => (
    <label>
      {label}{' '}
      <select
        value={String(shape[name] ?? '')}
        onChange={({ currentTarget: { value } }) =>
          setChange({ ...change, [name]: value === '' ? undefined : Number(value) })
        }
      >
        {isOptional && <option value="">none</option>}
        {columns.map((column, place) =>
          isAllowed(place) ? (
            <option key={column.name} value={place}>
              {column.name}
            </option>
          ) : null,
        )}
      </select>
    </label>
  );
  return (
    <>
      <div class="table-tools">
        <label>
          Show{' '}
          <select
            value={shape.mark}
            onChange={({ currentTarget: { value } }) => setChange({ ...change, mark: value as Mark })}
          >
            {MARKS.map((mark) => (
              <option key={mark} value={mark}>
                {MARK_NAMES[mark]}
              </option>
            ))}
          </select>
        </label>
        {choose('y', 'of', (place) => columns[place]!.kind === 'number')}
        {choose('x', 'by', (place) => place !== shape.y)}
        {choose('series', 'divided by', (place) => place !== shape.y && place !== shape.x, true)}
        <span class="muted small">The Table tab has the same values{moreOf(part)}</span>
      </div>
      {failure && <p class="warn">{failure}</p>}
      <div class="chart" ref={host} />
    </>
  );
}
