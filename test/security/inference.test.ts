import { getNamedType, isObjectType } from 'graphql';
import { type Principal, parsePrincipal } from '#base/identity/principal';
import { isCovered, type Sensitivity } from '#base/sensitivity';
import { stableId } from '#kit/ids';
import { type ModelClass, modelOf } from '#kit/model/model';
import { countedOf } from '#kit/model/value-object';
import { sensitivityOf } from '#kit/policy/field-class';
import { Reader } from '#kit/policy/policy';
import { repairWords } from '#kit/search/word-index';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { derivationsIn } from '../../gateway/composition/derivations';
import { sensitivitiesOf } from '../../gateway/policy/sensitivity';
import { FederalSystem } from '../../subgraphs/infrastructure/system/federal-system';
import { SystemAuthorization } from '../../subgraphs/infrastructure/system/system-authorization';
import { DeveloperOrganization } from '../../subgraphs/submissions/developer/developer-organization';
import { AIModel } from '../../subgraphs/submissions/model/ai-model';
import { ModelVersion } from '../../subgraphs/submissions/model/model-version';
import { INSPECTOR } from '../support/identity';
import { openWorld, type World } from '../support/world';
import { CALLERS } from './callers';
import { type Fact, Knowledge } from './knowledge';
import { type Expected, everyone, expectations, type Row } from './policy-table';

/**
 * Classes follow the information, not the field. Each caller reads everything it may read; then the test joins this with what the
 * caller may not read: equal instants, texts, and numbers, ids inside other values, references that match exactly the objects of
 * a protected reference, and lists in the order of a protected field. Last, protected values change, and no value that the caller
 * reads may follow.
 */

/** A value that a caller may not read. */
interface Secret {
  readonly type: string;
  readonly key: string;
  readonly property: string;
  readonly value: string | number | boolean;
  readonly sensitivity: Sensitivity;
}

/** Pairs of fields, as `read -> protected`, whose equality reveals nothing; each with the reason. */
const COINCIDENCES: Readonly<Record<string, string>> = {
  'AgencyWorkRole.key -> RequiredWorkRole.staffingId':
    'it is made of the keys of an agency and a work role, which are public',
  'EvaluationRun.endedAt -> Finding.createdAt':
    'the exercise ends the last run of a review when its findings are written',
  'Review.openedAt -> Review.targetAt':
    'a review that is opened later than two days before launch hopes for findings at once',
  'Certificate.announcement -> Application.controlNumber':
    'applicationCount, of class GOV and hidden below five, says as much',
  'Certificate.issuedAt -> Application.referredAt':
    'a certificate refers its applications when it is issued, and applicationCount says how many',
  'ProductMatchRule.product -> InventoryItem.product':
    'a rule names the product as the catalog and inventories of every agency do, and no system that has it',
  'ExecutiveOrder.infrastructureMetrics.directivesComplete.value -> EvaluationRun.ciHigh':
    'two unrelated ratios of small numbers happen to be equal',
};

/** Callers who read a field without reading its sources, and why. */
const MADE_KNOWN: Readonly<Record<string, string>> = {
  'intake: ReviewEvent.occurredAt':
    'intake follows what agencies do with a submission, and when, and not what they find',
};

/** Lists in the order of a protected field because of how the exercise is generated. */
const ORDERED_BY_CHANCE: ReadonlySet<string> = new Set([
  // both are numbered by the alphabetical position of the developer's name
  'DeveloperOrganization.agreementRef',
]);

/** Types with few, known objects: a reference to one of them singles nothing out. */
const REFERENCE_TABLES: ReadonlySet<string> = new Set(['Agency', 'Sector', 'WorkRole', 'AgencyWorkRole']);

/** A value that more objects than this share is a phrase, not a trait. */
const MAX_SHARED = 3;
const ID = /[a-z]{3}_[0-9A-HJKMNP-TV-Z]{26}/g;

const isInstant = (value: string): boolean => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value);

