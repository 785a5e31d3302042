import {
  type GraphQLInputType,
  type GraphQLObjectType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql';
import { civilDate, startOfDay } from '#base/civil';
import { type Principal, parsePrincipal } from '#base/identity/principal';
import { roleNames } from '#base/identity/roles';
import { isCovered } from '#base/sensitivity';
import { CaseStatus } from '#domain/contracts/case-status';
import { modelOf } from '#kit/model/model';
import { countedOf } from '#kit/model/value-object';
import { sensitivityOf } from '#kit/policy/field-class';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import { databaseKinds } from '../support/databases';
import { INSPECTOR } from '../support/identity';
import { AS_OF, openWorld, type World } from '../support/world';
import { CALLERS } from './callers';
import { ACTORS, type Expected, everyone, expectations, government, type Row } from './policy-table';

test('covers every role with a caller', () => {
  const used = new Set(CALLERS.flatMap(([, text]) => (text ? parsePrincipal(text).roles : [])));
  expect([...used].sort()).toEqual([...roleNames()].sort());
});

const AGENCIES = ['nsa', 'doe', 'cisa', 'treasury', 'hhs', 'ssa'];

/** The start of the world's day in Washington. */
const TODAY = startOfDay(civilDate(AS_OF));

const KINDS = ['GOV', 'GOV_DELIB', 'PROPIN', 'PII', 'ISVI'] as const;

/** Questions about figures that only the government reads, and the path of each figure in the response. */
const FIGURES: readonly [query: string, path: string[]][] = [
  ['{ executiveOrder(number: "14409") { submissionMetrics { __typename } } }', ['executiveOrder', 'submissionMetrics']],
  ['{ executiveOrder(number: "14409") { reviewMetrics { openReviews } } }', ['executiveOrder', 'reviewMetrics']],
  ['{ executiveOrder(number: "14409") { workforceMetrics { goal } } }', ['executiveOrder', 'workforceMetrics', 'goal']],
  [
    '{ executiveOrder(number: "14409") { infrastructureMetrics { overdueExposures } } }',
    ['executiveOrder', 'infrastructureMetrics'],
  ],
  ['{ aiToolAdoption { __typename } }', ['aiToolAdoption']],
  ['{ overdueByToolCoverage { __typename } }', ['overdueByToolCoverage']],
  ['{ findingStatistics { __typename } }', ['findingStatistics']],
  ['{ busyReviewers(moreThan: 0) { id } }', ['busyReviewers']],
];

/** Figures that everyone reads and that count rows only the government sees. */
const OPEN = [
  `{ executiveOrder(number: "14409") { workforceMetrics {
    asOf fiscalYear enteredOnDuty vacancies medianTimeToHireDays p90TimeToHireDays timeToHireGoalDays
    withinGoal { numerator denominator } byTalentArea { talentArea vacancies fillRate { numerator denominator value } }
  } } }`,
  ...[2025, 2026, 2027].map(
    (year) =>
      `{ timeToHire(fiscalYear: ${year}) { agency { key } authority hires medianDays p90Days withinGoal { numerator value } } }`,
  ),
];

/** Figures that count rows analysts do not see. */
const COUNTING = [
  `{ executiveOrder(number: "14409") { submissionMetrics {
    filed inWindow launched withdrawn withdrawnByPhase { phase count rate { numerator } } medianLeadDays
    filedInsideWindow { numerator denominator } planChanges { numerator } plansMovedLater plansMovedEarlier
    launchRecordedWithinSevenDays { numerator } filedByQuarter { quarter count } filedByReference { reference count }
  } } }`,
  `{ executiveOrder(number: "14409") { reviewMetrics {
    determinationCoverage { numerator } findings findingsShared findingsSharedBeforeLaunch medianResponseDays
  } } }`,
  `{ executiveOrder(number: "14409") { infrastructureMetrics {
    overdueExposures meanDaysOverdue remediatedOnTime { numerator } casesPatched medianOpenToPatchDays
  } } }`,
  '{ findingStatistics { month severity findings answered medianResponseDays } }',
  '{ overdueByToolCoverage { coveredByAiTool systems overdue overduePerSystem } }',
  '{ sectors(first: 50) { nodes { key findingCount } } }',
  '{ announcements(first: 50) { nodes { controlNumber applicationCount } } }',
  '{ agencies { key medianDaysToRemediate } }',
];

/** Of these, the ones the workforce program does not use; the last is about systems. */
const OF_OTHERS = [
  ...COUNTING.filter((query) => /submissionMetrics|reviewMetrics|findingStatistics|findingCount/.test(query)),
  COUNTING.at(-1)!,
];

describe.each(databaseKinds)('access to rows and fields, on %s', (kind) => {
  let world: World;
  const tables = new Map<string, Row[]>();
  const keyed = new Map<string, Map<string, Row>>();
  let expected: Record<string, Expected>;
  beforeAll(async () => {
    world = await openWorld(kind);
    for (const { database, subgraph } of world.open)
      for (const entity of subgraph.parts.entities) {
        const { name, key } = modelOf(entity);
        // the owner of a link table is the owner of its key
        const rows = (
          await database.query(`SELECT ${database.selection(entity, 't')} FROM ${database.table(entity)} t`)
        ).map((row) => database.hydrate(entity, row));
        if ((tables.get(name)?.length ?? 0) < rows.length) tables.set(name, rows);
        keyed.set(name, new Map((tables.get(name) ?? []).map((row) => [row[key], row])));
      }
    expected = expectations({
      rows: (name) => tables.get(name) ?? [],
      byKey: (name, key) => keyed.get(name)?.get(key),
    });
  });
  afterAll(() => world.close());

  const entitiesOf = (subgraph: OpenSubgraph) =>
    subgraph.subgraph.parts.entities.filter((entity) => modelOf(entity).published);
  const execute = async (subgraph: OpenSubgraph, caller: string | null, query: string, variables = {}) =>
    subgraph.execute({ query, variables, headers: await world.identity.signed(subgraph.name, caller) });
  const isEntity = (subgraph: OpenSubgraph, name: string) =>
    (subgraph.subgraph.schema.getType('_Entity') as unknown as { getTypes(): { name: string }[] })
      .getTypes()
      .some((type) => type.name === name);
  const principalOf = (text: string | null): Principal | null => (text === null ? null : parsePrincipal(text));
  const ruleOf = (name: string): Expected => expected[name] ?? { rows: everyone };

  test('has a row in the table for every model with protected fields', () => {
    for (const subgraph of world.open)
      for (const entity of entitiesOf(subgraph)) {
        const { name } = modelOf(entity);
        const type = subgraph.subgraph.schema.getType(name) as GraphQLObjectType;
        const classes = new Set(Object.values(type.getFields()).map(sensitivityOf));
        classes.delete('PUBLIC');
        classes.delete(undefined);
        if (classes.size > 0) expect(Object.keys(expected)).toContain(name);
      }
  });

  test('has a row in the table for the actors of every subgraph with mutations', () => {
    const parts = world.open.map(({ subgraph }) => subgraph.parts).filter(({ mutations }) => mutations?.length);
    expect(ACTORS).toEqual(Object.fromEntries(parts.map(({ name, actors }) => [name, actors])));
  });

  test('has a sensitivity class for every field of every model', () => {
    for (const subgraph of world.open)
      for (const entity of entitiesOf(subgraph)) {
        const type = subgraph.subgraph.schema.getType(modelOf(entity).name) as GraphQLObjectType;
        for (const field of Object.values(type.getFields()))
          expect([type.name, field.name, sensitivityOf(field)]).toEqual([type.name, field.name, expect.any(String)]);
      }
  });

  // F1, F4
  test.each(CALLERS)(
    'shows %s exactly the rows of the table, by key and in lists and counts',
    async (_name, caller) => {
      const principal = principalOf(caller);
      for (const subgraph of world.open) {
        const query = subgraph.subgraph.schema.getQueryType()!.getFields();
        for (const entity of entitiesOf(subgraph)) {
          const { name, key, keyField } = modelOf(entity);
          const rows = tables.get(name) ?? [];
          const visible = rows.filter((row) => ruleOf(name).rows(row, principal)).map((row) => row[key] as string);
          if (isEntity(subgraph, name)) {
            const { data, errors } = await execute(
              subgraph,
              caller,
              `query ($r: [_Any!]!) { _entities(representations: $r) { ... on ${name} { ${key}: ${keyField} } } }`,
              { r: rows.map((row) => ({ __typename: name, [keyField]: row[key] })) },
            );
            expect(errors).toBeUndefined();
            const keys = (data!._entities as Row[]).filter((object) => object !== null).map((object) => object[key]);
            expect([name, keys.sort()]).toEqual([name, visible.toSorted()]);
          }
          const list = Object.values(query).find((field) => getNamedType(field.type).name === `${name}Connection`);
          if (!list) continue;
          const { data, errors } = await execute(
            subgraph,
            caller,
            `{ ${list.name}(first: 500) { totalCount nodes { ${key}: ${keyField} } } }`,
          );
          expect(errors).toBeUndefined();
          const { totalCount, nodes } = data![list.name] as Row;
          expect([name, totalCount]).toEqual([name, visible.length]);
          const set = new Set(visible);
          expect((nodes as Row[]).every((node) => set.has(node[key]))).toBe(true);
          expect(nodes.length).toBe(Math.min(500, visible.length));
          // an invisible row is treated like a missing one
          const hidden = rows.find((row) => !ruleOf(name).rows(row, principal));
          const candidate = Object.values(query).find(
            (field) =>
              getNamedType(field.type).name === name && field.args.length === 1 && field.args[0]!.name === keyField,
          );
          if (!hidden || !candidate) continue;
          const ask = (value: string) =>
            execute(subgraph, caller, `{ ${candidate.name}(${keyField}: "${value}") { ${keyField} } }`);
          expect(await ask(hidden[key])).toEqual(await ask('nothing-of-this-name'));
        }
      }
    },
  );

  // F1
  test.each(CALLERS)('shows %s the same rows through other objects', async (_name, caller) => {
    const principal = principalOf(caller);
    let led = 0;
    for (const subgraph of world.open) {
      const models = new Map(entitiesOf(subgraph).map((entity) => [modelOf(entity).name, modelOf(entity)]));
      for (const parent of [...entitiesOf(subgraph), ...subgraph.subgraph.parts.stubs]) {
        const { name, key, keyField } = modelOf(parent);
        if (!isEntity(subgraph, name)) continue;
        const type = subgraph.subgraph.schema.getType(name) as GraphQLObjectType;
        const fields = Object.values(type.getFields()).flatMap((field) => {
          const to = models.get(getNamedType(field.type).name.replace(/Connection$/, ''));
          if (!to || field.args.some(({ type: of }) => isNonNullType(of))) return [];
          const isList = getNamedType(field.type).name.endsWith('Connection');
          const ofClass = sensitivityOf(field)!;
          const { stored, selectable, sensitivity } = modelOf(parent);
          // a class that the object as a whole doesn't have; lists of children inherit theirs
          const isOwnClass =
            stored && selectable.get(field.name)?.comparison.kind !== 'list' && !isCovered(ofClass, sensitivity);
          return [{ field: field.name, to, isList, rule: isOwnClass ? ruleOf(name)[ofClass as 'PII'] : undefined }];
        });
        if (fields.length === 0) continue;
        const select = fields.map(({ field, to, isList }) =>
          isList
            ? `${field}(first: 50) { totalCount nodes { ${to.key}: ${to.keyField} } }`
            : `${field} { ${to.key}: ${to.keyField} }`,
        );
        const keys = (tables.get(name) ?? []).map((row) => row[key]);
        if (name === 'Agency') keys.push(...AGENCIES);
        const { data } = await execute(
          subgraph,
          caller,
          `query ($r: [_Any!]!) { _entities(representations: $r) { ... on ${name} { ${key}: ${keyField} ${select.join(' ')} } } }`,
          { r: keys.slice(0, 20).map((value) => ({ __typename: name, [keyField]: value })) },
        );
        for (const object of (data?._entities as (Row | null)[]) ?? [])
          for (const { field, to, isList, rule } of fields) {
            const value = object?.[field];
            if (value === undefined || value === null) continue;
            // whoever sees both objects doesn't learn that they belong together
            if (rule) expect([`${name}.${field}`, rule(keyed.get(name)!.get(object![key]), principal)]).toContain(true);
            const rows = [isList ? value.nodes : value].flat().filter((row: Row) => row !== null);
            const hidden = rows.filter(
              (row: Row) => !ruleOf(to.name).rows(keyed.get(to.name)!.get(row[to.key]), principal),
            );
            expect([`${name}.${field}`, hidden]).toEqual([`${name}.${field}`, []]);
            if (isList && value.totalCount < 50) expect(value.totalCount).toBe(rows.length);
            led += rows.length;
          }
      }
    }
    expect(led).toBeGreaterThan(0);
  });

  test('P8: shows a case that is not published or closed to its opener, the coordinator, and oversight only', async () => {
    const isOpen = ({ status }: Row) => status !== 'PUBLISHED' && status !== 'CLOSED';
    const cases = tables.get('ClearinghouseCase')!;
    const open = cases.filter(isOpen);
    expect([open.length > 0, open.length < cases.length]).toEqual([true, true]);
    let byOpener = 0;
    for (const [name, caller] of CALLERS) {
      const principal = principalOf(caller);
      const { data } = await world.ask('{ clearinghouseCases(first: 500) { nodes { id status } } }', {}, caller);
      const nodes = data.clearinghouseCases.nodes as Row[];
      const has = (...roles: string[]) => principal?.roles.some((role) => roles.includes(role)) ?? false;
      const opened = open.filter(
        ({ openedByKey }) => openedByKey === principal?.agency && has('agency-reviewer', 'infrastructure-officer'),
      );
      const visible = has('coordinator', 'inspector') ? open : opened;
      byOpener += opened.length;
      const ids = (rows: readonly Row[]) => rows.map(({ id }) => id).sort();
      expect([name, ids(nodes.filter(isOpen))]).toEqual([name, ids(visible)]);
      // published cases remain within the government
      if (!government(null, principal)) expect([name, nodes]).toEqual([name, []]);
    }
    expect(byOpener).toBeGreaterThan(0);
  });

  test('P8: hides a case that is not published or closed from analysts in every state', async () => {
    const { database } = world.subgraph('infrastructure');
    const { id, status, publishedAt } = tables.get('ClearinghouseCase')![0];
    const become = (state: string, published: string | null) =>
      database.query('UPDATE clearinghouse_case SET status = ?, published_at = ? WHERE id = ?', [state, published, id]);
    const shownIn: [state: string, published: boolean][] = [];
    try {
      for (const [state, published] of Object.keys(CaseStatus).flatMap(
        (state) =>
          [
            [state, null],
            [state, '2026-06-01T12:00:00.000Z'],
          ] as const,
      )) {
        await become(state, published);
        const query = `{ clearinghouseCases(filter: { status: { eq: ${state} } }, first: 500) { nodes { id } } }`;
        const { data } = await world.ask(query, {}, 'role=analyst; subject=x');
        if ((data.clearinghouseCases.nodes as Row[]).some((node) => node.id === id))
          shownIn.push([state, published !== null]);
      }
    } finally {
      await become(status, publishedAt);
    }
    expect(shownIn).toEqual([
      ['PUBLISHED', true],
      ['CLOSED', true],
    ]);
  });

  test.each(CALLERS)('lets %s read exactly the fields of the table', async (_name, caller) => {
    const principal = principalOf(caller);
    for (const subgraph of world.open)
      for (const entity of entitiesOf(subgraph)) {
        const { name, key, keyField } = modelOf(entity);
        if (!isEntity(subgraph, name)) continue;
        const type = subgraph.subgraph.schema.getType(name) as GraphQLObjectType;
        const rule = ruleOf(name);
        const visible = (tables.get(name) ?? []).filter((row) => rule.rows(row, principal)).slice(0, 30);
        const leaves = Object.values(type.getFields()).filter(
          (field) => isLeafType(getNamedType(field.type)) && !countedOf(name)?.has(field.name),
        );
        const hasRule = (field: string) => rule.fields?.[field] !== undefined;
        const groups = [
          ...KINDS.map((kind) => ({
            fields: leaves.filter((field) => sensitivityOf(field) === kind && !hasRule(field.name)),
            sees: rule[kind],
          })),
          ...leaves
            .filter((field) => hasRule(field.name))
            .map((field) => ({ fields: [field], sees: rule.fields?.[field.name] })),
        ];
        for (const { fields, sees } of groups) {
          if (fields.length === 0 || visible.length === 0) continue;
          const select = fields.map((field) => field.name).join(' ');
          const ask = (as: string | null) =>
            execute(
              subgraph,
              as,
              `query ($r: [_Any!]!) { _entities(representations: $r) { ... on ${name} { ${select} } } }`,
              { r: visible.map((row) => ({ __typename: name, [keyField]: row[key] })) },
            );
          const [ownResult, whole] = [await ask(caller), await ask(INSPECTOR)];
          visible.forEach((row, place) => {
            const may = sees?.(row, principal) ?? false;
            // inspectors may not see drafts
            const everything = (whole.data!._entities as Row[])[place];
            const readable = (ownResult.data!._entities as Row[])[place];
            const nothing = Object.fromEntries(fields.map((field) => [field.name, null]));
            if (may && everything) expect([name, row[key], readable]).toEqual([name, row[key], everything]);
            if (!may) expect([name, row[key], readable]).toEqual([name, row[key], readable === null ? null : nothing]);
          });
        }
      }
  });

  test.each(CALLERS)('shows %s the government-wide figures of programs, and no others', async (_name, caller) => {
    const principal = principalOf(caller);
    for (const [query, path] of FIGURES) {
      const { data, errors, extensions } = await world.ask(query, {}, caller);
      const figure = path.reduce((value: Row, name) => value?.[name], data);
      if (government(null, principal)) expect([query, errors]).toEqual([query, undefined]);
      else {
        const kinds = extensions.withheld?.map(({ kind }) => kind) ?? [];
        expect([query, figure ?? null, errors, kinds]).toEqual([
          query,
          null,
          undefined,
          expect.arrayContaining(['FIELD']),
        ]);
      }
    }
  });

  test.each([
    ['analysts', 'role=analyst; subject=x', COUNTING],
    ['hiring managers', 'role=hiring-manager; agency=treasury; subject=x', OF_OTHERS],
    ['coordinators', 'role=coordinator; subject=x', OF_OTHERS.slice(0, -1)],
    ['the public', null, OPEN],
    ['a developer', 'role=developer-submitter; organization=exercise-alder; subject=x', OPEN],
  ])('shows %s no count below five of invisible rows, nor figures that reveal one', async (_, claims, queries) => {
    const whole = INSPECTOR;
    let hidden = 0;
    let count = 0;
    const compare = (a: Row, b: Row, path: string): void => {
      if (typeof b === 'number') count += 1;
      if (b === null && a !== null) hidden += 1;
      else if (typeof b === 'object' && b !== null)
        for (const name of Object.keys(b)) compare(a[name], b[name], `${path}.${name}`);
      else expect([path, b]).toEqual([path, a]);
    };
    for (const query of queries) {
      // analysts get figures as of the start of today
      const same = query
        .replace(/(\w+Metrics) \{/, `$1(asOf: "${TODAY}") {`)
        .replace(/timeToHire\((?=fiscalYear)/, `timeToHire(asOf: "${TODAY}", `);
      const [all, part] = [await world.ask(same, {}, whole), await world.ask(query, {}, claims)];
      expect([query, all.errors, part.errors]).toEqual([query, undefined, undefined]);
      compare(all.data, part.data, query.slice(0, 40));
      const counts = JSON.stringify(part.data).matchAll(
        /"(?:count|filed|findings|answered|withdrawn|launched|overdue|findingCount|applicationCount|casesPatched|hires|vacancies|enteredOnDuty)":([1-4])[,}]/g,
      );
      expect([query, [...counts].map(([text]) => text)]).toEqual([query, []]);
      // the value of a single hidden cell would follow from the sum
      for (const path of [
        ['submissionMetrics', 'filedByQuarter'],
        ['submissionMetrics', 'filedByReference'],
        ['workforceMetrics', 'byTalentArea'],
      ]) {
        const cells = path.reduce((value: Row, name) => value?.[name], part.data.executiveOrder);
        const isHidden = ({ count, vacancies }: Row) => (count ?? vacancies ?? null) === null;
        if (cells?.length > 1) expect(cells.filter(isHidden).length).not.toBe(1);
      }
    }
    expect([hidden > 5, count > 5]).toEqual([true, true]);
  });

  test('does not let analysts date counted events by comparing figures over time', async () => {
    const filed = tables
      .get('Submission')!
      .flatMap(({ filedAt }) => filedAt ?? [])
      .toSorted()[20] as string;
    const [before, after] = [new Date(Date.parse(filed) - 1).toISOString(), filed];
    const SPAN = `query ($at: DateTime!) { executiveOrder(number: "14409") {
      submissionMetrics(asOf: $at) { asOf filed } reviewMetrics(asOf: $at) { asOf findings } }
      findingStatistics(until: $at) { month severity findings } }`;
    const figuresAt = async (at: string, caller: string) => (await world.ask(SPAN, { at }, caller)).data;
    expect(await figuresAt(before, 'role=analyst; subject=x')).toEqual(
      await figuresAt(after, 'role=analyst; subject=x'),
    );
    const [earlier, later] = [await figuresAt(before, INSPECTOR), await figuresAt(after, INSPECTOR)];
    expect(later.executiveOrder.submissionMetrics.filed - earlier.executiveOrder.submissionMetrics.filed).toBe(1);
    const { asOf } = (await figuresAt(after, 'role=analyst; subject=x')).executiveOrder.submissionMetrics;
    expect(asOf).toBe(startOfDay(`${civilDate(after).slice(0, 7)}-01`));
  });

  test.each(CALLERS)('lets %s change nothing by mutations that need another capacity', async (_name, caller) => {
    const principal = principalOf(caller);
    for (const subgraph of world.open)
      for (const { name, by } of subgraph.subgraph.parts.mutations ?? []) {
        const capacities = principal ? [...principal.roles, '@everyone'] : [];
        if (capacities.some((capacity) => by.includes(ACTORS[subgraph.name]?.[capacity] ?? ''))) continue;
        const field = subgraph.subgraph.schema.getMutationType()!.getFields()[name]!;
        const input = leastOf(field.args[0]!.type);
        const { result, statements } = await subgraph.database.counting(() =>
          execute(
            subgraph,
            caller,
            `mutation ($input: ${String(field.args[0]!.type)}) { ${name}(input: $input) { replayed } }`,
            {
              input,
            },
          ),
        );
        expect([name, result.errors?.[0]?.extensions?.code, statements]).toEqual([
          name,
          principal === null ? 'UNAUTHENTICATED' : 'FORBIDDEN',
          [],
        ]);
      }
  });

  test('reveals nothing about an unreadable field by filters or orders', async () => {
    const [analyst, alder] = [
      'role=analyst; subject=x',
      'role=developer-submitter; organization=exercise-alder; subject=x',
    ];
    const count = async (filter: string, caller: string) =>
      (await world.ask(`{ aiModels(filter: ${filter}) { totalCount } }`, {}, caller)).data?.aiModels?.totalCount;
    const all = await count('{}', alder);
    const ownModels = tables.get('AIModel')!.filter(({ developerKey }) => developerKey === 'exercise-alder').length;
    const beyond = await count('{ trainingComputeFlop: { gte: "0" } }', alder);
    expect(all).toBeGreaterThan(ownModels);
    // it learns only about its own models
    expect(beyond).toBeLessThanOrEqual(ownModels);
    const refused = await world.ask(
      '{ aiModels(filter: { trainingComputeFlop: { gte: "1" } }) { totalCount } }',
      {},
      analyst,
    );
    expect(refused.errors?.[0]?.extensions.code ?? refused.data.aiModels.totalCount).toEqual(expect.anything());
    const ordered = await world.ask(
      '{ aiModels(orderBy: { field: TRAINING_COMPUTE_FLOP }) { nodes { id } } }',
      {},
      alder,
    );
    expect(ordered.errors?.[0]?.extensions.code).toBe('INVALID_ORDER');
    const through = await world.ask(
      '{ submissions(filter: { model: { codename: { contains: "a" } } }) { totalCount } }',
      {},
      analyst,
    );
    expect(through.data?.submissions?.totalCount ?? 0).toBe(0);
  });
});

/** The smallest value of an input type. */
function leastOf(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return leastOf(type.ofType);
  if (isListType(type)) return [];
  if (isEnumType(type)) return type.getValues()[0]!.name;
  if (isInputObjectType(type))
    return Object.fromEntries(
      Object.values(type.getFields())
        .filter((field) => isNonNullType(field.type))
        .map((field) => [field.name, leastOf(field.type)]),
    );
  const samples: Record<string, unknown> = {
    Int: 1,
    Float: 1,
    Boolean: true,
    DateTime: '2026-12-01T00:00:00.000Z',
    Date: '2026-12-01',
    URL: 'https://example.gov/',
    Sha256: 'a'.repeat(64),
    BigNumber: '1',
  };
  return samples[type.name] ?? 'x';
}
