import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '#base/errors';
import { failureOf } from '#kit/database/driver-errors';
import { SqliteConnection } from '#kit/database/sqlite';

/**
 * Locks a data folder for this process. The lock is an exclusive transaction on a small file, so the system releases it
 * however the process ends.
 * @throws OperatorError when another process has it, or the folder cannot be written to.
 */
export function lockDataFolder(folder: string): { release(): void } {
  const fix = 'Choose another folder with --data, or ORDERGRAPH_DATA';
  try {
    // only the owner may open the folder: files in it get the permissions of the process's umask
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, '.gitignore'), '*\n');
  } catch (error) {
    throw new OperatorError(`Cannot write to the data folder "${folder}": ${(error as Error).message}`, fix);
  }
  const lock = takeLock(join(folder, 'in-use.lock'));
  if (lock) return lock;
  throw new OperatorError(
    `The data folder "${folder}" is in use by another running Ordergraph`,
    `Stop it first. ${fix}`,
  );
}

/** Locks a file for this process; undefined when another process has the lock. @throws OperatorError when the file cannot be used */
export function takeLock(file: string): { release(): void } | undefined {
  let lock: SqliteConnection | undefined;
  try {
    lock = new SqliteConnection(file, { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock?.close();
    if (failureOf(error) === 'busy') return undefined;
    throw new OperatorError(
      `Cannot use the lock file "${file}": ${(error as Error).message}`,
      'Check that the folder is writable and its disk has free space',
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