/** Whether two equal values are more than a coincidence. Enum values, days, booleans and small numbers are not. */
function isTrait(value: Secret['value']): boolean {
  if (typeof value === 'boolean') return false;
  if (typeof value === 'number') return !Number.isInteger(value) || Math.abs(value) >= 100_000;
  if (isInstant(value)) return !/T\d\d:00:00\.000Z$/.test(value);
  return value.length >= 8 && !/^[A-Z_]+$/.test(value) && !/^\d{4}-\d\d-\d\d$/.test(value);
}

let world: World;
const tables = new Map<string, Row[]>();
const entities: { readonly subgraph: OpenSubgraph; readonly entity: ModelClass }[] = [];
let expected: Record<string, Expected>;
let ofPublic: Knowledge;
/** The keys of all objects, with their types. References are examined separately. */
const keys = new Map<Secret['value'], string>();

beforeAll(async () => {
  world = await openWorld('sqlite');
  await addDecoys();
  const keyed = new Map<string, Map<string, Row>>();
  for (const subgraph of world.open)
    for (const entity of subgraph.subgraph.parts.entities) {
      const { database } = subgraph;
      const { name, key, published } = modelOf(entity);
      const rows = await database.query(`SELECT ${database.selection(entity, 't')} FROM ${database.table(entity)} t`);
      if ((tables.get(name)?.length ?? 0) >= rows.length) continue;
      tables.set(
        name,
        rows.map((row) => database.hydrate(entity, row)),
      );
      keyed.set(name, new Map(tables.get(name)!.map((row) => [row[key], row])));
      if (!published) continue;
      entities.push({ subgraph, entity });
      for (const row of tables.get(name)!) keys.set(row[key], name);
    }
  expected = expectations({
    rows: (name) => tables.get(name) ?? [],
    byKey: (name, key) => keyed.get(name)?.get(key),
  });
  ofPublic = await Knowledge.of(world, null);
});
afterAll(() => world.close());

/** Models without submissions and authorized systems without findings, so that having some is a trait. */
async function addDecoys(): Promise<void> {
  const copy = async <T extends object>(target: ModelClass<T>, changes: (place: number) => Partial<T>) => {
    const { database } = world.open.find(({ subgraph }) => subgraph.parts.entities.includes(target))!;
    const [row] = world.rows(target);
    const copies = Array.from({ length: DECOYS }, (_, place) => ({ ...row, ...changes(place) }));
    await database.insert(target, copies as Partial<T>[]);
  };
  const [model, version, system, authorization] = ['mdl', 'mdv', 'sys', 'sau'].map(
    (prefix) => (place: number) => stableId(prefix, 'decoy', place),
  );
  const developerKey = 'decoy-0';
  await copy(DeveloperOrganization, (place) => ({ key: `decoy-${place}` }));
  await copy(AIModel, (place) => ({
    ...{ id: model!(place), developerKey, publicName: `Decoy ${place}` },
    releaseStatus: 'GENERAL' as const,
  }));
  await copy(ModelVersion, (place) => ({ id: version!(place), modelId: model!(place), releasedOn: '2026-01-01' }));
  await copy(FederalSystem, (place) => ({ id: system!(place), name: `Decoy system ${place}`, coveredByAiTool: false }));
  await copy(SystemAuthorization, (place) => ({ id: authorization!(place), systemId: system!(place) }));
}

const DECOYS = 5;

/** The class of each property of a model; unpublished properties have the class of the model. */
function classesOf(subgraph: OpenSubgraph, entity: ModelClass): (property: string) => Sensitivity {
  const { name, selectable, sensitivity } = modelOf(entity);
  const type = subgraph.subgraph.schema.getType(name);
  if (!isObjectType(type)) return () => sensitivity;
  const fields = type.getFields();
  const names = new Map([...selectable.values()].map((field) => [field.property, field.name]));
  return (property) => {
    const field = fields[property] ?? fields[names.get(property) ?? ''];
    return (field && sensitivityOf(field)) ?? sensitivity;
  };
}

