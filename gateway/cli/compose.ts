import { readFileSync, statSync } from 'node:fs';
import {
  compose,
  duplicateNames,
  type PublishedSubgraph,
  requireSources,
  sourceProblems,
} from '../composition/compose';

interface Source {
  readonly name: string;
  readonly url: string | undefined;
  readonly file: string;
}

/**
 * Composes `name[@url]=file` sources.
 * @throws OperatorError that lists all sources that are malformed, unreadable, or have a syntax error; otherwise all composition errors
 */
export function composeFiles(texts: readonly string[]): string {
  const problems: string[] = [];
  const valid = <T>(value: T | Problem): T[] => {
    if (!(value instanceof Problem)) return [value];
    problems.push(value.text);
    return [];
  };
  const sources = texts.flatMap((text) => valid(sourceOf(text)));
  const subgraphs = sources.flatMap((source) => valid(read(source)));
  requireSources([...problems, ...duplicateNames(sources), ...sourceProblems(subgraphs)]);
  return compose(subgraphs);
}

class Problem {
  constructor(readonly text: string) {}
}

function sourceOf(text: string): Source | Problem {
  const match = /^([a-z][a-z0-9_-]*)(?:@([^=]+))?=(.+)$/i.exec(text);
  if (!match)
    return new Problem(
      `"${text}" is not a source: use name=file or name@url=file; names have letters, digits, _ and -, and begin with a letter`,
    );
  const [, name, url, file] = match as unknown as [string, string, string | undefined, string];
  return { name, url, file };
}

function read(source: Source): PublishedSubgraph | Problem {
  const { name, file } = source;
  try {
    if (statSync(file).isDirectory()) return new Problem(`${file}: the schema of "${name}" is a directory, not a file`);
    return { ...source, sdl: readFileSync(file, 'utf8') };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return new Problem(
      `${file}: the schema of "${name}" ${code === 'ENOENT' ? 'does not exist' : `cannot be read: ${message}`}`,
    );
  }
}
