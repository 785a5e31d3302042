import { RequestError } from '#base/errors';
import type { Principal } from '#base/identity/principal';
import type { Database } from '#kit/database/database';
import { booleanInput, idInput, intInput, longTextInput, optional, textInput } from '#kit/mutation/input';
import { mutation, type Preparation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { listCoordinates } from './coordinates';
import { judgedChange } from './judged-change';
import { customerOf, isOf, publishable } from './publishers';
import { RegisteredSubgraph } from './registered-subgraph';
import type { ProposedVersion, SchemaCheck } from './schema-check';
import { type Agreement, type DescribedPart, SchemaComposer, type Verdict } from './schema-composer';
import { digestOf, storedText } from './schema-text';
import {
  activationsAfter,
  agreementNow,
  checkOf,
  dayOf,
  isCoveredBy,
  lastActivation,
  membersOf,
  releasedDocuments,
  schemasOf,
  supergraphById,
} from './state';
import { SubgraphVersion } from './subgraph-version';
import { chainOf, SupergraphActivation } from './supergraph-activation';
import { SupergraphMember, SupergraphVersion } from './supergraph-version';

const publishSchemas = mutation({
  name: 'publishSchemas',
  description:
    'Publishes the schemas of a check that passed, and activates the supergraph that it composed, unless another was activated since. Gateways serve it within seconds.',
  by: ['OPERATOR', 'PUBLISHER'],
  input: {
    check: idInput('Id of the check.'),
    note: optional(longTextInput('What changed.')),
    sourceCommit: optional(textInput('Commit of the source.', { max: 100, pattern: /^[\w./-]+$/ })),
    acceptBreaking: optional(
      booleanInput('Publishes although released clients, or clients that are not known, would break. Operators only.'),
    ),
  },
  returns: ['supergraph', () => SupergraphVersion],
  async prepare(before, { check: id }): Promise<Described> {
    const { database } = before;
    const { supergraphDigest, proposed } = await checkOf(database, id);
    await publishable(database, before, names(JSON.parse(proposed) as readonly ProposedVersion[]));
    if (supergraphDigest === null) return { signature: null, parts: [] };
    return described(before, await storedText(database, supergraphDigest));
  },
  async run(work, { check: id, note, sourceCommit, acceptBreaking }, { signature, parts }) {
    const { database, now, principal, actor } = work;
    const check = await checkOf(database, id);
    const proposed = JSON.parse(check.proposed) as readonly ProposedVersion[];
    requireAddresses(await publishable(database, work, names(proposed)), proposed);
    const { supergraphDigest } = check;
    if (supergraphDigest === null || !(check.passed || (acceptBreaking === true && actor === 'OPERATOR')))
      throw refused('CHECK_PASSED', `The check ${id} did not pass; only an operator may accept that clients break`);
    const last = await lockedActivation(database);
    await requireBase(database, check, last?.number ?? 0);
    await requireUnchanged(work, check, proposed);
    const versions: SubgraphVersion[] = [];
    for (const { name, url, digest } of proposed) {
      const number = 1 + (await highest(database, SubgraphVersion, 'WHERE subgraph_name = ?', [name]));
      versions.push(
        Object.assign(new SubgraphVersion(), {
          ...{ id: work.newId('sgv'), subgraphName: name, number, digest, url, note, sourceCommit },
          ...{ publishedAt: now, publishedBy: principal.subject, exercise: false },
        }),
      );
    }
    const kept = last ? await membersOf(database, last.supergraphId) : [];
    const members = [...kept.filter(({ subgraphName }) => !names(proposed).includes(subgraphName)), ...versions];
    const supergraph = Object.assign(new SupergraphVersion(), {
      ...{ id: work.newId('spg'), number: 1 + (await highest(database, SupergraphVersion)), digest: supergraphDigest },
      ...{ basedOn: check.basedOn, agreementDigest: check.agreementDigest, documentsDigest: check.documentsDigest },
      usedDigest: check.usedDigest,
      ...{ reportDigest: check.reportDigest, note, publishedAt: now, publishedBy: principal.subject, exercise: false },
    });
    await database.insert(SubgraphVersion, versions);
    await database.insert(SupergraphVersion, [supergraph]);
    await database.insert(
      SupergraphMember,
      members.map(({ id: versionId }) =>
        Object.assign(new SupergraphMember(), {
          ...{ id: work.newId('spm'), supergraphId: supergraph.id, versionId, exercise: false },
        }),
      ),
    );
    await activate(work, last, { supergraph, members, note, signature, parts });
    return supergraph.id;
  },
});

const activateSupergraph = mutation({
  name: 'activateSupergraph',
  description:
    'Returns to a supergraph that was published before. Operators may return to any; publishers to one that differs in subgraphs of their agency only.',
  by: ['OPERATOR', 'PUBLISHER'],
  input: {
    number: intInput('Number of the supergraph.', { min: 1 }),
    expectedActivation: intInput('Number of the activation that holds. The change fails if there was another since.'),
    note: longTextInput('Why.'),
  },
  returns: ['supergraph', () => SupergraphVersion],
  async prepare(before, { number }): Promise<Return> {
    const { database, actor } = before;
    const { id, digest } = await supergraphOf(database, number);
    // operators may have to act at once
    const judged = actor === 'OPERATOR' ? undefined : await judgedReturn(before, id);
    return { judged, ...(await described(before, await storedText(database, digest))) };
  },
  async run(work, { number, expectedActivation, note }, { judged, signature, parts }) {
    const { database } = work;
    const supergraph = await supergraphOf(database, number);
    const last = await lockedActivation(database);
    if (!last || last.number !== expectedActivation)
      throw await conflict(database, expectedActivation, last?.number ?? 0, 'expectedActivation');
    // operators sign it again that way
    if (judged && last.supergraphId === supergraph.id)
      throw refused('IS_ANOTHER', `Gateways serve the supergraph ${number} already`);
    const members = await membersOf(database, supergraph.id);
    const schemas = members.map(({ subgraphName: name, url, digest }) => ({ name, url, digest }));
    if (judged) {
      await requireOwnDifference(work, members, await membersOf(database, last.supergraphId));
      if (judged.basedOn !== last.number) throw await conflict(database, judged.basedOn, last.number, 'number');
      await requireUnchanged(work, judged, schemas);
      requireAddresses(await database.findBy(RegisteredSubgraph, 'name', names(schemas)), schemas);
      // what is not known to be used may be taken back
      if (judged.reasons.length > 0)
        throw refused(
          'CHECK_PASSED',
          `Clients would break, or owners no longer agree: ask an operator. ${judged.reasons.slice(0, 3).join('; ')}`,
        );
    }
    await requireStillAgreed(work, supergraph, schemas);
    await activate(work, last, { supergraph, members, note, signature, parts });
    return supergraph.id;
  },
});

/** What is known of a return before its transaction. */
interface Return extends Described {
  /** Undefined for operators. */
  readonly judged: JudgedReturn | undefined;
}

/** What a return was judged by. */
interface JudgedReturn {
  readonly basedOn: number;
  readonly agreementDigest: string;
  readonly documentsDigest: string;
  /** Why it would break something that is known. */
  readonly reasons: readonly string[];
}

/** What an activation stores besides the supergraph. */
interface Described {
  readonly signature: string | null;
  readonly parts: readonly DescribedPart[];
}

async function described(before: Preparation, supergraph: string): Promise<Described> {
  const { database, services } = before;
  const composer = services.of(SchemaComposer);
  return {
    signature: await composer.signatureOf(supergraph, (await lastActivation(database))?.signature ?? null),
    parts: await composer.partsOf(supergraph, customerOf(before)),
  };
}

/** Judges a return to an earlier supergraph as a change of what is served. */
async function judgedReturn(before: Preparation, supergraphId: string): Promise<JudgedReturn> {
  const { change, basedOn, verdict } = await judgedChange(before, await schemasOf(before.database, supergraphId), {});
  return {
    basedOn,
    agreementDigest: digestOf(JSON.stringify(change.agreement)),
    documentsDigest: digestOf(JSON.stringify(change.documents)),
    reasons: reasonsIn(verdict),
  };
}

/** Why a change would break something that is known. */
const reasonsIn = ({ problems, report }: Verdict): string[] => [
  ...problems,
  ...(
    JSON.parse(report) as { readonly brokenDocuments: readonly { client: string; name: string }[] }
  ).brokenDocuments.map(({ client, name }) => `${client}: ${name} would break`),
];

/** Name and digest of a schema. */
type Digest = Pick<ProposedVersion, 'name' | 'digest'>;

const names = (versions: readonly { readonly name: string }[]): string[] => versions.map(({ name }) => name);

const refused = (guard: string, message: string): RequestError =>
  new RequestError('PRECONDITION_FAILED', message, [], { guard });

/** @throws RequestError NOT_FOUND */
async function supergraphOf(database: Database, number: number): Promise<SupergraphVersion> {
  const [supergraph] = await database.findBy(SupergraphVersion, 'number', [number]);
  if (supergraph) return supergraph;
  throw new RequestError('NOT_FOUND', `No supergraph has the number ${number}`, ['input', 'number']);
}

/** The activation that holds. No other transaction activates until this one ends: the second one waits, and then finds another number. */
async function lockedActivation(database: Database): Promise<SupergraphActivation | undefined> {
  const last = await lastActivation(database);
  if (!last) return undefined;
  await database.lockAll(SupergraphActivation, [last.id]);
  return lastActivation(database);
}

/** Highest number of a type, 0 without any. */
async function highest(
  database: Database,
  target: new () => object,
  where = '',
  parameters: readonly unknown[] = [],
): Promise<number> {
  const [row] = await database.query<{ n: number | string | null }>(
    `SELECT MAX(number) AS n FROM ${database.table(target)} ${where}`,
    parameters,
  );
  return Number(row!.n ?? 0);
}

/** @throws RequestError REVISION_CONFLICT if another supergraph was activated since a check */
async function requireBase(database: Database, { basedOn }: SchemaCheck, current: number): Promise<void> {
  if (basedOn !== current) throw await conflict(database, basedOn, current, 'check');
}

/** Says what was activated since. */
async function conflict(database: Database, expected: number, current: number, field: string): Promise<RequestError> {
  const since = await activationsAfter(database, expected);
  const lines = await Promise.all(
    since.slice(-MAX_LISTED).map(async ({ number, supergraphId, note }) => {
      const { number: supergraph } = await supergraphById(database, supergraphId);
      return `activation ${number} of supergraph ${supergraph}${note === null ? '' : `: ${note}`}`;
    }),
  );
  return new RequestError(
    'REVISION_CONFLICT',
    `The change is based on activation ${expected}, but ${current} holds (${lines.join('; ')}): check again, then publish`,
    ['input', field],
    { expected, current },
  );
}

const MAX_LISTED = 10;

/** @throws RequestError if gateways reach a subgraph elsewhere than schemas say: they send identities there */
function requireAddresses(
  registered: readonly RegisteredSubgraph[],
  schemas: readonly Pick<ProposedVersion, 'name' | 'url'>[],
): void {
  const moved = schemas.filter(({ name, url }) => registered.find((subgraph) => subgraph.name === name)?.url !== url);
  if (moved.length > 0)
    throw refused(
      'NOTHING_CHANGED',
      `The address of ${names(moved).join(', ')} changed since: check again, then publish, or ask an operator`,
    );
}

/** @throws RequestError if owners, consents, or released clients changed since a check */
async function requireUnchanged(
  { database, now }: Work,
  check: Pick<SchemaCheck, 'agreementDigest' | 'documentsDigest'>,
  proposed: readonly Digest[],
): Promise<void> {
  const agreement = await agreementNow(database, dayOf(now), proposed);
  const documents = await releasedDocuments(database);
  const changed = [
    ...(digestOf(JSON.stringify(agreement)) === check.agreementDigest ? [] : ['the agreement of the owners']),
    ...(digestOf(JSON.stringify(documents)) === check.documentsDigest ? [] : ['the list of released clients']),
  ];
  if (changed.length > 0)
    throw refused('NOTHING_CHANGED', `${changed.join(' and ')} changed since the check: check again, then publish`);
}

/** @throws RequestError FORBIDDEN if a publisher would change subgraphs of other agencies */
async function requireOwnDifference(
  { database, principal }: Work,
  target: readonly SubgraphVersion[],
  current: readonly SubgraphVersion[],
): Promise<void> {
  const ids = (versions: readonly SubgraphVersion[]) => new Set(versions.map(({ id }) => id));
  const [before, after] = [ids(current), ids(target)];
  const differing = [...target.filter(({ id }) => !before.has(id)), ...current.filter(({ id }) => !after.has(id))].map(
    ({ subgraphName }) => subgraphName,
  );
  const foreign = await foreignTo(database, principal, [...new Set(differing)]);
  if (foreign.length > 0)
    throw new RequestError(
      'FORBIDDEN',
      `That supergraph has other versions of ${foreign.join(', ')}, too, which another agency owns: ask an operator`,
    );
}

async function foreignTo(database: Database, principal: Principal, subgraphs: readonly string[]): Promise<string[]> {
  const found = await database.findBy(RegisteredSubgraph, 'name', subgraphs);
  return found.filter((subgraph) => !isOf(subgraph, principal)).map(({ name }) => name);
}

/** @throws RequestError if owners no longer consent to what a supergraph does, other than what is served now */
async function requireStillAgreed(
  { database, now }: Work,
  { agreementDigest }: SupergraphVersion,
  schemas: readonly Digest[],
): Promise<void> {
  const then = JSON.parse(await storedText(database, agreementDigest)) as Agreement;
  const current = await agreementNow(database, dayOf(now), schemas);
  const ended = then.consents.filter(({ to, ...consent }) =>
    to.some((actor) => !isCoveredBy(current.consents, { to, ...consent }, actor)),
  );
  const parts = ended.flatMap(({ by, act, coordinates }) => `${act} of ${coordinates.join(', ')} by ${by}`);
  const uncleared = Object.entries(then.clearances).flatMap(([name, classes]) =>
    classes.filter((of) => !current.clearances[name]?.includes(of)).map((of) => `${of} for ${name}`),
  );
  if (parts.length + uncleared.length > 0)
    throw refused(
      'STILL_AGREED',
      `That supergraph needs what no longer holds: ${[...parts, ...uncleared].join('; ')}. Publish a version without it`,
    );
}

interface Activated extends Described {
  readonly supergraph: SupergraphVersion;
  readonly members: readonly SubgraphVersion[];
  readonly note: string | null;
}

async function activate(
  work: Work,
  last: SupergraphActivation | undefined,
  { supergraph, members, note, signature, parts }: Activated,
): Promise<void> {
  const { database, now, principal } = work;
  const number = 1 + (last?.number ?? 0);
  const digests = members
    .map(({ subgraphName, number: version, digest }) => [subgraphName, version, digest] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const link = { number, activatedAt: now, note, digest: supergraph.digest, members: digests };
  await database.insert(SupergraphActivation, [
    Object.assign(new SupergraphActivation(), {
      ...{ id: work.newId('spa'), number, supergraphId: supergraph.id, note, activatedAt: now, signature },
      ...{ activatedBy: principal.subject, chain: chainOf(last?.chain ?? '', link), exercise: false },
    }),
  ]);
  await listCoordinates(work, supergraph.number, parts);
}

export const publicationMutations = [publishSchemas, activateSupergraph];
