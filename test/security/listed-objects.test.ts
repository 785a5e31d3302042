import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type DocumentNode,
  type FieldDefinitionNode,
  type NamedTypeNode,
  type ObjectTypeDefinitionNode,
  parse,
  type TypeNode,
} from 'graphql';
import { systemClock } from '#base/clock';
import { newKey } from '#base/identity/keys';
import { agencies } from '#domain/agency/agencies';
import { AuditLog } from '#kit/audit/audit-log';
import type { Entry, FieldsUsed, ReadObjects } from '#kit/audit/entry';
import { modelOf, upperSnakeCase } from '#kit/model/model';
import type { Subgraph } from '#kit/subgraph/subgraph';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { createLog } from '../../gateway/telemetry/log';
import { INSPECTOR } from '../support/identity';
import { openWorld, type World } from '../support/world';

/**
 * The existence of protected objects is protected as well: a caller who reads only their ids, type names, cursors, or count
 * leaves an entry, whatever list or reference shows them. Generated from the published schemas, not from the code of resolvers.
 */

const ANALYST = 'role=analyst; subject=analyst-1';

/** The protected types, for reviewers: a new type whose objects not everyone sees appears here. */
const PROTECTED: Readonly<Record<string, readonly string[]>> = {
  submissions: [
    'AIModel',
    'AccessGrant',
    'Artifact',
    'CoverageInquiry',
    'Declaration',
    'DestructionObligation',
    'InformationRequest',
    'InquiryEvent',
    'LaunchPlan',
    'ModelVersion',
    'PartnerProposal',
    'SelfEvaluation',
    'SharedFinding',
    'Submission',
    'SubmissionEvent',
  ],
  reviews: [
    'Advice',
    'Consultation',
    'ConsultationMessage',
    'Designation',
    'Determination',
    'EvaluationRun',
    'Finding',
    'Review',
    'ReviewEvent',
    'RiskAssessment',
  ],
  workforce: ['Application', 'Candidate', 'Certificate'],
  infrastructure: [
    'ClearinghouseCase',
    'FederalSystem',
    'FindingDueChange',
    'ForensicTriage',
    'InfrastructureEvent',
    'InventoryItem',
    'PoamItem',
    'PoamMilestone',
    'ProductMatchRule',
    'RiskAcceptance',
    'ToolDeployment',
    'VulnerabilityFinding',
  ],
  registry: [
    'ClientRelease',
    'OwnerConsent',
    'SavedQuestion',
    'SavedQuestionVersion',
    'SchemaCheck',
    'SubgraphVersion',
    'SupergraphActivation',
    'SupergraphVersion',
  ],
};

const RECORDED = ['PROPIN', 'PII', 'ISVI'];

const named = (type: TypeNode): string => (type.kind === 'NamedType' ? type.name.value : named(type.type));
const isList = (type: TypeNode): boolean =>
  type.kind === 'ListType' || (type.kind === 'NonNullType' && isList(type.type as NamedTypeNode));

const classOf = ({ directives = [] }: FieldDefinitionNode): string => {
  const value = directives.find(({ name }) => name.value === 'sensitivity')?.arguments?.[0]?.value;
  return value && 'value' in value ? String(value.value) : '';
};

const typesOf = (document: DocumentNode): ObjectTypeDefinitionNode[] =>
  document.definitions.filter(
    (node) => 'fields' in node && /^ObjectType/.test(node.kind),
  ) as ObjectTypeDefinitionNode[];

/** Stored types with objects or fields that few callers may see. */
function protectedIn({ sdl, parts, policies }: Subgraph): string[] {
  const types = new Map(typesOf(parse(sdl)).map((type) => [type.name.value, type]));
  return parts.entities
    .filter((entity) => modelOf(entity).published && policies.of(entity).rows(null) !== true)
    .map((entity) => modelOf(entity).name)
    .filter((name) => types.get(name)?.fields?.some((field) => RECORDED.includes(classOf(field))))
    .sort();
}

