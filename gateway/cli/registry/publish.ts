import { createHash, randomUUID } from 'node:crypto';
import { OperatorError } from '#base/errors';
import type { CheckReport } from '../../check/check';
import { lint } from '../../check/lint';
import type { PublishedSubgraph } from '../../composition/compose';
import { describeReport, type LintedReport } from '../check';
import { readSources } from '../compose';
import type { CallerOptions } from '../graph-client';
import { RefusedError, Registry } from './client';
import { Deployment, publishedSchemas } from './served';

interface Check {
  readonly id: string;
  readonly passed: boolean;
  readonly basedOn: number;
  readonly report: string;
}

export interface PublishOptions {
  readonly note?: string | undefined;
  readonly commit?: string | undefined;
  /** Publishes although clients would break. Operators only. */
  readonly acceptBreaking?: boolean | undefined;
  /** Only checks. */
  readonly dryRun?: boolean | undefined;
  /** Publishes only once gateways see that the subgraphs serve the schemas. */
  readonly served?: boolean | undefined;
}

/** What publishing came to: a report for the reader, and whether the schemas are, or may be, published. */
export interface Published {
  readonly passed: boolean;
  readonly report: LintedReport;
  /** Subgraphs that do not serve their schemas yet, as far as gateways saw, in words. */
  readonly unserved: readonly string[];
  /** Number of the supergraph that gateways serve now; undefined if nothing was published. */
  readonly supergraph: number | undefined;
}

const CHECK = `mutation Check($input: CheckSchemasInput!) {
  checkSchemas(input: $input) { check { id passed basedOn report } }
}`;
const PUBLISH = `mutation PublishSchemas($input: PublishSchemasInput!) {
  publishSchemas(input: $input) { supergraph { number } }
}`;

/**
 * Checks the schemas of `name=file` sources against what gateways serve, and publishes them if they pass.
 * @throws OperatorError for files that cannot be read, and if another team published meanwhile: then it says whether a new check passes
 */
export async function publishSchemas(
  sources: readonly string[],
  options: PublishOptions,
  caller: CallerOptions,
): Promise<Published> {
  const proposed = readSources(sources);
  const addressed = proposed.find(({ url }) => url);
  if (addressed)
    throw new OperatorError(
      `The source of "${addressed.name}" has an address, but operators say where gateways reach a subgraph`,
      `Use ${addressed.name}=file`,
    );
  return publish(await Registry.of(caller), proposed, { ...options, lints: true });
}

/**
 * Checks schemas against what gateways serve, and publishes them if they pass.
 * @param options `lints` for schemas that a team wrote; those of a release were linted before
 * @throws OperatorError if another team published meanwhile: then it says whether a new check passes
 */
export async function publish(
  registry: Registry,
  proposed: readonly PublishedSubgraph[],
  { lints = false, ...options }: PublishOptions & { readonly lints?: boolean },
): Promise<Published> {
  const schemas = proposed.map(({ name: subgraph, sdl }) => ({ subgraph, sdl }));
  const ask = async (): Promise<Check> => {
    const data = await registry.request(CHECK, { input: { schemas, idempotencyKey: randomUUID() } });
    return (data.checkSchemas as { readonly check: Check }).check;
  };
  const asked = publishedSchemas(
    registry,
    schemas.map(({ subgraph }) => subgraph),
  );
  // the registry checks meanwhile
  const linted = asked.then(async (before) => (lints ? await lint(proposed, before) : undefined));
  const [check, published, findings = null] = await Promise.all([ask(), asked, linted]);
  const report = { ...(JSON.parse(check.report) as CheckReport), supergraph: undefined, findings };
  const { dryRun, acceptBreaking = false, note = null, commit = null } = options;
  const mayPublish = check.passed || (acceptBreaking && report.problems.length === 0);
  const deployment = new Deployment(registry, proposed, published);
  if (options.served && mayPublish && !dryRun) await deployment.completed();
  // before the first publication, no gateway runs
  const unserved = mayPublish && check.basedOn > 0 ? await deployment.unserved() : [];
  if (dryRun || !mayPublish) return { passed: check.passed, report, unserved, supergraph: undefined };
  const input = { check: check.id, note, sourceCommit: commit, acceptBreaking };
  const idempotencyKey = createHash('sha256').update(JSON.stringify(input)).digest('hex');
  try {
    const data = await registry.request(PUBLISH, { input: { ...input, idempotencyKey } });
    const { supergraph } = data.publishSchemas as { readonly supergraph: { readonly number: number } };
    return { passed: true, report, unserved, supergraph: supergraph.number };
  } catch (error) {
    if (!(error instanceof RefusedError && error.codes.includes('REVISION_CONFLICT'))) throw error;
    const again = await ask();
    throw new OperatorError(
      error.what,
      again.passed
        ? 'A check against what is served now passes: publish again'
        : 'A check against what is served now does not pass either: run the command again for its report',
    );
  }
}

/** A report for people. */
export function describePublished({ passed, report, unserved, supergraph }: Published): string {
  const text = `${describeReport(report)}${unserved.map((line) => `Note: ${line}\n`).join('')}`;
  if (supergraph === undefined) return passed ? text : `${text}Nothing was published\n`;
  return `${text}Published as supergraph ${supergraph}; gateways serve it within seconds\n`;
}
