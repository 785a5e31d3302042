import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '#base/errors';
import { failureOf } from '#kit/database/driver-errors';
import { SqliteConnection } from '#kit/database/sqlite';

/**
 * Takes a data folder for one process. The lock is an exclusive transaction on a small file, so the system frees it
 * however the process ends.
 * @throws OperatorError when another process has it, or the folder cannot be written to.
 */
export function lockDataFolder(folder: string): { release(): void } {
  const fix = 'Choose another folder with --data, or ORDERGRAPH_DATA';
  try {
    // what is in it is for its owner; files that are made in it begin with the access that the process's mask leaves
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, '.gitignore'), '*\n');
  } catch (error) {
    throw new OperatorError(`The data folder "${folder}" cannot be written to: ${(error as Error).message}`, fix);
  }
  const lock = takeLock(join(folder, 'in-use.lock'));
  if (lock) return lock;
  throw new OperatorError(
    `The data folder "${folder}" is in use by another running Ordergraph`,
    `Stop that one first. ${fix}`,
  );
}

/** Takes a small file for this process; undefined when another has it. @throws OperatorError when the file cannot be used */
export function takeLock(file: string): { release(): void } | undefined {
  let lock: SqliteConnection | undefined;
  try {
    lock = new SqliteConnection(file, { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock?.close();
    if (failureOf(error) === 'busy') return undefined;
    throw new OperatorError(
      `The lock file "${file}" cannot be used: ${(error as Error).message}`,
      'Check that the folder can be written to and that its disk has space',
    );
  }
  return released(lock);
}

function released(lock: SqliteConnection): { release(): void } {
  return {
    release() {
      if (!lock.open) return;
      lock.exec('ROLLBACK');
      lock.close();
    },
  };
}
