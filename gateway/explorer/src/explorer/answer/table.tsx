import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { useEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import type { Cell } from '../../../../export/table';
import type { Withheld } from '../../graph/ask';
import { shown } from './format';
import { arranged, type Chosen, countsOf, facetsOf, type Row, rowsOf, type Sort, withWords } from './rows';
import { type AnswerPart, type ColumnInfo, columnsOf, moreOf } from './tables';
import { ruleOf, withheldBy } from './withheld-cells';

interface AnswerTableProps {
  readonly part: AnswerPart;
  readonly document: DocumentNode;
  readonly schema: GraphQLSchema | undefined;
  readonly withheld: readonly Withheld[];
}

/** A list of an answer as a table: nested lists unfolded by choice, sorted, and limited to chosen values. */
export function AnswerTable({ part, document, schema, withheld }: AnswerTableProps) {
  const [unfold, setUnfold] = useState<string | undefined>(part.nested[0]);
  const [sort, setSort] = useState<Sort>();
  const [chosen, setChosen] = useState<Chosen>(new Map());
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [words, setWords] = useState('');
  const columns = useMemo(() => columnsOf(part, document, schema), [part, document, schema]);
  const { rows } = useMemo(() => rowsOf(part, unfold), [part, unfold]);
  const shownColumns = useMemo(
    () => columns.flatMap((column, place) => (hidden.has(column.name) ? [] : [{ column, place }])),
    [columns, hidden],
  );
  const visible = useMemo(() => {
    const places = shownColumns.map(({ column, place }) => ({ place, kind: column.kind }));
    return arranged(withWords(rows, places, words), chosen, sort);
  }, [rows, chosen, sort, shownColumns, words]);
  const facets = useMemo(
    () =>
      facetsOf(
        rows,
        columns.map(({ kind }) => kind),
      ),
    [rows, columns],
  );
  const toggle = (column: number, value: Cell) => {
    const values = new Set(chosen.get(column));
    if (!values.delete(value)) values.add(value);
    const next = new Map(chosen);
    if (values.size > 0) next.set(column, values);
    else next.delete(column);
    setChosen(next);
  };
  if (part.name === '') return <Figures {...{ part, columns, withheld }} />;
  return (
    <>
      <div class="table-tools">
        {part.nested.length > 0 && (
          <label>
            Unfold{' '}
            <select
              value={unfold ?? ''}
              onChange={({ currentTarget: { value } }) => {
                setUnfold(value || undefined);
                setChosen(new Map());
              }}
            >
              <option value="">nothing</option>
              {part.nested.map((path) => (
                <option key={path} value={path}>
                  {path.replace(/\.nodes$/, '')}
                </option>
              ))}
            </select>
          </label>
        )}
        <Columns {...{ columns, hidden, setHidden, unfold }} />
        <label>
          Rows with{' '}
          <input
            type="search"
            class="rows-with"
            value={words}
            onInput={({ currentTarget: { value } }) => setWords(value)}
          />
        </label>
        <span class="muted small" role="status">
          {visible.length === rows.length
            ? `${rows.length.toLocaleString('en-US')} rows`
            : `${visible.length.toLocaleString('en-US')} of ${rows.length.toLocaleString('en-US')} rows`}
          {moreOf(part)}
        </span>
        {(chosen.size > 0 || words !== '') && (
          <button
            type="button"
            class="link"
            onClick={() => {
              setChosen(new Map());
              setWords('');
            }}
          >
            Show all rows
          </button>
        )}
      </div>
      <div class="table-area">
        {facets.length > 0 && <Facets {...{ facets, rows, columns, chosen, toggle, unfold }} />}
        <Grid {...{ columns: shownColumns, rows: visible, sort, setSort, withheld, unfold }} />
      </div>
    </>
  );
}

interface ColumnsProps {
  readonly columns: readonly ColumnInfo[];
  /** Names of columns that the table leaves out. */
  readonly hidden: ReadonlySet<string>;
  readonly setHidden: (hidden: ReadonlySet<string>) => void;
  readonly unfold: string | undefined;
}

/** Which columns the table shows. One at least: a table without columns has no rows to see. */
function Columns({ columns, hidden, setHidden, unfold }: ColumnsProps) {
  const shownCount = columns.filter(({ name }) => !hidden.has(name)).length;
  const toggle = (name: string) => {
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    setHidden(next);
  };
  return (
    <details class="columns">
      <summary>
        Columns {shownCount} of {columns.length}
      </summary>
      <fieldset>
        <legend class="visually-hidden">Columns to show</legend>
        {columns.map(({ name }) => {
          const isShown = !hidden.has(name);
          const heading = headingOf(name, unfold);
          return (
            <label key={name}>
              <input
                type="checkbox"
                checked={isShown}
                disabled={isShown && shownCount === 1}
                onChange={() => toggle(name)}
              />
              {heading.name} <span class="muted">{heading.of}</span>
            </label>
          );
        })}
        {hidden.size > 0 && (
          <button type="button" class="link" onClick={() => setHidden(new Set())}>
            Show all columns
          </button>
        )}
      </fieldset>
    </details>
  );
}

interface FacetsProps {
  readonly facets: readonly number[];
  readonly rows: readonly Row[];
  readonly columns: readonly ColumnInfo[];
  readonly chosen: Chosen;
  readonly toggle: (column: number, value: Cell) => void;
  readonly unfold: string | undefined;
}

/** Values of columns with few of them, with the number of rows: a choice limits the table. */
function Facets({ facets, rows, columns, chosen, toggle, unfold }: FacetsProps) {
  return (
    <section class="facets" aria-label="Limit rows">
      {facets.map((column) => {
        const counts = countsOf(rows, column);
        const most = counts[0]![1];
        const { name, kind } = columns[column]!;
        return (
          <fieldset key={name}>
            <legend>{headingOf(name, unfold).name}</legend>
            {counts.map(([value, count]) => (
              <label key={String(value)} class="facet">
                <input
                  type="checkbox"
                  checked={chosen.get(column)?.has(value) ?? false}
                  onChange={() => toggle(column, value)}
                />
                <span class="value">{shown(value, kind)}</span>
                <meter aria-hidden="true" min={0} max={most} value={count} />
                <span class="num">{count.toLocaleString('en-US')}</span>
              </label>
            ))}
          </fieldset>
        );
      })}
    </section>
  );
}

const ROW_HEIGHT = 28;
/** Rows beyond the window that are there already. */
const OVERSCAN = 12;

/** A column of the table, and its place in the rows. */
interface ShownColumn {
  readonly column: ColumnInfo;
  readonly place: number;
}

interface GridProps {
  readonly columns: readonly ShownColumn[];
  readonly rows: readonly Row[];
  readonly sort: Sort | undefined;
  readonly setSort: (sort: Sort | undefined) => void;
  readonly withheld: readonly Withheld[];
  readonly unfold: string | undefined;
}

/** A table of which only the rows in sight are in the document. */
function Grid({ columns, rows, sort, setSort, withheld, unfold }: GridProps) {
  const scroller = useRef<HTMLElement>(null);
  const virtualizer = useVirtualizer(scroller, rows.length);
  const items = virtualizer.getVirtualItems();
  const [before, after] = [items[0]?.start ?? 0, virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0)];
  const turn = (column: number) => {
    if (sort?.column !== column) setSort({ column, descending: false });
    else setSort(sort.descending ? undefined : { column, descending: true });
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls by keyboard
    <section class="grid" ref={scroller} tabIndex={0} aria-label="Rows of the answer">
      <table aria-rowcount={rows.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map(({ column, place }) => (
              <th
                key={column.name}
                scope="col"
                class={column.kind === 'number' ? 'num' : undefined}
                aria-sort={sort?.column === place ? (sort.descending ? 'descending' : 'ascending') : undefined}
              >
                <button type="button" class="sort" title={column.coordinate} onClick={() => turn(place)}>
                  {headingOf(column.name, unfold).name}
                  <span aria-hidden="true">{sort?.column === place ? (sort.descending ? ' ↓' : ' ↑') : ''}</span>
                </button>
                <span class="of">{headingOf(column.name, unfold).of}</span>
                {ruleOf(withheld, column)?.readable === 'SOME' && <span class="tag">some withheld</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 && <Spacer height={before} columns={columns.length} />}
          {items.map(({ index }) => (
            <tr key={index} aria-rowindex={index + 2}>
              {columns.map(({ column, place }) => {
                const cell = rows[index]!.cells[place]!;
                const isRepeated = unfold !== undefined && !column.name.startsWith(`${unfold}.`);
                return rows[index - 1]?.object === rows[index]!.object && isRepeated ? (
                  <Repeated key={column.name} text={shown(cell, column.kind)} isNumber={column.kind === 'number'} />
                ) : (
                  <Value key={column.name} {...{ cell, column, withheld }} />
                );
              })}
            </tr>
          ))}
          {after > 0 && <Spacer height={after} columns={columns.length} />}
        </tbody>
      </table>
      {rows.length === 0 && <p class="muted">No rows. Lists have the objects that you may read.</p>}
    </section>
  );
}

/** A value of the object, which the row above shows. */
function Repeated({ text, isNumber }: { text: string; isNumber: boolean }) {
  return (
    <td class={isNumber ? 'num repeated' : 'repeated'} title={text}>
      <span aria-hidden="true">″</span>
      <span class="visually-hidden">{text}</span>
    </td>
  );
}

/** The heading of a column: its path within the unfolded list, and that list. */
function headingOf(name: string, unfold: string | undefined): { name: string; of: string } {
  const short = (path: string) => path.replaceAll(/(?:^|\.)(?:nodes|edges\.node)(?=\.|$)/g, '').replace(/^\./, '');
  if (unfold === undefined || !name.startsWith(`${unfold}.`)) return { name: short(name), of: '' };
  return { name: short(name.slice(unfold.length + 1)), of: short(unfold) };
}

/** Room of the rows that are not in the document. */
function Spacer({ height, columns }: { height: number; columns: number }) {
  const cell = useRef<HTMLTableCellElement>(null);
  // the page's policy allows no style attributes, but styles set by script
  useEffect(() => {
    cell.current!.style.height = `${height}px`;
  });
  return (
    <tr class="spacer">
      <td ref={cell} colSpan={columns} />
    </tr>
  );
}

interface ValueProps {
  readonly cell: Cell;
  readonly column: ColumnInfo;
  readonly withheld: readonly Withheld[];
}

function Value({ cell, column, withheld }: ValueProps) {
  const rule = withheldBy(withheld, column, cell);
  if (rule)
    return (
      <td class="withheld" title={rule.why}>
        withheld
      </td>
    );
  const text = shown(cell, column.kind);
  return (
    <td class={column.kind === 'number' ? 'num' : undefined} title={text.length > 30 ? text : undefined}>
      {text}
    </td>
  );
}

/** Values outside of lists: one row for each. */
function Figures({
  part,
  columns,
  withheld,
}: Pick<AnswerTableProps, 'part' | 'withheld'> & { columns: readonly ColumnInfo[] }) {
  const [row] = rowsOf(part, undefined).rows;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls by keyboard
    <section class="grid" tabIndex={0} aria-label="Figures of the answer">
      <table>
        <thead>
          <tr>
            <th scope="col">Figure</th>
            <th scope="col" class="num">
              Value
            </th>
          </tr>
        </thead>
        <tbody>
          {columns.map((column, place) => (
            <tr key={column.name}>
              <th scope="row">{column.name}</th>
              <Value cell={row!.cells[place]!} column={{ ...column, kind: column.kind }} withheld={withheld} />
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function useVirtualizer(scroller: { readonly current: HTMLElement | null }, count: number) {
  const [, update] = useReducer((turn: number) => turn + 1, 0);
  const options = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => update(undefined as never),
  };
  const virtualizer = useRef<Virtualizer<HTMLElement, HTMLTableRowElement>>(undefined);
  virtualizer.current ??= new Virtualizer(options);
  virtualizer.current.setOptions(options);
  useEffect(() => virtualizer.current!._didMount(), []);
  useEffect(() => virtualizer.current!._willUpdate());
  return virtualizer.current;
}