/** A field that shows objects of a type. */
interface Way {
  readonly subgraph: string;
  readonly parent: string;
  readonly field: string;
  readonly type: string;
  readonly shape: 'page' | 'list' | 'object';
}

/** All fields of objects and of the root that show objects of one of the types. */
function waysTo(subgraph: Subgraph, isShown: (type: string) => boolean): Way[] {
  return (
    typesOf(parse(subgraph.sdl))
      .filter(({ name: { value } }) => !/^_|(Connection|Edge|Payload|GroupPage)$|^Mutation$/.test(value))
      // results of bulk mutations
      .filter(({ fields = [] }) => !fields.some(({ name }) => name.value === 'inputPath'))
      .flatMap(({ name, fields = [] }) =>
        fields.map((field): Way => {
          const type = named(field.type);
          const shape = type.endsWith('Connection') ? 'page' : isList(field.type) ? 'list' : 'object';
          const typeName = type.replace(/Connection$/, '');
          return { subgraph: subgraph.name, parent: name.value, field: field.name.value, type: typeName, shape };
        }),
      )
      .filter(({ type }) => isShown(type))
  );
}

/** What a test reads of a page, a list, or an object, and how the record shows it. */
const SELECTIONS = {
  page: [
    ['nodes { id }', 'list', true],
    ['nodes { __typename }', 'list', true],
    ['edges { cursor }', 'list', true],
    ['pageInfo { hasNextPage }', 'list', false],
    ['totalCount', 'count', false],
  ],
  list: [
    ['id', 'list', true],
    ['__typename', 'list', true],
  ],
  object: [
    ['id', undefined, true],
    ['__typename', undefined, true],
  ],
} as const;

let folder: string;
let world: World;
/** Keys of lists that are recorded once and referred to by later lines. */
const lists = new Map<string, readonly string[]>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-listed-'));
  const [key, log] = [await newKey(), createLog('silent', 'test')];
  const record = (name: string) => AuditLog.open(join(folder, `${name}.jsonl`), name, key, systemClock, log);
  world = await openWorld('sqlite', 1, [], undefined, record);
});
afterAll(async () => {
  await world?.close();
  rmSync(folder, { recursive: true, force: true });
});

type Read = Entry & { readonly objects: readonly ReadObjects[]; readonly uses?: readonly FieldsUsed[] };

/** The response to a request to a subgraph, and the reads that it left in the record. */
async function ask(name: string, query: string, caller: string | null, variables: object = {}) {
  const linesOf = () =>
    readFileSync(join(folder, `${name}.jsonl`), 'utf8')
      .split('\n')
      .filter(Boolean);
  const before = linesOf().length;
  const headers = await world.identity.signed(name, caller);
  const response = await world.subgraph(name).execute({ query, variables: { ...variables }, headers });
  const added = linesOf()
    .slice(before)
    .map((line) => JSON.parse(line) as Entry);
  for (const entry of added) if (entry.kind === 'keys') lists.set(entry.list, entry.keys);
  const reads = added.filter(({ kind }) => kind === 'read') as Read[];
  /** Keys of the objects of a type that this request showed. */
  const keysOf = (type: string): string[] =>
    reads
      .flatMap(({ objects }) => objects.filter((object) => object.type === type))
      .flatMap((object) => [...object.keys, ...(object.lists ?? []).flatMap((list) => lists.get(list)!)]);
  const uses = reads.flatMap((read) => read.uses ?? []);
  return { ...response, reads, keysOf, uses };
}

/** Keys of all objects of a type, from whichever database has them. */
async function keysOfAll(type: string): Promise<string[]> {
  if (type === 'Agency') return agencies.map(({ key }) => key);
  for (const { database, subgraph } of world.open) {
    const model = subgraph.parts.entities.find((entity) => modelOf(entity).name === type);
    if (!model) continue;
    const column = database.column(model, modelOf(model).key);
    const rows = await database.query<{ k: string }>(`SELECT ${column} AS k FROM ${database.table(model)} LIMIT 300`);
    return rows.map(({ k }) => String(k));
  }
  throw new Error(`No database has ${type}`);
}

