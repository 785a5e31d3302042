import { readFileSync } from 'node:fs';
import { OperatorError } from './errors';

/** @throws OperatorError saying what the file was to be. */
export function readText(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(
      `${what} cannot be read from "${file}": ${(error as Error).message}`,
      'Check the path and its permissions',
    );
  }
}
