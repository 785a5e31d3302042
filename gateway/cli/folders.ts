import { accessSync, constants, mkdirSync } from 'node:fs';
import { OperatorError } from '#base/errors';

/**
 * Creates a folder unless it exists, and checks that this process may write to it.
 * @param what the folder stores, as in "The audit record" @param setting that names the folder.
 * @throws OperatorError
 */
export function requireFolder(folder: string, what: string, setting: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { uid } = process.getuid ? { uid: process.getuid() } : { uid: undefined };
    throw new OperatorError(
      `${what} cannot be stored in "${folder}": ${(error as Error).message}`,
      `Set ${setting} to a folder that this process${uid === undefined ? '' : ` (user ${uid})`} may write to`,
    );
  }
}