function* secretsOf(caller: Principal | null): Generator<Secret> {
  for (const { subgraph, entity } of entities) {
    const { name, key } = modelOf(entity);
    const rule = expected[name] ?? { rows: everyone };
    const classOf = classesOf(subgraph, entity);
    for (const row of tables.get(name)!) {
      const isSeen = rule.rows(row, caller);
      for (const [property, value] of Object.entries(row)) {
        if (!['string', 'number', 'boolean'].includes(typeof value)) continue;
        const sensitivity = classOf(property);
        const may = isSeen && (sensitivity === 'PUBLIC' || (rule[sensitivity]?.(row, caller) ?? false));
        if (!may) yield { type: name, key: row[key], property, value: value as Secret['value'], sensitivity };
      }
    }
  }
}

const add = <Key, Value>(index: Map<Key, Value[]>, key: Key, value: Value): void => {
  const values = index.get(key);
  if (values) values.push(value);
  else index.set(key, [value]);
};

/** The classes on the path to a fact, each of which was granted. */
function grantedFor({ type, field }: Fact): Sensitivity[] {
  const [name = '', ...parts] = field.split('.');
  for (const { subgraph } of world.open) {
    const objectType = subgraph.schema.getType(type);
    const first = isObjectType(objectType) ? objectType.getFields()[name] : undefined;
    if (!first) continue;
    const inner = getNamedType(first.type);
    const last = isObjectType(inner) ? inner.getFields()[parts.at(-1) ?? ''] : undefined;
    return [sensitivityOf(first), last && sensitivityOf(last)].flatMap((sensitivity) => sensitivity ?? []);
  }
  return [];
}

/** Whether everyone may read the field of every such object. */
const isPublic = (fact: Fact): boolean =>
  (expected[fact.type]?.rows ?? everyone) === everyone &&
  grantedFor(fact).every((sensitivity) => sensitivity === 'PUBLIC');

/** A value derived from a fact reveals no more than the fact: `secret <- fact`, as subgraphs declare it. */
const MADE_FROM: ReadonlySet<string> = new Set(
  derivationsIn(subgraphs).flatMap(({ coordinate, from }) => from.map((source) => `${coordinate} <- ${source}`)),
);

const isGranted = (fact: Fact, secret: Secret): boolean =>
  MADE_FROM.has(`${secret.type}.${secret.property} <- ${fact.type}.${fact.field}`) ||
  grantedFor(fact).some((sensitivity) => isCovered(secret.sensitivity, sensitivity));

/** Removes the values that more than {@link MAX_SHARED} objects share in one property. */
function withoutPhrases(secrets: Secret[]): void {
  const columns = Map.groupBy(secrets, ({ type, property }) => `${type}.${property}`);
  const rare = secrets.filter(({ type, property }) => columns.get(`${type}.${property}`)!.length <= MAX_SHARED);
  secrets.splice(0, secrets.length, ...rare);
}

/** Findings by pair of fields, with one example of each. */
class Leaks {
  private readonly found = new Map<string, { count: number; example: string }>();

  add(fact: Fact, secret: Secret): void {
    const pair = `${fact.type}.${fact.field} -> ${secret.type}.${secret.property}`;
    if (pair in COINCIDENCES) return;
    const { count, example } = this.found.get(pair) ?? {
      count: 0,
      example: `${fact.key} says ${fact.value}, as ${secret.key}`,
    };
    this.found.set(pair, { count: count + 1, example });
  }

  get all(): string[] {
    return [...this.found].map(([pair, { count, example }]) => `${pair}: ${count} times; ${example}`).sort();
  }
}

