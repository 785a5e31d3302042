import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { OperatorError } from '../../shared/errors';
import { packageRoot } from '../../shared/package-root';
import { compose } from '../supergraph/compose';
import { OWN_SUPERGRAPH_FILE } from '../supergraph/own';
import { eventsDocument } from './events-document';
import { defaultUrl } from './programmes';
import { subgraphs } from './subgraphs';

/** Every generated file with what it should hold. */
function generated(): { file: string; content: string }[] {
  return [
    ...subgraphs.map(({ name, sdl }) => ({
      file: join(packageRoot, 'subgraphs', name, 'schema.graphql'),
      content: sdl,
    })),
    {
      file: OWN_SUPERGRAPH_FILE,
      content: compose(subgraphs.map(({ name, sdl }) => ({ name, sdl, url: defaultUrl(name) }))),
    },
    { file: join(packageRoot, 'docs', 'events.md'), content: eventsDocument() },
  ];
}

function current(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Writes the schemas of the subgraphs and the supergraph; returns the files that changed. */
export function writeSchemas(): string[] {
  const changed = generated().filter(({ file, content }) => current(file) !== content);
  for (const { file, content } of changed) writeFileSync(file, content);
  return changed.map(({ file }) => relative(packageRoot, file));
}

/** @throws OperatorError naming the generated files that no longer say what the code says. */
export function checkSchemas(): void {
  const stale = generated().filter(({ file, content }) => current(file) !== content);
  if (stale.length > 0)
    throw new OperatorError(
      `Stale generated files: ${stale.map(({ file }) => relative(packageRoot, file)).join(', ')}`,
      'Run `npm run generate`, look at the difference, and commit it',
    );
}
