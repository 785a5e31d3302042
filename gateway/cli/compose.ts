import { readFileSync, statSync } from 'node:fs';
import { parse } from 'graphql';
import { readPrivateKey } from '#base/identity/keys';
import {
  compose,
  duplicateNames,
  type PublishedSubgraph,
  requireSources,
  sourceProblems,
} from '../composition/compose';
import { requireContracts } from '../graph/contract-schema';
import { readAgreement } from '../ownership/agreement';
import { requireServable } from '../ownership/ownership';
import { signSupergraph } from '../supergraph/signature';

interface Source {
  readonly name: string;
  readonly url: string | undefined;
  readonly file: string;
}

/**
 * Composes `name[@url]=file` sources.
 * @throws OperatorError that lists all sources that are malformed, unreadable, or have a syntax error; otherwise all composition errors
 */
export async function composeFiles(texts: readonly string[], options: ComposeOptions = {}): Promise<string> {
  const agreement = options.agreement === undefined ? undefined : readAgreement(options.agreement, todayInUtc());
  const key = options.signKey === undefined ? undefined : readPrivateKey(options.signKey, 'the key of --sign-key');
  const before = options.before && readSources(options.before);
  const supergraph = compose(readSources(texts), { agreement, before });
  requireServable(supergraph);
  requireContracts(parse(supergraph, { noLocation: true }));
  return key ? signSupergraph(supergraph, key) : supergraph;
}

/** Files of options. */
export interface ComposeOptions {
  readonly agreement?: string | undefined;
  /** `name=file` sources of the subgraphs that are served: a change cannot take away what they own. */
  readonly before?: readonly string[] | undefined;
  /** Private key that signs the supergraph. */
  readonly signKey?: string | undefined;
}

/** As YYYY-MM-DD. */
export const todayInUtc = (): string => new Date().toISOString().slice(0, 10);

/**
 * Reads `name[@url]=file` sources.
 * @throws OperatorError that lists all sources that are malformed, unreadable, or have a syntax error
 */
export function readSources(texts: readonly string[]): PublishedSubgraph[] {
  const problems: string[] = [];
  const valid = <T>(value: T | Problem): T[] => {
    if (!(value instanceof Problem)) return [value];
    problems.push(value.text);
    return [];
  };
  const sources = texts.flatMap((text) => valid(sourceOf(text)));
  const subgraphs = sources.flatMap((source) => valid(read(source)));
  requireSources([...problems, ...duplicateNames(sources), ...sourceProblems(subgraphs)]);
  return subgraphs;
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