describe.each(CALLERS)('%s', (_name, text) => {
  const caller = text === null ? null : parsePrincipal(text);
  let knowledge: Knowledge | undefined;
  let secrets: readonly Secret[];
  beforeAll(async () => {
    knowledge = text === null ? ofPublic : await Knowledge.of(world, text);
    secrets = [...secretsOf(caller)];
  });
  // they take tens of megabytes for each caller
  afterAll(() => {
    knowledge = undefined;
    secrets = [];
  });

  test('reads no value that equals one the caller may not read', () => {
    const byValue = new Map<Secret['value'], Secret[]>();
    for (const secret of secrets)
      if (isTrait(secret.value) && !keys.has(secret.value)) add(byValue, secret.value, secret);
    for (const equal of byValue.values()) withoutPhrases(equal);
    const published = new Set([...ofPublic.facts.values()].flatMap(({ key, value }) => [key, value]));
    const leaks = new Leaks();
    for (const fact of knowledge!.facts.values()) {
      if (published.has(fact.value)) continue;
      for (const secret of byValue.get(fact.value) ?? []) if (!isGranted(fact, secret)) leaks.add(fact, secret);
    }
    expect(leaks.all).toEqual([]);
  });

  test('reads no key of an invisible object, alone or within another value', () => {
    const hidden = new Map<string, Secret>();
    for (const { entity } of entities) {
      const { name, key, sensitivity } = modelOf(entity);
      for (const row of tables.get(name)!)
        if (!(expected[name]?.rows ?? everyone)(row, caller))
          hidden.set(row[key], { type: name, key: row[key], property: key, value: row[key], sensitivity });
    }
    const leaks = new Leaks();
    for (const fact of knowledge!.facts.values())
      for (const [id] of `${fact.key} ${fact.value}`.matchAll(ID)) {
        const secret = hidden.get(id);
        if (secret) leaks.add(fact, secret);
      }
    expect(leaks.all).toEqual([]);
  });

  test('reads no references that match only a protected reference', () => {
    const named = new Map<string, Map<string, Secret>>();
    for (const secret of secrets) {
      const target = keys.get(secret.value);
      if (!target || REFERENCE_TABLES.has(target) || secret.value === secret.key) continue;
      const column = `${secret.type}.${secret.property}`;
      named.set(column, (named.get(column) ?? new Map()).set(String(secret.value), secret));
    }
    const read = new Map<string, Fact[]>();
    for (const fact of knowledge!.facts.values())
      if (fact.refersTo !== undefined && keys.has(fact.value) && !isPublic(fact))
        add(read, `${fact.type}.${fact.field}`, fact);
    const leaks = new Leaks();
    for (const facts of read.values())
      for (const references of named.values()) {
        const [fact] = facts;
        const secret = references.get(String(fact!.value));
        const isSingledOut = secret && facts.every(({ value }) => references.has(String(value)));
        if (facts.length >= LEAST_SET && isSingledOut && !isGranted(fact!, secret)) leaks.add(fact!, secret);
      }
    expect(leaks.all).toEqual([]);
  });

  test('reads no list in the order of a field the caller may not read', () => {
    const columns = new Map<string, Map<string, Secret>>();
    for (const secret of secrets) {
      const column = `${secret.type}.${secret.property}`;
      columns.set(column, (columns.get(column) ?? new Map()).set(secret.key, secret));
    }
    const ordered: string[] = [];
    for (const { type, keys } of knowledge!.lists)
      for (const [column, byKey] of columns) {
        if (!column.startsWith(`${type}.`) || ORDERED_BY_CHANCE.has(column)) continue;
        const values = keys.flatMap((key) => byKey.get(key)?.value ?? []);
        if (new Set(values).size >= LEAST_SET && isOrdered(values)) ordered.push(column);
      }
    expect(ordered).toEqual([]);
  });
});