/** A model, or a stub, of a subgraph by the name of its type. */
const modelNamed = ({ parts }: Subgraph, type: string) =>
  modelOf([...parts.entities, ...parts.stubs].find((model) => modelOf(model).name === type)!);

/** An entity's field that pages through objects of a non-entity type. */
function wayToPart(subgraph: Subgraph, type: string): Way {
  const isOfEntity = ({ parent, shape }: Way) =>
    shape === 'page' && parent !== 'Query' && modelNamed(subgraph, parent).entity;
  return waysTo(subgraph, (candidate) => candidate === type).find(isOfEntity)!;
}

const isRootList = ({ parent, shape }: Way): boolean => parent === 'Query' && shape === 'page';

interface Shown {
  readonly shown?: unknown;
}

interface Nodes {
  readonly nodes: readonly Shown[];
}

/**
 * Reads a field of the root, of the groups of a list by that field, or of all objects of its parent. `shown` lists the values of the field that are not null.
 */
async function query({ subgraph: name, parent, field, type, shape }: Way, selection: string, caller: string | null) {
  if (parent === 'Query') {
    const keys = shape === 'object' ? await keysOfAll(type) : [undefined];
    const fields = keys.map(
      (key, i) => `shown${i}: ${field}${key === undefined ? '' : `(id: "${key}")`} { ${selection} }`,
    );
    const response = await ask(name, `{ ${fields.join(' ')} }`, caller);
    return { ...response, shown: Object.values(response.data ?? {}).filter((value) => value !== null) };
  }
  const { subgraph } = world.subgraph(name);
  const grouped = /^(\w+)Group$/.exec(parent)?.[1];
  const selectionText = `shown: ${field} { ${selection} }`;
  const nodes = `nodes { ${selectionText} }`;
  const ofPart = grouped ? `groups(by: [{ field: ${upperSnakeCase(field)} }], first: 500) { ${nodes} }` : nodes;
  const root = grouped && waysTo(subgraph, (candidate) => candidate === grouped).find(isRootList);
  if (root) {
    const response = await ask(name, `{ list: ${root.field} { ${ofPart} } }`, caller);
    const list = response.data?.list as { groups: Nodes } | undefined;
    return { ...response, shown: list?.groups.nodes.flatMap(({ shown }) => shown ?? []) ?? [] };
  }
  const part = grouped || !modelNamed(subgraph, parent).entity ? wayToPart(subgraph, grouped ?? parent) : undefined;
  const entity = part?.parent ?? parent;
  const text = `query ($r: [_Any!]!) {
    _entities(representations: $r) { ... on ${entity} { ${part ? `part: ${part.field} { ${ofPart} }` : selectionText} } } }`;
  const { keyField } = modelNamed(subgraph, entity);
  const representations = (await keysOfAll(entity)).map((key) => ({ __typename: entity, [keyField]: key }));
  const response = await ask(name, text, caller, { r: representations });
  type Parent = Shown & { readonly part?: Nodes & { readonly groups?: Nodes } };
  const parents = ((response.data?._entities ?? []) as readonly (Parent | null)[]).filter((object) => object !== null);
  const all = part ? parents.flatMap((object) => (object.part?.groups ?? object.part)?.nodes ?? []) : parents;
  return { ...response, shown: all.flatMap(({ shown }) => shown ?? []) };
}

/** The objects in a response. */
function objectsIn(shown: readonly unknown[], shape: Way['shape']): { readonly id?: string }[] {
  if (shape !== 'page') return shown.flat() as object[];
  return (shown as { nodes?: object[]; edges?: object[] }[]).flatMap(({ nodes, edges }) => nodes ?? edges ?? []);
}

