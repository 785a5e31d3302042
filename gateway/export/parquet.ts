import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { Banner } from './banner';
import type { ColumnType } from './column-types';
import { type Cell, charactersOf, PIECE_CHARACTERS, type Table } from './table';
import type { Piece, Writer } from './writers';

/** Maximum rows of a row group, and characters from which it is complete. Only the rows of one group are in memory. */
export const GROUP_ROWS = 10_000;
const GROUP_CHARACTERS = 8 * 1024 * 1024;

/** Name of the entry of the file's metadata that has the banner, as JSON. */
export const BANNER_KEY = 'ordergraph.export';

type Value = string | number | boolean | Date | null;

/** An Apache Parquet file of a table: one row group after the other, then the footer, without which it cannot be read. */
export class ParquetFile implements Writer {
  // a file needs a footer that lists all of its row groups
  readonly isResumable = false;
  private readonly bytes = new ByteWriter();
  private readonly metadata: { key: string; value: string }[] = [];
  private readonly file: ParquetWriter;
  private columns: Value[][];
  private waiting = 0;
  private characters = 0;

  constructor(
    private readonly table: Table,
    private readonly types: readonly ColumnType[],
    private readonly groupRows = GROUP_ROWS,
  ) {
    this.file = new ParquetWriter({
      writer: this.bytes,
      schema: [
        { name: 'root', num_children: types.length },
        ...types.map((type, place) => ({ name: table.columns[place]!, ...ELEMENTS[type] })),
      ],
      kvMetadata: this.metadata,
      createdBy: 'ordergraph',
    });
    this.columns = types.map(() => []);
  }

  /** Rows that wait for their row group to be full. */
  get waitingRows(): number {
    return this.waiting;
  }

  start(banner: Banner | null): Uint8Array {
    if (banner) this.metadata.push({ key: BANNER_KEY, value: JSON.stringify(banner) });
    return this.taken();
  }

  *add(objects: readonly unknown[]): Generator<Piece> {
    let rows = 0;
    let characters = 0;
    for (const object of objects)
      for (const row of this.table.rows(object)) {
        rows += 1;
        this.waiting += 1;
        characters += charactersOf(row);
        for (const [place, type] of this.types.entries()) this.columns[place]!.push(storedValue(row[place]!, type));
        if (characters < PIECE_CHARACTERS && this.waiting < this.groupRows) continue;
        this.characters += characters;
        if (this.waiting === this.groupRows || this.characters >= GROUP_CHARACTERS) this.writeGroup();
        yield { content: this.taken(), rows };
        [rows, characters] = [0, 0];
      }
    this.characters += characters;
    if (rows > 0) yield { content: this.taken(), rows };
  }

  finish(): Uint8Array {
    if (this.waiting > 0) this.writeGroup();
    this.file.finish();
    return this.taken();
  }

  fail(): string {
    return '';
  }

  private writeGroup(): void {
    const columnData = this.columns.map((data, place) => ({ name: this.table.columns[place]!, data }));
    this.file.write({ columnData, rowGroupSize: this.waiting });
    this.columns = this.types.map(() => []);
    this.waiting = 0;
    this.characters = 0;
  }

  /** The bytes since the last call. Their places in the file count on. */
  private taken(): Uint8Array {
    const bytes = this.bytes.getBytes().slice();
    this.bytes.index = 0;
    return bytes;
  }
}

const OPTIONAL = { repetition_type: 'OPTIONAL' } as const;

const ELEMENTS = {
  INT32: { type: 'INT32', ...OPTIONAL },
  DOUBLE: { type: 'DOUBLE', ...OPTIONAL },
  BOOLEAN: { type: 'BOOLEAN', ...OPTIONAL },
  TIMESTAMP: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', ...OPTIONAL },
  STRING: { type: 'BYTE_ARRAY', converted_type: 'UTF8', ...OPTIONAL },
} as const;

function storedValue(cell: Cell, type: ColumnType): Value {
  if (cell === null) return null;
  if (type === 'TIMESTAMP') return new Date(String(cell));
  return type === 'STRING' ? String(cell) : cell;
}