describe('derived fields, as subgraphs declare them', () => {
  /** Whether a caller reads a field of some object; undefined for parts of objects and figures, whose classes composition compares. */
  function reads(coordinate: string, caller: Principal | null): boolean | undefined {
    const [type, name] = coordinate.split('.') as [string, string];
    for (const { subgraph, entity } of entities) {
      const { schema, policies } = subgraph.subgraph;
      const objectType = modelOf(entity).name === type ? schema.getType(type) : undefined;
      const field = isObjectType(objectType) ? objectType.getFields()[name] : undefined;
      if (!field || !policies.has(entity)) continue;
      const reader = new Reader(policies, caller);
      return reader.rows(entity) !== false && reader.fields(entity, sensitivityOf(field) ?? 'PUBLIC', name) !== false;
    }
    return undefined;
  }

  test.each(CALLERS)('lets %s read no field derived from a protected field it may not read', (name, text) => {
    const caller = text === null ? null : parsePrincipal(text);
    const classes = sensitivitiesOf(subgraphs);
    const isProtected = (coordinate: string) => !['PUBLIC', 'GOV'].includes(classes.get(coordinate)!);
    const derived = derivationsIn(subgraphs).filter(({ coarsened }) => coarsened === undefined);
    expect(derived.length).toBeGreaterThan(30);
    const inferred = derived.flatMap(({ coordinate, from }) =>
      (`${name}: ${coordinate}` in MADE_KNOWN ? [] : from)
        .filter(
          (source) => isProtected(source) && reads(coordinate, caller) === true && reads(source, caller) === false,
        )
        .map((source) => `${coordinate} -> ${source}`),
    );
    expect(inferred).toEqual([]);
  });
});

describe('figures of fiscal years', () => {
  const YEARS = [2023, 2024, 2025, 2026, 2027];
  const METRICS = {
    submissionMetrics: ['filed', 'launched', 'withdrawn', 'plansMovedLater', 'plansMovedEarlier'],
    reviewMetrics: [
      'closedBeforeLaunch',
      'closedAfterLaunch',
      'findings',
      'findingsShared',
      'findingsSharedBeforeLaunch',
    ],
    infrastructureMetrics: ['casesPatched'],
  };
  type Figures = Record<string, number | null>;

  /**
   * Three patched cases of the year with the most cases were opened in another: without its protection, the difference is three.
   */
  let moved: { id: string; openedAt: string }[] = [];
  const open = (id: string, openedAt: string) =>
    world
      .subgraph('infrastructure')
      .database.query('UPDATE clearinghouse_case SET opened_at = ? WHERE id = ?', [openedAt, id]);
  beforeAll(async () => {
    moved = await world
      .subgraph('infrastructure')
      .database.query(
        'SELECT id, opened_at AS openedAt FROM clearinghouse_case WHERE patched_at IS NOT NULL ORDER BY opened_at DESC LIMIT 3',
      );
    for (const { id } of moved) await open(id, '2024-06-03T14:00:00.000Z');
    const [all, years] = await ofYears('infrastructureMetrics', INSPECTOR);
    expect([years.map(({ casesPatched }) => casesPatched), all.casesPatched]).toEqual([[0, 3, 7, 5, 0], 15]);
  });
  afterAll(async () => {
    for (const { id, openedAt } of moved) await open(id, openedAt);
  });

  const ofYears = async (metrics: keyof typeof METRICS, text: string | null): Promise<[Figures, Figures[]]> => {
    const fields = METRICS[metrics].join(' ');
    const years = YEARS.map((year) => `y${year}: ${metrics}(fiscalYear: ${year}) { ${fields} }`);
    const { data } = await world.ask(
      `{ executiveOrder(number: "14409") { all: ${metrics} { ${fields} } ${years.join(' ')} } }`,
      {},
      text,
    );
    const { all, ...rest } = data.executiveOrder as Record<string, Figures>;
    return [all!, Object.values(rest)];
  };

  test.each(CALLERS.filter(([, text]) => text !== null && !/developer|operator|publisher/.test(text)))(
    'lets %s derive no count below five by subtracting years from totals',
    async (_name, text) => {
      for (const metrics of Object.keys(METRICS) as (keyof typeof METRICS)[]) {
        const [all, years] = await ofYears(metrics, text);
        const [, whole] = await ofYears(metrics, INSPECTOR);
        for (const name of METRICS[metrics]) {
          const hidden = years.flatMap((year, place) => (year[name] === null ? [whole[place]![name]!] : []));
          const isKnownTogether = all[name] !== null && hidden.some((count) => count > 0);
          const remaining = isKnownTogether
            ? all[name]! - years.reduce((sum, year) => sum + (year[name] ?? 0), 0)
            : undefined;
          expect([name, remaining !== undefined && (hidden.length === 1 || remaining < 5)]).toEqual([name, false]);
        }
      }
    },
  );
});

