import { useEffect, useRef } from 'preact/hooks';

/** The values of a panel as a table. */
export interface TableData {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  /** Columns from this one on have numbers; 1 by default. */
  readonly numbersFrom?: number;
}

interface TableTwinProps {
  readonly title: string;
  readonly table: TableData;
  readonly onClose: () => void;
}

/** A dialog with the table of a panel. */
export function TableTwin({ title, table: { columns, rows, numbersFrom = 1 }, onClose }: TableTwinProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current!.showModal(), []);
  const alignment = (column: number) => (column >= numbersFrom ? 'num' : undefined);
  return (
    <dialog ref={dialog} class="twin" aria-label={`Table: ${title}`} onClose={onClose}>
      <div class="twin-head">
        <h2>{title}</h2>
        <button type="button" onClick={() => dialog.current!.close()}>
          Close
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrolls by keyboard */}
      <section class="twin-body" tabIndex={0} aria-label={`Rows of ${title}`}>
        <table class="data">
          <thead>
            <tr>
              {columns.map((name, column) => (
                <th key={name} scope="col" class={alignment(column)}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, place) => (
              <tr key={`${place}-${row[0]}`}>
                {row.map((cell, column) =>
                  column === 0 ? (
                    <th key={columns[column]} scope="row">
                      {cell}
                    </th>
                  ) : (
                    <td key={columns[column]} class={alignment(column)}>
                      {typeof cell === 'number' ? cell.toLocaleString('en-US') : cell}
                    </td>
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
        {rows.length === 0 && <p class="muted">No rows.</p>}
      </section>
    </dialog>
  );
}
