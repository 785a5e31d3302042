import { InputError, RequestError } from '#base/errors';
import type { Principal } from '#base/identity/principal';
import type { Database } from '#kit/database/database';
import { documentInput, idInput, listInput, objectInput, textInput } from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import { type JudgedChange, judgedChange, sentLately, storedChange } from './judged-change';
import { customerOf, publishable } from './publishers';
import { type ProposedVersion, SchemaCheck } from './schema-check';
import { SchemaComposer, type Verdict } from './schema-composer';
import { digestOf, storeText } from './schema-text';
import { checkOf } from './state';
import { CHECK_DAYS } from './sweep';

/** Maximum bytes of one schema. */
const MAX_SCHEMA_BYTES = 2 * 1024 * 1024;
/** Maximum checks of one agency that are kept. */
const MAX_CHECKS = 500;

const checkSchemas = mutation({
  name: 'checkSchemas',
  description:
    'Checks schemas of subgraphs against what gateways serve: whether they compose, whose consent they need, and which released clients they would break. Publishes nothing.',
  by: ['OPERATOR', 'PUBLISHER'],
  input: {
    schemas: listInput(
      objectInput('SubgraphSchemaInput', 'Schema of a subgraph.', {
        subgraph: textInput('Name of the subgraph.', { max: 60 }),
        sdl: documentInput(`The schema, in at most ${MAX_SCHEMA_BYTES} bytes.`, { maxBytes: MAX_SCHEMA_BYTES }),
      }),
      'Schemas that would be published together. Operators may send none, to compose what is served again by the agreement and contracts of now.',
      { max: 50 },
    ),
  },
  returns: ['check', () => SchemaCheck],
  async prepare(before, { schemas }): Promise<JudgedChange> {
    const { database, principal, actor } = before;
    const names = schemas.map(({ subgraph }) => subgraph);
    requireDistinct(names, actor);
    await requireRoom(database, principal);
    const registered = await publishable(database, before, names);
    return judgedChange(
      before,
      // gateways send identities there: operators alone say where
      schemas.map(({ subgraph: name, sdl }, index) => ({ name, sdl, url: registered[index]!.url })),
      Object.fromEntries(registered.map(({ name, agencies }) => [name, agencies])),
    );
  },
  async run(work, _input, { change, basedOn, verdict }) {
    const { database, now, principal } = work;
    const store = (text: string) => storeText(database, text, now);
    const id = work.newId('sck');
    const proposed: ProposedVersion[] = [];
    for (const { name, url, sdl } of change.proposed)
      proposed.push({ name, url, digest: await store(sdl), agencies: change.agencies[name] ?? [] });
    await requireRoom(database, principal);
    await database.insert(SchemaCheck, [
      Object.assign(new SchemaCheck(), {
        ...{ id, subgraphs: proposed.map(({ name }) => name), passed: verdict.passed, basedOn },
        ...{ proposed: JSON.stringify(proposed), agreementDigest: await store(JSON.stringify(change.agreement)) },
        documentsDigest: await store(JSON.stringify(change.documents)),
        usedDigest: await store(JSON.stringify(sentLately(change))),
        reportDigest: await store(verdict.report),
        supergraphDigest: verdict.supergraph === undefined ? null : await store(verdict.supergraph),
        ...{ checkedAt: now, checkedBy: principal.subject, agencyKey: principal.agency, exercise: false },
      }),
    ]);
    return id;
  },
});

const repeatCheck = mutation({
  name: 'repeatCheck',
  description:
    'Repeats a check with what it was based on, which is stored, and confirms that it gives the same report. Changes nothing.',
  by: ['OPERATOR', 'PUBLISHER'],
  input: { check: idInput('Id of the check.') },
  returns: ['check', () => SchemaCheck],
  async prepare(before, { check: id }): Promise<Verdict> {
    const check = await checkOf(before.database, id);
    return before.services.of(SchemaComposer).judge(await storedChange(before.database, check), customerOf(before));
  },
  async run({ database }, { check: id }, { report }) {
    const { reportDigest } = await checkOf(database, id);
    if (digestOf(report) === reportDigest) return id;
    throw new RequestError(
      'PRECONDITION_FAILED',
      'The check now gives another report: this release of the registry judges differently, or a stored text was changed',
      [],
      { guard: 'SAME_REPORT' },
    );
  },
});

function requireDistinct(names: readonly string[], actor: string): void {
  if (names.length === 0 && actor !== 'OPERATOR') throw new InputError('"schemas" is empty', ['input', 'schemas']);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new InputError(`"schemas" has "${twice}" twice`, ['input', 'schemas']);
}

/** @throws RequestError if an agency has as many checks as are kept */
async function requireRoom(database: Database, principal: Principal): Promise<void> {
  const [row] = await database.query<{ n: number | string }>(
    `SELECT COUNT(*) AS n FROM ${database.table(SchemaCheck)} WHERE COALESCE(agency_key, '') = ?`,
    [principal.agency ?? ''],
  );
  if (Number(row!.n) >= MAX_CHECKS)
    throw new RequestError(
      'PRECONDITION_FAILED',
      `Your agency has made ${MAX_CHECKS} checks within ${CHECK_DAYS} days, which are kept as long: check less often`,
      [],
      { guard: 'HAS_ROOM', limit: MAX_CHECKS },
    );
}

export const schemaCheckMutations = [checkSchemas, repeatCheck];
