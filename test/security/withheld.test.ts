import {
  buildSchema,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isLeafType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { parsePrincipal } from '#base/identity/principal';
import { readText } from '#base/read-text';
import type { WithheldEntry } from '#base/withheld';
import { type ModelClass, modelOf } from '#kit/model/model';
import { countedOf } from '#kit/model/value-object';
import { Reader } from '#kit/policy/policy';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import type { TraceExtension } from '../../gateway/trace/extension';
import { processKinds } from '../support/databases';
import { INSPECTOR } from '../support/identity';
import { openWorld, type World } from '../support/world';
import { SAMPLED_CALLERS } from './callers';

/** Clients tell apart what is missing, zero, and withheld, and learn nothing of what is hidden: docs/decisions/0033. */

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Value = any;

const schema = buildSchema(readText('schema.graphql', 'The API schema'));
const query = schema.getQueryType()!;

const fieldsOf = (type: GraphQLObjectType): GraphQLField<unknown, unknown>[] =>
  Object.values(type.getFields()).filter(({ args }) => !args.some((arg) => isNonNullType(arg.type)));
const isPage = ({ name }: { readonly name: string }): boolean => name.endsWith('Connection');
const isEntity = (type: GraphQLObjectType): boolean => type.getFields().id !== undefined;

/** Counts of today, which are null for a past instant. */
const WITHOUT_PAST = new Set(['vacancies', 'byTalentArea']);

const NOT_READ = new Set(['aggregates', 'groups', 'pageInfo', 'edges']);

/** Selects the leaves of a type, and at the first levels the objects that it leads to. */
function selection(type: GraphQLObjectType, levels: number): string {
  const parts = fieldsOf(type).flatMap(({ name, type: of }) => {
    const named = getNamedType(of);
    if (NOT_READ.has(name)) return [];
    if (isLeafType(named)) return [name];
    if (!isObjectType(named)) return [];
    if (isPage(named)) return levels > 0 ? [`${name}(first: 5) { totalCount nodes { ${keys(nodesOf(named))} } }`] : [];
    if (isEntity(named)) return levels > 0 ? [`${name} { ${keys(named)} }`] : [];
    const below = selection(named, 0);
    return below === '' ? [] : [`${name} { ${below} }`];
  });
  return parts.join(' ');
}

const nodesOf = (page: GraphQLObjectType): GraphQLObjectType =>
  getNamedType(page.getFields().nodes!.type) as GraphQLObjectType;

/** The id of an object, and a few leaves, which another subgraph may have. */
const keys = (type: GraphQLObjectType): string =>
  [
    ...(isEntity(type) ? ['id'] : []),
    ...fieldsOf(type)
      .filter(({ name, type: of }) => name !== 'id' && isLeafType(getNamedType(of)))
      .map(({ name }) => name)
      .slice(0, 4),
  ].join(' ');

/** An operation for each list of the graph, and for each figure. */
const OPERATIONS = fieldsOf(query).flatMap(({ name, type }) => {
  const named = getNamedType(type);
  // a world has no record
  if (!isObjectType(named) || name === 'node' || named.name === 'AccessLogConnection') return [];
  if (isPage(named)) return [`{ ${name}(first: 12) { totalCount nodes { ${selection(nodesOf(named), 1)} } } }`];
  return [`{ ${name} { ${selection(named, 1)} } }`];
});

/** Coordinates at which one answer has less than another. */
function shortfalls(type: GraphQLObjectType, mine: Value, whole: Value): [coordinate: string, type: string][] {
  return Object.keys(mine).flatMap((name) => {
    const field = type.getFields()[name];
    if (!field) return [];
    const here: [string, string] = [`${type.name}.${name}`, getNamedType(field.type).name.replace(/Connection$/, '')];
    return shortfallsOf(field.type, mine[name], whole[name], here);
  });
}

function shortfallsOf(of: GraphQLOutputType, mine: Value, whole: Value, here: [string, string]): [string, string][] {
  if (whole === null || whole === undefined) return [];
  if (mine === null) return [here];
  const named = getNamedType(of);
  if (Array.isArray(whole)) {
    const short = mine.length < whole.length ? [here] : [];
    const byId = new Map(whole.map((object: Value) => [object?.id, object]));
    const pairs = mine.flatMap((object: Value, place: number): [Value, Value][] => {
      const other =
        object?.id === undefined ? (mine.length === whole.length ? whole[place] : undefined) : byId.get(object.id);
      return object && other ? [[object, other]] : [];
    });
    const nulls = mine.some((object: Value, place: number) => object === null && whole[place] !== null) ? [here] : [];
    return [
      ...short,
      ...nulls,
      ...pairs.flatMap(([a, b]: [Value, Value]) => shortfallsOf(named as GraphQLOutputType, a, b, here)),
    ];
  }
  if (!isObjectType(named)) return [];
  if (isPage(named)) {
    const short = mine.totalCount < whole.totalCount ? [here] : [];
    return [
      ...short,
      ...shortfallsOf(named.getFields().nodes!.type, mine.nodes, whole.nodes, here).filter(([at]) => at !== here[0]),
    ];
  }
  return shortfalls(named, mine, whole);
}

const entriesOf = ({ extensions }: { extensions?: Value }): readonly WithheldEntry[] => extensions?.withheld ?? [];

const modelsOf = ({ subgraph }: OpenSubgraph): ModelClass[] =>
  subgraph.parts.entities.filter((entity) => modelOf(entity).published && subgraph.policies.has(entity));

describe.each(processKinds)('what rights take away, on %s', (kind) => {
  let world: World;
  /** Responses by caller and operation: nothing changes in this world. */
  const responses = new Map<string, Awaited<ReturnType<World['ask']>>>();
  const ask = async (operation: string, caller: string | null) => {
    const key = `${caller} ${operation}`;
    const response = responses.get(key) ?? (await world.ask(operation, {}, caller));
    // one that failed for a busy server is asked for again
    if (!response.errors?.some(({ extensions }) => extensions.retryable === true)) responses.set(key, response);
    return response;
  };
  beforeAll(async () => {
    world = await openWorld(kind);
  });
  afterAll(() => world?.close());

  test.each(SAMPLED_CALLERS)(
    'names the suppressed figures for %s, and leaves others null for lack of a value',
    async (_name, caller) => {
      let suppressed = 0;
      const visit = (type: GraphQLObjectType, object: Value): void => {
        const counted = countedOf(type.name);
        for (const [name, value] of Object.entries(object as Record<string, Value>)) {
          const field = type.getFields()[name]!;
          const named = getNamedType(field.type);
          const isSuppressed = object.suppressed?.includes(name) ?? false;
          if (isSuppressed) expect([type.name, name, value]).toEqual([type.name, name, null]);
          suppressed += Number(isSuppressed);
          const figure = counted?.get(name);
          // counts and shares always have a value
          const isCount = figure && object.suppressed && !figure.isMeasure && named.name !== 'Float';
          if (isCount && value === null && !WITHOUT_PAST.has(name))
            expect([type.name, name, isSuppressed]).toEqual([type.name, name, true]);
          if (isObjectType(named) && value) for (const part of [value].flat()) if (part) visit(named, part);
        }
      };
      for (const operation of OPERATIONS.filter((text) => text.includes('suppressed')))
        visit(query, (await ask(operation, caller)).data);
      if (caller === null || caller.includes('analyst; subject')) expect(suppressed).toBeGreaterThan(0);
      if (caller === INSPECTOR) expect(suppressed).toBe(0);
    },
  );

  test('reads every type of the graph', () => {
    expect(OPERATIONS.length).toBeGreaterThan(50);
  });

  test.each(SAMPLED_CALLERS)('tells %s which rule limits each null and each short list', async (_name, caller) => {
    const missing = new Set<string>();
    let short = 0;
    for (const operation of OPERATIONS) {
      const { data, errors = [], extensions } = await ask(operation, caller);
      // a world has no record of reads
      const failures = errors.filter((error) => error.extensions.code !== 'RECORD_UNAVAILABLE');
      expect([operation, failures.map(({ message }) => message)]).toEqual([operation, []]);
      const coordinates = new Set(entriesOf({ extensions }).map(({ coordinate }) => coordinate));
      if (entriesOf({ extensions }).some(({ kind }) => (kind as string) === 'OMITTED')) continue;
      for (const [coordinate, type] of shortfalls(query, data, (await ask(operation, INSPECTOR)).data)) {
        short += 1;
        if (!coordinates.has(coordinate) && !coordinates.has(type)) missing.add(coordinate);
      }
    }
    expect([...missing]).toEqual([]);
    if (caller !== INSPECTOR) expect(short).toBeGreaterThan(0);
  });

  test.each(SAMPLED_CALLERS)('does not limit %s where the policies grant everything', async (_name, caller) => {
    const principal = caller === null ? null : parsePrincipal(caller);
    const seen = new Map(
      world.open.flatMap((open) => {
        const reader = new Reader(open.subgraph.policies, principal);
        return modelsOf(open)
          .filter((model) => reader.rows(model) === true)
          .map((model) => [modelOf(model).name, modelOf(model).sensitivity]);
      }),
    );
    for (const operation of OPERATIONS)
      for (const { coordinate, kind: of, class: sensitivity = 'PUBLIC' } of entriesOf(await ask(operation, caller))) {
        if (of !== 'ROWS') continue;
        const [type = '', field] = coordinate.split('.');
        const object = schema.getType(type) as GraphQLObjectType;
        const returned = field === undefined ? type : getNamedType(object.getFields()[field]!.type).name;
        // a list of another class than its objects is limited by the field that names their parent
        expect([coordinate, seen.get(returned.replace(/Connection$/, ''))]).not.toEqual([coordinate, sensitivity]);
      }
  });
});

describe('hidden objects', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld('sqlite');
    for (const { database } of world.open) {
      await database.query('PRAGMA foreign_keys = OFF');
      // those that protect timelines from deletion
      const triggers = await database.query<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'trigger'");
      for (const { name } of triggers) await database.query(`DROP TRIGGER ${name}`);
    }
  });
  afterAll(() => world?.close());

  /** The plan of an answer, and its calls without their times. */
  const tracedIn = ({ trace }: { readonly trace?: TraceExtension } = {}) =>
    trace && {
      fetches: trace.plan.fetches,
      calls: trace.timing.calls.map(({ start: _start, end: _end, ...call }) => call),
    };

  test.each(SAMPLED_CALLERS)('do not change the entries and the traces that %s gets', async (_name, caller) => {
    const principal = caller === null ? null : parsePrincipal(caller);
    const headers = await world.identity.headers(caller);
    const ask = async () => {
      const answers: [operation: string, entries: unknown, trace: unknown][] = [];
      for (const query of OPERATIONS) {
        const payload = { query, extensions: { trace: true } };
        const answer = (await world.server.inject({ method: 'POST', url: '/graphql', headers, payload })).json();
        answers.push([query, entriesOf(answer), tracedIn(answer.extensions)]);
      }
      return answers;
    };
    const before = await ask();
    const hidden: { database: OpenSubgraph['database']; model: ModelClass; rows: object[] }[] = [];
    for (const open of world.open)
      for (const model of modelsOf(open)) {
        const { database } = open;
        const { sql, parameters } = open.context(principal).loaders.seen(model);
        const selected = `SELECT ${database.selection(model, 't')} FROM ${database.table(model)} t`;
        const rows = await database.query(`${selected} WHERE NOT COALESCE(${sql}, 0)`, parameters);
        hidden.push({ database, model, rows: rows.map((row) => database.hydrate(model, row)) });
      }
    for (const { database, model, rows } of hidden) {
      const { key } = modelOf(model);
      const statement = `DELETE FROM ${database.table(model)} WHERE ${database.column(model, key)} = ?`;
      for (const row of rows) await database.query(statement, [(row as Record<string, string>)[key]]);
    }
    const after = await ask();
    for (const { database, model, rows } of hidden) if (rows.length > 0) await database.upsert(model, rows);
    expect(after).toEqual(before);
    expect(before.some(([, , trace]) => trace !== undefined)).toBe(caller !== null);
    expect(hidden.reduce((sum, { rows }) => sum + rows.length, 0)).toBeGreaterThan(caller === INSPECTOR ? 0 : 50);
  });
});
