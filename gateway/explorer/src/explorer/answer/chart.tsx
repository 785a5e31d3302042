import type { DocumentNode, GraphQLSchema } from 'graphql';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Withheld } from '../../graph/ask';
import { type ChartShape, fitOneAxis, isDate, MARKS, MAX_ROWS, type Mark, suggestedShape } from './chart-shape';
import { shown } from './format';
import type { Value } from './plot';
import { type Row, rowsOf } from './rows';
import { type AnswerPart, type ColumnInfo, columnsOf, moreOf } from './tables';
import { ruleOf, withoutWithheld } from './withheld-cells';

interface ChartProps {
  readonly part: AnswerPart;
  readonly document: DocumentNode;
  readonly schema: GraphQLSchema | undefined;
  readonly withheld: readonly Withheld[];
}

const MARK_NAMES: Readonly<Record<Mark, string>> = { line: 'Lines', bar: 'Bars', stacked: 'Stacked bars' };

/** A chart's values: those of both measures together if one axis suits them, else apart, on equal axes of categories or time. */
function measuresOf(shape: ChartShape, rows: readonly Row[], columns: readonly ColumnInfo[]) {
  const valuesOf = (measure: number, seriesOf: (cells: Row['cells']) => string) =>
    rows.flatMap(({ cells }): Value[] => {
      const [x, y] = [cells[shape.x]!, cells[measure]!];
      if (typeof y !== 'number' || x === null) return [];
      const isTime = shape.mark === 'line' && isDate(x);
      return [{ x: isTime ? new Date(String(x)) : shown(x, columns[shape.x]!.kind), y, series: seriesOf(cells) }];
    });
  const nameOf = (measure: number) => columns[measure]!.name;
  const { y, second, series } = shape;
  if (second === undefined) {
    const seriesOf = (cells: Row['cells']) =>
      series === undefined ? '' : shown(cells[series]!, columns[series]!.kind);
    return [{ name: nameOf(y), values: valuesOf(y, seriesOf) }];
  }
  const measures = [y, second].map((measure) => ({
    name: nameOf(measure),
    values: valuesOf(measure, () => nameOf(measure)),
  }));
  const [one, other] = measures.map(({ values }) => values.map((value) => value.y));
  if (!fitOneAxis(one!, other!)) return measures;
  const names = measures.map(({ name }) => name).join(' and ');
  return [{ name: names, values: measures.flatMap(({ values }) => values) }];
}

/** Whether several rows make one bar, so that it shows their sum. */
function isRepeated(rows: readonly Row[], { x, second, series }: ChartShape): boolean {
  const keys = rows.map(({ cells }) =>
    JSON.stringify([cells[x], second === undefined && series !== undefined ? cells[series] : null]),
  );
  return new Set(keys).size < keys.length;
}

/** A list of an answer as a chart. Its table is in the tab next to it. */
export function AnswerChart({ part, document, schema, withheld }: ChartProps) {
  const columns = useMemo(() => columnsOf(part, document, schema), [part, document, schema]);
  const unfold = part.nested[0];
  const rows = useMemo(
    () => withoutWithheld(rowsOf(part, unfold).rows, columns, withheld),
    [part, unfold, columns, withheld],
  );
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
        const width = host.current.clientWidth;
        // values of two measures have no sum
        const mark = shape.second !== undefined && shape.mark === 'stacked' ? 'bar' : shape.mark;
        const charts = measuresOf(shape, rows, columns).map(({ name, values }) =>
          plotOf(values, { mark, names: { x: columns[shape.x]!.name, y: name }, width }),
        );
        host.current.replaceChildren(...charts);
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
        {columns.some((column) => ruleOf(withheld, column))
          ? 'The numbers that a chart would show are withheld from you: the table says by which rule.'
          : 'A chart needs a column of numbers and one to set them against: select both, or another list.'}
      </p>
    );
  const isNumber = (place: number) => columns[place]!.kind === 'number';
  const numbers = columns.filter(({ kind }) => kind === 'number').length;
  const choose = (
    name: 'x' | 'y' | 'second' | 'series',
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
        {choose('y', 'of', (place) => isNumber(place) && place !== shape.second)}
        {numbers > 1 && choose('second', 'and', (place) => isNumber(place) && place !== shape.y, true)}
        {choose('x', 'by', (place) => place !== shape.y && place !== shape.second)}
        {shape.second === undefined &&
          choose('series', 'divided by', (place) => place !== shape.y && place !== shape.x, true)}
        <span class="muted small">
          The Table tab has the same values{moreOf(part)}
          {shape.mark !== 'line' && isRepeated(rows, shape) && ' Rows with the same values here are added up.'}
        </span>
      </div>
      {failure && <p class="warn">{failure}</p>}
      <div class="chart" ref={host} />
    </>
  );
}
