import { basename } from 'node:path';
import { type Clock, systemClock } from '#base/clock';
import { OperatorError } from '#base/errors';
import { SYSTEM } from '#base/identity/principal';
import type { Database } from '../database/database';
import { type ModelClass, modelOf } from '../model/model';
import { systemWork, Work } from '../mutation/work';
import { type EditionFile, EditionRefused, type EditionRules } from './edition';
import type { Progress } from './progress';
import { type Reject, RowError } from './reject';
import type { Row } from './row';

/** An object to write for a row. The first object of a row determines whether the row counts as imported, updated or unchanged. */
export interface Write<T extends object = object> {
  readonly target: ModelClass<T>;
  readonly object: Partial<T>;
  /** Properties for new objects only, because another source is more reliable for them. */
  readonly whenNew?: Partial<T>;
  /** Whether the object is stored already, so that missing properties keep their values. */
  readonly isStored?: boolean;
}

/** Creates a type-checked write. */
export function write<T extends object>(target: ModelClass<T>, object: Partial<T>, whenNew?: Partial<T>): Write {
  return { target, object, whenNew } as Write;
}

/** Creates a write to an object that is stored, as {@link ImportSession.has} told. */
export function change<T extends object>(target: ModelClass<T>, object: Partial<T>): Write {
  return { target, object, isStored: true } as Write;
}

/** Services for an importer during one import. */
export interface ImportSession {
  /** Reports a value without a match. The row keeps it as text; the report counts it. */
  unmatched(what: string, value: string): void;
  /** Whether an object with this key is stored; only for the models that the importer `needs`. */
  has(target: ModelClass, key: string): boolean;
}

/** How an importer reads its file: row by row, or as one edition of a catalog. */
type Reading =
  | {
      /** Streams the rows of the file. @throws OperatorError if the file has another format */
      read(file: string): AsyncIterable<Row> | Iterable<Row> | Promise<Iterable<Row>>;
      readonly edition?: undefined;
    }
  | { readonly edition: EditionRules };

/** Reads one published file format into one subgraph. */
export type Importer = Reading & ImporterOfRows;

interface ImporterOfRows {
  /** Name on the command line. */
  readonly source: string;
  /** Content, publisher, and format, for the help text. */
  readonly description: string;
  /** Published file names, by which `import all` recognizes the source. */
  readonly files: readonly string[];
  /** Sources whose rows it references; `import all` imports them first. */
  readonly after?: readonly string[];
  /** Models whose keys it looks up with `has`. */
  readonly needs?: readonly ModelClass[];
  /** Several rows may describe the same object: the first wins, and the others count as unchanged, not as duplicates. */
  readonly merges?: boolean;
  /** What follows from the written rows, in the transaction of the import. @param keys those of the first object of each row */
  readonly follow?: (work: Work, keys: readonly string[]) => Promise<void>;
  /** Converts a row to objects. @throws RowError for an invalid row */
  convert(row: Row, session: ImportSession): readonly Write[];
}

export interface ImportReport {
  readonly source: string;
  readonly file: string;
  readonly read: number;
  readonly imported: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly rejects: readonly Reject[];
  /** Values without a match, with the number of rows for each. */
  readonly unmatched: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Lines about the edition; none without editions. */
  readonly notes: readonly string[];
}

/** Circumstances of an import; those of an edition apply only to importers of editions. */
export interface ImportOptions extends Partial<Omit<EditionFile, 'path'>> {
  readonly clock?: Clock;
}

const BATCH = 500;
/** Maximum size of a MySQL TEXT column. */
const MAX_TEXT_BYTES = 65_535;

type Outcome = 'imported' | 'updated' | 'unchanged';

/**
 * Imports a file in one transaction: all valid rows, or nothing if the file is broken. Importing it again changes nothing. Every row is
 * imported, updated, unchanged or rejected.
 * @param entities tables, parents first
 */
export async function runImport(
  database: Database,
  importer: Importer,
  path: string,
  progress: Progress,
  entities: readonly ModelClass[],
  options: ImportOptions = {},
): Promise<ImportReport> {
  const { clock = systemClock, source = basename(path), etag = null, lastModified = null, force = null } = options;
  const editionFile: EditionFile = { path, source, etag, lastModified, force };
  const file = basename(path);
  const counts: Record<Outcome, number> = { imported: 0, updated: 0, unchanged: 0 };
  const rejects: Reject[] = [];
  const unmatched = new Map<string, Map<string, number>>();
  const written: string[] = [];
  let read = 0;
  let notes: readonly string[] = [];

  const run = async (work: Work) => {
    const inside = work.database;
    const { rows, finish } = importer.edition
      ? await importer.edition.begin(work, editionFile)
      : { rows: await importer.read(path), finish: async () => [] };
    const keys = await knownKeys(inside, importer.needs ?? []);
    const session: ImportSession = {
      has: (target, key) => keys.get(target)!.has(key),
      unmatched(what, value) {
        const values = unmatched.get(what) ?? new Map<string, number>();
        unmatched.set(what, values.set(value, (values.get(value) ?? 0) + 1));
      },
    };
    const seen = new Map<string, number>();
    let batch: (readonly Write[])[] = [];
    const flush = async () => {
      const outcomes = await store(inside, batch, entities);
      for (const [place, outcome] of outcomes.entries()) {
        counts[outcome] += 1;
        const { target, object } = batch[place]![0]!;
        if (outcome !== 'unchanged') written.push(keyText(inside, target, object));
      }
      batch = [];
    };
    for await (const row of rows) {
      read += 1;
      try {
        const writes = importer.convert(row, session);
        const first = writes[0]!;
        checkLengths(inside, writes);
        const identity = `${modelOf(first.target).name} ${keyText(inside, first.target, first.object)}`;
        const earlier = seen.get(identity);
        if (earlier === undefined) {
          seen.set(identity, row.line);
          batch.push(writes);
        } else if (importer.merges) counts.unchanged += 1;
        else throw new RowError(modelOf(first.target).key, `duplicates ${identity} at position ${earlier}`);
      } catch (error) {
        if (!(error instanceof RowError)) throw error;
        rejects.push({ file, line: row.line, column: error.column, reason: error.message });
      }
      if (batch.length >= BATCH) await flush();
      progress.advance(read);
    }
    await flush();
    if (read === 0)
      throw new OperatorError(`"${path}" has no rows`, 'Check that the file is complete; nothing was changed');
    if (written.length > 0) await importer.follow?.(work, written);
    notes = await finish({ read, ...counts, written });
    await work.flush();
  };
  try {
    await database.transaction((inside) => run(new Work(inside, clock, SYSTEM, 'SYSTEM')));
  } catch (error) {
    if (error instanceof EditionRefused)
      await systemWork(database, clock, (work) => importer.edition!.recordRefusal(work, editionFile, error));
    throw error;
  }
  progress.finish(read);
  return { source: importer.source, file, read, ...counts, rejects, unmatched, notes };
}