test.each(subgraphs.map(({ name }) => [name] as const))('%s protects the types that these tests cover', (name) => {
  const { subgraph } = world.subgraph(name);
  expect(protectedIn(subgraph)).toEqual(PROTECTED[name] ?? []);
  expect([...subgraph.protectedTypes.keys()].map((model) => modelOf(model).name).sort()).toEqual(PROTECTED[name] ?? []);
});

const WAYS = subgraphs.flatMap((subgraph) =>
  waysTo(subgraph, (type) => (PROTECTED[subgraph.name] ?? []).includes(type)),
);

test('covers fields of every shape and of every protected type', () => {
  expect(WAYS.length).toBeGreaterThan(80);
  for (const [subgraph, types] of Object.entries(PROTECTED))
    expect(new Set(WAYS.filter((way) => way.subgraph === subgraph).map(({ type }) => type))).toEqual(new Set(types));
});

/** Paths without objects in the exercise data, for which a test could not fail. */
const EMPTY: string[] = [];

test.each(WAYS.map((way) => [`${way.subgraph}: ${way.parent}.${way.field}`, way] as const))(
  'records the objects shown by %s, however few fields are read',
  async (name, way) => {
    const { type, shape } = way;
    for (const [selection, how, showsObjects] of SELECTIONS[shape]) {
      const { shown, errors, keysOf, uses } = await query(way, selection, INSPECTOR);
      expect(errors).toBeUndefined();
      if (shown.length === 0) {
        EMPTY.push(name);
        return;
      }
      const objects = objectsIn(shown, shape);
      if (how) expect(uses.map((use) => `${use.type} ${use.how}`)).toContain(`${type} ${how}`);
      const keys = new Set(keysOf(type));
      if (showsObjects) expect(keys.size > 0).toBe(objects.length > 0);
      if (/\bid\b/.test(selection)) expect(keys).toEqual(new Set([...keys, ...objects.map(({ id }) => id)]));
    }
  },
);

test('reaches objects by every path that the exercise data has', () => {
  expect(EMPTY).toEqual([
    'submissions: DestructionObligation.submission',
    'submissions: DestructionObligationGroup.submission',
    'submissions: SharedFinding.submission',
    'submissions: SharedFindingGroup.submission',
    'reviews: EvaluationDefinition.runs',
    'infrastructure: VulnerabilityFinding.reopens',
    'infrastructure: VulnerabilityFindingGroup.reopens',
  ]);
});

test.each(
  WAYS.filter(({ parent, shape }) => parent === 'Query' && shape === 'page').map((way) => [way.field, way] as const),
)('records an object of %s whose key alone is selected', async (_name, { subgraph, type }) => {
  const representations = (await keysOfAll(type)).map((id) => ({ __typename: type, id }));
  const text = 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }';
  const { data, keysOf } = await ask(subgraph, text, INSPECTOR, { r: representations });
  const existing = representations.filter((_, place) => (data!._entities as unknown[])[place] !== null);
  expect(existing.length).toBeGreaterThan(0);
  expect(new Set(keysOf(type))).toEqual(new Set(existing.map(({ id }) => id)));
});

const KEY_LISTS = subgraphs.flatMap(({ name, parts, protectedTypes }) =>
  parts.entities.flatMap((entity) => {
    const { keysField, name: type } = modelOf(entity);
    return keysField !== undefined && protectedTypes.has(entity) ? [[keysField, name, type] as const] : [];
  }),
);

test.each(KEY_LISTS)('records the objects whose keys %s lists, even if none matches', async (field, subgraph, type) => {
  const { data, keysOf, uses } = await ask(subgraph, `{ keys: ${field} }`, INSPECTOR);
  const keys = data!.keys as string[];
  expect(keys.length).toBeGreaterThan(0);
  expect(new Set(keysOf(type))).toEqual(new Set(keys));
  expect(uses.map((use) => `${use.type} ${use.how}`)).toContain(`${type} list`);
  const none = await ask(subgraph, `{ keys: ${field}(filter: { id: { eq: "none" } }) }`, INSPECTOR);
  expect(none.data).toEqual({ keys: [] });
  expect(none.uses.map((use) => `${use.type} ${use.how}`)).toContain(`${type} list`);
});

