import { readFileSync } from 'node:fs';
import { OperatorError } from '../../shared/errors';
import { compose } from '../supergraph/compose';

/** Composes `name[@url]=file` sources. @throws OperatorError when a file cannot be read or they do not compose. */
export function composeFiles(sources: readonly string[]): string {
  return compose(
    sources.map((source) => {
      const match = /^([a-z][a-z0-9_-]*)(?:@([^=]+))?=(.+)$/i.exec(source);
      if (!match) throw new OperatorError(`"${source}" names no subgraph`, 'Write name=file or name@url=file');
      const [, name, url, file] = match as unknown as [string, string, string | undefined, string];
      return { name, url, sdl: readText(file, `the schema of "${name}"`) };
    }),
  );
}

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
