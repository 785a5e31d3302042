import { readFileSync } from 'node:fs';
import { OperatorError } from './errors';

/** @param what content of the file, for the error @throws OperatorError */
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
