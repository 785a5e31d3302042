import { readFileSync } from 'node:fs';
import { OperatorError } from './errors';
import { withoutSecrets } from './settings';

/** @param what content of the file, for the error @throws OperatorError */
export function readText(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(
      `${what} cannot be read from "${withoutSecrets(file)}": ${reasonOf(error, file)}`,
      'Check the path and its permissions',
    );
  }
}

/** Why a file cannot be used. A secret that was passed in place of its path stands in the system's message. */
export const reasonOf = (error: unknown, file: string): string =>
  withoutSecrets(file) === file ? (error as Error).message : 'it is not the path of a file';