describe('responses when protected values change', () => {
  /** Figures over protected values: they change with them, and hide counts below five. */
  const isFigure = (fact: Fact): boolean => {
    const [name = ''] = fact.field.split('.');
    if (countedOf(fact.type)?.has(name) || FIGURES.has(`${fact.type}.${name}`)) return true;
    return (
      fact.type === 'Query' && (FIGURES.has(`Query.${name}`) || (!fact.refersTo && !fact.field.endsWith('totalCount')))
    );
  };

  /** Changes each stored value of the classes that a caller may read of no object: other instants, numbers, texts. */
  async function disturb(caller: Principal | null): Promise<number> {
    let changed = 0;
    for (const { subgraph, entity } of entities) {
      const { database } = subgraph;
      const { name, key } = modelOf(entity);
      const reader = new Reader(subgraph.subgraph.policies, caller);
      const classOf = classesOf(subgraph, entity);
      const [row] = tables.get(name)!;
      for (const property of Object.keys(row ?? {})) {
        const sensitivity = classOf(property);
        const isHidden = reader.rows(entity) === false || reader.fields(entity, sensitivity) === false;
        const value = tables.get(name)!.find((candidate) => candidate[property] != null)?.[property];
        const isReference = property === key || keys.has(value) || /(Key|Id|Code)$/.test(property);
        const column = value === undefined || isReference ? '' : database.column(entity, property);
        const replacement = column === '' ? undefined : otherThan(value, column);
        if (!isHidden || replacement === undefined) continue;
        // the words follow below
        await database.source
          .query(`UPDATE ${database.table(entity)} SET ${column} = ${replacement} WHERE ${column} IS NOT NULL`)
          .then(
            () => {
              changed += 1;
            },
            // timelines are sealed, and some values are unique
            () => {},
          );
      }
      await repairWords(database, [entity]);
    }
    return changed;
  }

  /**
   * SQL of another value of the same kind: a text with one more digit, or a number of any size; undefined for enum values and
   * non-scalar values.
   */
  function otherThan(value: unknown, column: string): string | undefined {
    if (typeof value === 'boolean') return `1 - ${column}`;
    if (typeof value === 'number') return `${column} + 1`;
    if (typeof value !== 'string' || /^[A-Z_]+$/.test(value)) return undefined;
    return /^\d{4}-/.test(value) ? `'2031' || SUBSTR(${column}, 5)` : `${column} || '1'`;
  }

  test.each(CALLERS.filter(([name]) => ['the public', 'hiring manager of treasury', 'analyst'].includes(name)))(
    'returns the same to %s whatever the protected values are, except figures',
    async (_name, text) => {
      const read = async () => {
        const { facts } = await Knowledge.of(world, text);
        return new Set([...facts].filter(([, fact]) => !isFigure(fact)).map(([id]) => id));
      };
      const before = await read();
      expect(before.size).toBeGreaterThan(1_000);
      expect(await disturb(text === null ? null : parsePrincipal(text))).toBeGreaterThan(20);
      const after = await read();
      const different = [...before].filter((id) => !after.has(id)).concat([...after].filter((id) => !before.has(id)));
      expect(different.slice(0, 20)).toEqual([]);
    },
  );
});

/** Figures of objects that count protected values and hide small counts in their own code. */
const FIGURES: ReadonlySet<string> = new Set([
  ...['submissionMetrics', 'reviewMetrics', 'workforceMetrics', 'infrastructureMetrics'].map(
    (name) => `ExecutiveOrder.${name}`,
  ),
  ...['Agency.medianDaysToRemediate', 'Query.timeToHire', 'Query.findingStatistics', 'Query.overdueByToolCoverage'],
]);

/** Fewer objects form a subset, or an order, by chance. */
const LEAST_SET = 5;

function isOrdered(values: readonly Secret['value'][]): boolean {
  const rises = values.slice(1).filter((value, place) => value > values[place]!).length;
  const falls = values.slice(1).filter((value, place) => value < values[place]!).length;
  return rises === 0 || falls === 0;
}