/** Primary key of an object as one text. */
function keyText(database: Database, target: ModelClass, object: object): string {
  const { primaryColumns } = database.metadata(target);
  return primaryColumns.map((column) => (object as Record<string, unknown>)[column.propertyName]).join(' ');
}

/** Rejects values that are missing or too long, which MySQL and SQLite would handle differently. */
function checkLengths(database: Database, writes: readonly Write[]): void {
  for (const { target, object, whenNew, isStored } of writes) {
    const complete: Record<string, unknown> = { ...whenNew, ...object };
    for (const column of database.columns(target)) {
      const name = column.propertyName;
      const value = complete[name];
      if (typeof value === 'string') {
        const max = Number(column.length);
        if (max > 0 && value.length > max)
          throw new RowError(name, `is ${value.length} characters long; the maximum is ${max}`);
        if (column.type === 'text' && Buffer.byteLength(value) > MAX_TEXT_BYTES)
          throw new RowError(name, `is ${Buffer.byteLength(value)} bytes long; the maximum is ${MAX_TEXT_BYTES}`);
      }
      if (isStored && value === undefined) continue;
      const missing = value === undefined || value === null || (column.isPrimary && value === '');
      if (missing && (column.isPrimary || !column.isNullable)) throw new RowError(name, 'is missing');
    }
  }
}

/** Writes a batch and returns the outcome of each row. Two statements per model: a read and a write. */
async function store(
  database: Database,
  batch: readonly (readonly Write[])[],
  entities: readonly ModelClass[],
): Promise<Outcome[]> {
  const byTarget = new Map<ModelClass, Map<string, Write>>();
  for (const writes of batch)
    for (const write of writes) {
      const byKey = byTarget.get(write.target) ?? new Map<string, Write>();
      const key = keyText(database, write.target, write.object);
      if (!byKey.has(key)) byKey.set(key, write);
      byTarget.set(write.target, byKey);
    }
  const outcomes = new Map<Write, Outcome>();
  const targets = [...byTarget.keys()].sort((a, b) => entities.indexOf(a) - entities.indexOf(b));
  for (const target of targets) {
    const writes = byTarget.get(target)!;
    const existing = await existingRows(database, target, [...writes.values()]);
    const changed: object[] = [];
    for (const [key, write] of writes) {
      const stored = existing.get(key);
      const complete = { ...(stored ?? write.whenNew), ...write.object };
      const outcome: Outcome = !stored
        ? 'imported'
        : differs(database, target, stored, complete)
          ? 'updated'
          : 'unchanged';
      outcomes.set(write, outcome);
      if (outcome !== 'unchanged') changed.push(complete);
    }
    await database.upsert(target, changed);
  }
  return batch.map((writes) => {
    const rowOutcomes = writes.map((write) => outcomes.get(write) ?? 'unchanged');
    if (rowOutcomes[0] === 'imported') return 'imported';
    return rowOutcomes.some((outcome) => outcome !== 'unchanged') ? 'updated' : 'unchanged';
  });
}

async function knownKeys(database: Database, targets: readonly ModelClass[]): Promise<Map<ModelClass, Set<string>>> {
  const keys = new Map<ModelClass, Set<string>>();
  for (const target of targets) {
    const rows = await database.query<{ k: string }>(
      `SELECT ${database.column(target, modelOf(target).key)} AS k FROM ${database.table(target)}`,
    );
    keys.set(target, new Set(rows.map(({ k }) => k)));
  }
  return keys;
}

async function existingRows(
  database: Database,
  target: ModelClass,
  writes: readonly Write[],
): Promise<Map<string, object>> {
  const [first] = database.metadata(target).primaryColumns;
  const values = [...new Set(writes.map(({ object }) => (object as Record<string, unknown>)[first!.propertyName]))];
  const rows = await database.findBy(target, first!.propertyName, values);
  return new Map(rows.map((row) => [keyText(database, target, row), row]));
}

function differs(database: Database, target: ModelClass, stored: object, incoming: object): boolean {
  return database.columns(target).some((column) => {
    const name = column.propertyName;
    const before = database.dehydrate(column, (stored as Record<string, unknown>)[name]);
    return before !== database.dehydrate(column, (incoming as Record<string, unknown>)[name]);
  });
}
