import { join } from 'node:path';
import {
  buildSchema,
  type GraphQLInputObjectType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
} from 'graphql';
import { packageRoot } from '#base/package-root';
import { readText } from '#base/read-text';
import type { ModelClass } from '#kit/model/model';
import { DefenseAccess } from '../../subgraphs/infrastructure/access/defense-access';
import { DefensiveTool } from '../../subgraphs/infrastructure/tool/defensive-tool';
import { Vendor } from '../../subgraphs/infrastructure/vendor/vendor';
import { Vulnerability } from '../../subgraphs/infrastructure/vulnerability/vulnerability';
import { BenchmarkResult } from '../../subgraphs/reviews/evaluation/benchmark-result';
import { EvaluationDefinition } from '../../subgraphs/reviews/evaluation/evaluation-definition';
import { EvaluationItem } from '../../subgraphs/reviews/evaluation/evaluation-item';
import { Finding, FindingVulnerability } from '../../subgraphs/reviews/finding/finding';
import { AIModel } from '../../subgraphs/submissions/model/ai-model';
import { ModelVersion } from '../../subgraphs/submissions/model/model-version';
import { SharedFinding } from '../../subgraphs/submissions/submission/shared-finding';
import { processKinds } from '../support/databases';
import { randomIntegers } from '../support/random';
import { SEED } from '../support/seed';
import { FIXTURES, openWorld, type World } from '../support/world';
import { SAMPLED_CALLERS } from './callers';

/**
 * Filters across subgraphs show a caller exactly what two plain requests show: the caller's own list of the referenced objects, and a list
 * by their keys. For every reference that can be matched, and callers of every role.
 */

const schema: GraphQLSchema = buildSchema(readText(join(packageRoot, 'schema.graphql'), 'The schema'));

const inputNamed = (name: string) => schema.getType(name) as GraphQLInputObjectType;

/** A reference that can be matched, and a list whose objects have it. */
interface Reference {
  readonly name: string;
  /** Root list, or a root list and a list of its objects; and the name of the key in its objects. */
  readonly list: string;
  readonly within?: string;
  readonly key: string;
  readonly operator: 'in' | 'any';
  /** Root list of the referenced objects, its key, and its filter. */
  readonly foreign: string;
  readonly foreignKey: string;
  readonly filter: GraphQLInputObjectType;
  /** A filter of the root list with a condition on the reference. */
  readonly where: (condition: object) => object;
}

const queryFields = Object.values(schema.getQueryType()!.getFields());

/** Root lists by their filter. */
const lists = new Map(
  queryFields.flatMap(({ name, type, args }) => {
    const filter = args.find((arg) => arg.name === 'filter');
    return getNamedType(type).name.endsWith('Connection') && filter
      ? [
          [
            getNamedType(filter.type).name,
            { list: name, type: getNamedType(type).name.replace(/Connection$/, '') },
          ] as const,
        ]
      : [];
  }),
);

/** The key of a type: the first field of kind ID that its filter has. */
function keyOf(type: string): string {
  const filter = inputNamed(`${type}Filter`).getFields();
  return Object.values(filter).find((field) => getNamedType(field.type).name === 'IdFilter')!.name;
}

/** A list of the objects of a root list, for objects that no root list and no filter on one reaches. */
function nestedList(filter: GraphQLInputObjectType): { list: string; within: string } {
  for (const { list, type } of lists.values())
    for (const field of Object.values((schema.getType(type) as GraphQLObjectType | undefined)?.getFields() ?? {}))
      if (field.args.some((arg) => arg.type === filter)) return { list, within: field.name };
  throw new Error(`No list has the filter ${filter.name}`);
}

function references(): Reference[] {
  return Object.values(schema.getTypeMap()).flatMap((type) => {
    if (!isInputObjectType(type)) return [];
    return Object.values(type.getFields()).flatMap((field): Reference[] => {
      const condition = getNamedType(field.type);
      const matches = isInputObjectType(condition) ? condition.getFields().matches : undefined;
      if (!matches || !isInputObjectType(condition)) return [];
      const filter = getNamedType(matches.type) as GraphQLInputObjectType;
      const foreign = lists.get(filter.name)!;
      const direct = lists.get(type.name);
      const above = [...lists].flatMap(([name, root]) =>
        Object.values(inputNamed(name).getFields()).flatMap((child) =>
          child.name !== 'not' && (getNamedType(child.type) as GraphQLInputObjectType).getFields?.().some?.type === type
            ? [{ root, child: child.name }]
            : [],
        ),
      )[0];
      const root = direct ?? above?.root;
      const nested = root ? undefined : nestedList(type);
      return [
        {
          name: `${type.name.replace(/Filter$/, '')}.${field.name}`,
          list: root?.list ?? nested!.list,
          within: nested?.within,
          key: keyOf(root?.type ?? type.name.replace(/Filter$/, '')),
          operator: condition.getFields().in ? 'in' : 'any',
          foreign: foreign.list,
          foreignKey: keyOf(foreign.type),
          filter,
          where: (value) =>
            direct || nested ? { [field.name]: value } : { [above!.child]: { some: { [field.name]: value } } },
        },
      ];
    });
  });
}

