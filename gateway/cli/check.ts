import { readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { OperatorError } from '#base/errors';
import { packageRoot } from '#base/package-root';
import { readText } from '#base/read-text';
import { type CheckReport, check } from '../check/check';
import type { ClientDocument } from '../check/documents';
import { lintInThread } from '../check/lint';
import { compose, type PublishedSubgraph } from '../composition/compose';
import { NO_AGREEMENT, readAgreement } from '../ownership/agreement';
import { OWN_AGREEMENT_FILE } from '../ownership/own';
import { manifestDocuments } from '../policy/trusted-documents';
import { OWN_SUPERGRAPH_FILE } from '../supergraph/own';
import { releasedDocuments } from './clients';
import { readSources, todayInUtc } from './compose';
import type { CallerOptions } from './graph-client';
import { defaultUrl, PROGRAMS } from './programs';

export interface CheckOptions {
  /** `name=file` sources of the subgraphs that are served now; those of this repository by default. */
  readonly with?: readonly string[] | undefined;
  readonly agreement?: string | undefined;
  /** `client@version=file` sources: manifests of trusted documents, or GraphQL files. */
  readonly documents?: readonly string[] | undefined;
  /** A running graph, whose released clients are protected. */
  readonly registry?: CallerOptions | undefined;
}

/** A report, with what a linter finds in the proposed schemas, which refuses nothing. */
export interface LintedReport extends CheckReport {
  /** With file, line, and column; null where no linter is installed. */
  readonly findings: readonly string[] | null;
}

/** Checks the schemas of `name=file` sources. @throws OperatorError for files that cannot be read */
export async function checkFiles(sources: readonly string[], options: CheckOptions): Promise<LintedReport> {
  const proposed = readSources(sources);
  const isOwn = options.with === undefined;
  const before = isOwn ? ownSubgraphs() : readSources(options.with);
  const file = options.agreement ?? (isOwn ? OWN_AGREEMENT_FILE : undefined);
  const agreement = file === undefined ? NO_AGREEMENT : readAgreement(file, todayInUtc());
  const supergraph = isOwn ? readText(OWN_SUPERGRAPH_FILE, 'The supergraph') : compose(before, { agreement });
  const released = options.registry && (await releasedDocuments(options.registry));
  const named = options.documents?.flatMap(documentsOf);
  const documents = released || named ? [...(released ?? []), ...(named ?? [])] : undefined;
  const [findings, report] = await Promise.all([
    lintInThread(proposed, before),
    check({ before, supergraph, proposed, agreement, documents }),
  ]);
  return { ...report, findings: findings ?? null };
}

/** The committed schemas of this repository. */
const ownSubgraphs = (): PublishedSubgraph[] =>
  PROGRAMS.map((name) => {
    const file = join(packageRoot, 'subgraphs', name, 'schema.graphql');
    const sdl = readText(file, `The schema of ${name}`);
    return { name, file: relative(process.cwd(), file), url: defaultUrl(name), sdl };
  });

function documentsOf(source: string): ClientDocument[] {
  const [, client, file] = /^([^=]+)=(.+)$/.exec(source) ?? [];
  if (client === undefined || file === undefined)
    throw new OperatorError(
      `"${source}" is not a source of documents`,
      'Use client@version=file, such as dashboard@1.4=manifest.json',
    );
  if (file.endsWith('.graphql') || file.endsWith('.gql'))
    return [{ client, name: basename(file), text: readFileSync(file, 'utf8') }];
  return manifestDocuments(file).map(([id, text]) => ({ client, name: operationName(text) ?? id, text }));
}

const operationName = (text: string): string | undefined => /\b(?:query|mutation|subscription)\s+(\w+)/.exec(text)?.[1];

/** Maximum lines of one part of a report. */
const MAX_LINES = 50;

/** A report for people. */
export function describeReport(report: LintedReport): string {
  const { passed, problems, changes, brokenDocuments, invalidDocuments, classChanges, costChanges, notes, findings } =
    report;
  const ofDocuments = (documents: typeof brokenDocuments) =>
    documents.map(({ client, name, errors }) => `${client}: ${name}: ${errors.join(' ')}`);
  const ofLevel = (level: string) =>
    changes
      .filter((change) => change.level === level)
      .map(
        ({ coordinate, message, owner, usedBy, contract }) =>
          `${contract === undefined ? '' : `contract ${contract}: `}${coordinate === contract ? '' : `${coordinate}: `}${message}${owner === undefined ? '' : ` (owner: ${owner})`}${usedBy.length > 0 ? `; used by ${usedBy.slice(0, MAX_NAMES).join(', ')}${usedBy.length > MAX_NAMES ? ` and ${usedBy.length - MAX_NAMES} more` : ''}` : ''}`,
      );
  const parts: readonly (readonly [title: string, lines: readonly string[]])[] = [
    ['Problems', problems],
    ['Documents of released clients that would stop working', ofDocuments(brokenDocuments)],
    ['Documents that do not work now either, and are left out', ofDocuments(invalidDocuments)],
    ['Breaking changes', ofLevel('BREAKING')],
    ['Dangerous changes', ofLevel('DANGEROUS')],
    [
      'Fields that change their sensitivity class',
      classChanges.map(({ coordinate, from, to }) => `${coordinate}: ${from} becomes ${to}`),
    ],
    [
      'Documents that would cost more or less, as estimated',
      costChanges.map(({ client, name, from, to }) => `${client}: ${name}: ${from} becomes ${to}`),
    ],
    ['Notes', [...notes, ...(findings ? [] : [NOT_LINTED])]],
    ['Findings of the linter', findings ?? []],
    ['Other changes', ofLevel('SAFE')],
  ];
  const text = parts
    .filter(([, lines]) => lines.length > 0)
    .map(
      ([title, lines]) =>
        `${title}:\n${lines
          .slice(0, MAX_LINES)
          .map((line) => `- ${line}\n`)
          .join('')}${lines.length > MAX_LINES ? `… and ${lines.length - MAX_LINES} more; --json lists all\n` : ''}`,
    )
    .join('\n');
  return `${text}${text === '' ? '' : '\n'}${verdict(report, passed)}\n`;
}

const MAX_NAMES = 5;
const NOT_LINTED = 'Not linted: npm install --save-dev eslint @graphql-eslint/eslint-plugin';

function verdict({ problems, changes }: CheckReport, passed: boolean): string {
  if (passed) return changes.length === 0 ? 'Passed: clients see no change' : 'Passed';
  if (problems.length > 0) return 'Failed: the schemas do not compose; the supergraph is unchanged';
  return 'Failed: clients would break. Deprecate the parts first, or name the documents of all clients by --documents to show that none uses them';
}