test('covers the keys of all protected types that other subgraphs filter by', () => {
  expect(KEY_LISTS.map(([field]) => field)).toEqual([
    'aiModelKeys',
    'modelVersionKeys',
    'submissionKeys',
    'findingKeys',
    'clearinghouseCaseKeys',
  ]);
});

test('does not record objects again whose protected fields are recorded', async () => {
  const { data, reads } = await ask('submissions', '{ submissions { nodes { id number } totalCount } }', INSPECTOR);
  const { nodes } = data!.submissions as { nodes: { id: string }[] };
  expect(reads).toMatchObject([
    {
      objects: [{ type: 'Submission', sensitivity: 'PROPIN', count: nodes.length }],
      uses: expect.arrayContaining([{ type: 'Submission', sensitivity: 'PROPIN', how: 'list', fields: [] }]),
    },
  ]);
  expect(reads[0]!.objects[0]).not.toHaveProperty('idsOnly');
});

test('records a list that a request shows several times once', async () => {
  const lists = Array.from(
    { length: 20 },
    (_, i) => `l${i}: federalSystems(first: ${i}) { nodes { id } edges { cursor } }`,
  );
  const { reads } = await ask('infrastructure', `{ ${lists.join(' ')} }`, INSPECTOR);
  expect(reads).toMatchObject([
    {
      objects: [{ type: 'FederalSystem', sensitivity: 'ISVI', count: 19, idsOnly: true }],
      uses: [
        { type: 'FederalSystem', how: 'order', fields: ['name'] },
        { type: 'FederalSystem', sensitivity: 'ISVI', how: 'list', fields: [] },
      ],
    },
  ]);
});

test('records a long polled list once and refers to it afterward', async () => {
  const poll = () => ask('infrastructure', '{ federalSystems(first: 500) { nodes { id } } }', INSPECTOR);
  const [first, second] = [await poll(), await poll()];
  expect(first.keysOf('FederalSystem').length).toBeGreaterThan(20);
  expect(second.keysOf('FederalSystem')).toEqual(first.keysOf('FederalSystem'));
  expect(JSON.stringify(second.reads).length).toBeLessThan(1_000);
});

/** Lists of objects that everyone sees. */
const OPEN_WAYS = subgraphs.flatMap((subgraph) =>
  waysTo(subgraph, (type) => subgraph.parts.entities.some((entity) => modelOf(entity).name === type)).filter(
    ({ subgraph: name, parent, type, shape }) =>
      parent === 'Query' && shape === 'page' && !PROTECTED[name]?.includes(type),
  ),
);

test.each(OPEN_WAYS.map((way) => [way.field, way] as const))('records no read of %s', async (_name, way) => {
  for (const [selection] of SELECTIONS.page)
    for (const caller of [INSPECTOR, ANALYST, null]) expect((await query(way, selection, caller)).reads).toEqual([]);
});

test.each(
  WAYS.filter(({ parent, shape }) => parent === 'Query' && shape === 'page').map((way) => [way.field, way] as const),
)('records no read of the objects of %s that the public sees', async (_name, way) => {
  for (const [selection] of SELECTIONS.page) expect((await query(way, selection, null)).reads).toEqual([]);
});

test('records mixed lists for callers who see more than the public', async () => {
  for (const list of ['aiModels', 'modelVersions'])
    for (const selection of ['nodes { id }', 'totalCount']) {
      const readsOf = async (caller: string | null) =>
        (await ask('submissions', `{ ${list} { ${selection} } }`, caller)).reads;
      expect([await readsOf(null), await readsOf(ANALYST)]).toEqual([[], []]);
      for (const caller of [INSPECTOR, 'role=developer-submitter; organization=exercise-alder; subject=x'])
        expect(await readsOf(caller)).toHaveLength(1);
    }
});