const REFERENCES = references();

type Random = (below: number) => number;

/** A random filter; conditions on what other subgraphs have are not nested here. */
function filterFor(type: GraphQLInputObjectType, random: Random, depth = 0): Record<string, unknown> {
  const fields = Object.values(type.getFields());
  const pick = () => fields[random(fields.length)]!;
  for (let tries = 0; tries < 50; tries += 1) {
    const { name, type: fieldType } = pick();
    const named = getNamedType(fieldType);
    if (name === 'search' || !isInputObjectType(named)) continue;
    if (named === type) {
      if (depth > 1) continue;
      const inner = () => filterFor(type, random, depth + 1);
      return { [name]: isListType(fieldType) ? [inner(), inner()] : inner() };
    }
    const condition = conditionFor(named, random);
    if (condition) return { [name]: condition };
  }
  return {};
}

function conditionFor(type: GraphQLInputObjectType, random: Random): object | undefined {
  const fields = type.getFields();
  const equal = fields.eq && getNamedType(fields.eq.type);
  if (isEnumType(equal)) {
    const values = equal.getValues();
    return { in: [values[random(values.length)]!.name, values[random(values.length)]!.name] };
  }
  if (equal?.name === 'Boolean') return { eq: random(2) === 0 };
  if (type.name === 'StringFilter') return random(4) ? { contains: 'aeinost'[random(7)] } : { isNull: random(2) === 0 };
  if (type.name === 'IntFilter') return { gte: random(5) };
  if (type.name === 'DateFilter') return { gte: '2026-09-01' };
  if (type.name === 'DateTimeFilter') return { lt: '2026-11-01T00:00:00.000Z' };
  if (fields.isNull) return { isNull: random(2) === 0 };
  return undefined;
}

/** Adds references that the exercise lacks. */
async function link(world: World): Promise<void> {
  const database = (subgraph: string) => world.subgraph(subgraph).database;
  const some = async (subgraph: string, target: ModelClass): Promise<Record<string, string>> => {
    const [row] = await database(subgraph).query(`SELECT * FROM ${database(subgraph).table(target)} LIMIT 1`);
    return row as Record<string, string>;
  };
  const [{ cve_id: cveId }, finding, version, model] = await Promise.all([
    some('infrastructure', Vulnerability),
    some('reviews', Finding),
    some('submissions', ModelVersion),
    some('submissions', AIModel),
  ]);
  const reviews = database('reviews');
  await reviews.insert(BenchmarkResult, [
    { id: 'pub_1', benchmark: 'A', versionId: version.id, versionLabel: 'a', remarks: [] },
    { id: 'pub_2', benchmark: 'B', versionId: null, versionLabel: 'b', remarks: [] },
  ]);
  await reviews.insert(EvaluationDefinition, [
    { id: 'with-vulnerability', title: 'Of a test', tasks: [], tags: [], sandboxed: false, cybersecurity: true },
    { id: 'without', title: 'Another', tasks: [], tags: [], sandboxed: false, cybersecurity: false },
  ]);
  await reviews.insert(EvaluationItem, [
    { id: 'item-1', evaluationId: 'with-vulnerability', name: 'Exploit', cveId },
    { id: 'item-2', evaluationId: 'without', name: 'Challenge', cveId: null },
  ]);
  await reviews.insert(FindingVulnerability, [{ ownerKey: finding.id, targetKey: cveId }]);
  await database('submissions').insert(SharedFinding, [
    {
      id: 'shf_1',
      submissionId: finding.submission_id,
      findingId: finding.id,
      agencyKey: 'nsa',
      title: 'Title',
      detail: 'Detail',
      severity: 'HIGH',
      sharedAt: '2026-11-01T00:00:00.000Z',
      exercise: true,
    },
  ]);
  const infrastructure = database('infrastructure');
  const [tool, vendor] = [await some('infrastructure', DefensiveTool), await some('infrastructure', Vendor)];
  await infrastructure.query('UPDATE defensive_tool SET model_id = ? WHERE id = ?', [model.id, tool.id]);
  const access = await some('infrastructure', DefenseAccess);
  await infrastructure.query('UPDATE defense_access SET model_id = ?, tool_id = NULL WHERE id = ?', [
    model.id,
    access.id,
  ]);
  await infrastructure.query('UPDATE vendor SET developer_key = ? WHERE `key` = ?', ['exercise-alder', vendor.key]);
}

