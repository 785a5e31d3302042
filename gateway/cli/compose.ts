import { OperatorError } from '../../shared/errors';
import { compose } from '../supergraph/compose';
import { readText } from './read-text';

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
