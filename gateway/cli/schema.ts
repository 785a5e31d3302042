import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parse } from 'graphql';
import { OperatorError } from '#base/errors';
import { packageRoot } from '#base/package-root';
import { readText } from '#base/read-text';
import { compose } from '../composition/compose';
import { printApiSchema } from '../graph/api-schema';
import { requireContracts } from '../graph/contract-schema';
import { ownAgreement } from '../ownership/own';
import { OWN_SUPERGRAPH_FILE } from '../supergraph/own';
import { errorsDocument } from './errors-document';
import { eventsDocument } from './events-document';
import { GraphPicture, withOverview } from './graph-document';
import { defaultUrl } from './programs';
import { settingsDocument } from './settings-document';
import { subgraphs } from './subgraphs';

/** Every generated file with its expected content. */
function generated(): { file: string; content: string }[] {
  const supergraph = compose(
    subgraphs.map(({ name, sdl }) => ({ name, sdl, url: defaultUrl(name) })),
    { agreement: ownAgreement() },
  );
  requireContracts(parse(supergraph, { noLocation: true }));
  const picture = new GraphPicture(subgraphs, supergraph);
  const guide = join(packageRoot, 'docs', 'analysts.md');
  return [
    ...subgraphs.map(({ name, sdl }) => ({
      file: join(packageRoot, 'subgraphs', name, 'schema.graphql'),
      content: sdl,
    })),
    { file: OWN_SUPERGRAPH_FILE, content: supergraph },
    { file: join(packageRoot, 'schema.graphql'), content: printApiSchema(supergraph) },
    { file: join(packageRoot, 'docs', 'errors.md'), content: errorsDocument() },
    { file: join(packageRoot, 'docs', 'events.md'), content: eventsDocument() },
    { file: join(packageRoot, 'docs', 'settings.md'), content: settingsDocument() },
    { file: join(packageRoot, 'docs', 'graph.md'), content: picture.document() },
    { file: guide, content: withOverview(readText(guide, "The analyst's guide"), picture.overview()) },
  ];
}

function current(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Writes the generated files; returns those that changed. */
export function writeSchemas(): string[] {
  const changed = generated().filter(({ file, content }) => current(file) !== content);
  for (const { file, content } of changed) writeFileSync(file, content);
  return changed.map(({ file }) => relative(packageRoot, file));
}

/** The schema that clients of a supergraph see. @throws OperatorError when the file is not a supergraph. */
export function apiSchemaOfFile(file = OWN_SUPERGRAPH_FILE): string {
  const supergraph = readText(file, 'The supergraph');
  try {
    return printApiSchema(supergraph);
  } catch (error) {
    throw new OperatorError(
      `${file} is not a supergraph: ${(error as Error).message}`,
      'Use a supergraph schema, such as the output of `ordergraph compose`',
      { cause: error },
    );
  }
}

/** @throws OperatorError that lists the generated files that are out of date. */
export function checkSchemas(): void {
  const stale = generated().filter(({ file, content }) => current(file) !== content);
  if (stale.length > 0)
    throw new OperatorError(
      `Stale generated files: ${stale.map(({ file }) => relative(packageRoot, file)).join(', ')}`,
      'Run `npm run generate`, review the changes, and commit them',
    );
}