describe.each(processKinds)(`filters across subgraphs, on %s, from seed ${SEED}`, (kind) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(kind, 1, [['kev', join(FIXTURES, 'known_exploited_vulnerabilities.json')]]);
    await link(world);
  });
  afterAll(() => world.close());

  interface Listed {
    readonly keys?: readonly string[];
    readonly code?: unknown;
  }

  /** Keys of a whole list in its order, or the code of its error. */
  async function all(
    { list, within }: Pick<Reference, 'list' | 'within'>,
    key: string,
    filter: object,
    caller: string | null,
  ): Promise<Listed> {
    if (within) return allWithin(list, within, key, filter, caller);
    const keys: string[] = [];
    const type = getNamedType(
      schema
        .getQueryType()!
        .getFields()
        [list]!.args.find(({ name }) => name === 'filter')!.type,
    );
    const text = `query($filter: ${type.name}, $after: String) {
      list: ${list}(filter: $filter, first: 100, after: $after) { nodes { ${key} } pageInfo { hasNextPage endCursor } } }`;
    for (let after: string | undefined; ; ) {
      const { data, errors } = await world.ask(text, { filter, after }, caller);
      if (!data?.list) return { code: errors?.[0]?.extensions.code };
      keys.push(...data.list.nodes.map((node: Record<string, string>) => node[key]!));
      if (!data.list.pageInfo.hasNextPage) return { keys };
      after = data.list.pageInfo.endCursor;
    }
  }

  /** Same, for the lists of all objects of a root list, one page of each. */
  async function allWithin(list: string, within: string, key: string, filter: object, caller: string | null) {
    const type = (schema.getType('Submission') as GraphQLObjectType).getFields()[within]!;
    const text = `query($filter: ${getNamedType(type.args.find(({ name }) => name === 'filter')!.type).name}) {
      list: ${list}(first: 100) { nodes { inner: ${within}(filter: $filter, first: 100) { nodes { ${key} } } } } }`;
    const { data, errors } = await world.ask(text, { filter }, caller);
    if (errors) return { code: errors[0]!.extensions.code };
    type Inner = { inner: { nodes: Record<string, string>[] } | null };
    return { keys: data.list.nodes.flatMap(({ inner }: Inner) => inner?.nodes.map((node) => node[key]!) ?? []) };
  }

  test('covers every reference whose entity another subgraph lists', () => {
    expect(REFERENCES.map(({ name }) => name).sort()).toEqual([
      'Advice.submission',
      'BenchmarkResult.version',
      'CapabilityDimension.workRoles',
      'ClearinghouseCase.finding',
      'Consultation.submission',
      'DefenseAccess.model',
      'DefensiveTool.basedOnModel',
      'Designation.submission',
      'Designation.version',
      'Determination.sectors',
      'Determination.submission',
      'EvaluationItem.vulnerability',
      'EvaluationRun.version',
      'Finding.clearinghouseCase',
      'Finding.relatedVulnerabilities',
      'Finding.sectors',
      'Finding.submission',
      'RequiredWorkRole.workRole',
      'Review.submission',
      'ReviewEvent.submission',
      'Reviewer.workRole',
      'RiskAssessment.sectors',
      'RiskAssessment.submission',
      'SharedFinding.finding',
      'Submission.sectorsOfConcern',
      'TrustedPartner.sectors',
      'Vendor.developer',
    ]);
  });

  /** References that matched objects for some caller. */
  const matchedSome = new Set<string>();

  describe.each(SAMPLED_CALLERS)('%s', (_name, caller) => {
    test.each(REFERENCES.map((reference) => [reference.name, reference] as const))(
      'finds by %s what two plain requests find, and nothing else',
      async (name, { list, within, key, operator, foreign, foreignKey, filter, where }) => {
        const next = randomIntegers(SEED + REFERENCES.findIndex((reference) => reference.name === name));
        const random: Random = (below) => next() % below;
        const at = { list, within };
        for (const matches of [{}, filterFor(filter, random), filterFor(filter, random)]) {
          const referenced = await all({ list: foreign }, foreignKey, matches, caller);
          const joined = await all(at, key, where({ matches }), caller);
          const excluded = await all(at, key, { not: where({ matches }) }, caller);
          if (!referenced.keys) {
            expect({ matches, code: joined.code }).toEqual({ matches, code: referenced.code });
            expect(excluded).toEqual(joined);
            continue;
          }
          const plain = where({ [operator]: referenced.keys });
          expect({ matches, ...joined }).toEqual({ matches, ...(await all(at, key, plain, caller)) });
          expect({ matches, ...excluded }).toEqual({ matches, ...(await all(at, key, { not: plain }, caller)) });
          if (joined.keys?.length && excluded.keys) matchedSome.add(name);
        }
      },
    );
  });

  test('found objects by nearly every reference, so that these tests can fail', () => {
    const never = REFERENCES.map(({ name }) => name).filter((name) => !matchedSome.has(name));
    expect(never).toEqual([]);
  });
});
