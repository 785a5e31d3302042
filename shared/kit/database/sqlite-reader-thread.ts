import { parentPort, workerData } from 'node:worker_threads';
import { resultCodeName, SqliteConnection, type SqliteError } from './sqlite';

// runs in a thread of its own: see sqlite-reader.ts

/** A statement to run. */
export interface ReadTask {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** Rows of a statement, or its error. */
export type ReadReply =
  | { readonly rows: readonly unknown[] }
  | { readonly failed: { readonly message: string; readonly code: string } };

const { file, pragmas } = workerData as { file: string; pragmas: readonly string[] };
let connection: SqliteConnection | undefined;

function reply({ sql, parameters }: ReadTask): ReadReply {
  try {
    if (!connection) {
      connection = new SqliteConnection(file);
      for (const pragma of pragmas) connection.pragma(pragma);
    }
    return { rows: connection.prepare(sql).all(...parameters) };
  } catch (error) {
    // errors of the driver itself have no code of SQLite
    const { message, code = resultCodeName(1) } = error as SqliteError;
    return { failed: { message, code } };
  }
}

parentPort!.on('message', (task: ReadTask) => parentPort!.postMessage(reply(task)));
