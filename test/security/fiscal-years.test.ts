import 'reflect-metadata';
import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { parsePrincipal } from '#base/identity/principal';
import { countedOf } from '#kit/model/value-object';
import { withheldOf } from '#kit/policy/suppression';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import { INSPECTOR } from '../support/identity';
import { randomOf } from '../support/random';
import { openWorld, type World } from '../support/world';
import { SAMPLED_CALLERS } from './callers';

/**
 * Every figure that takes a fiscal year, for every caller, over random data: hidden figures must not follow from shown ones by
 * sums and differences. This caller knows all equations that hold by the meaning of the figures; the test does not take them from
 * the product.
 */

const YEARS = [2022, 2023, 2024, 2025, 2026, 2027, 2099, 2100];
const SEEDS = [1, 2];

/** Figures as of now, for any requested year. */
const OF_NOW: ReadonlySet<string> = new Set(['inWindow', 'overdueExposures', 'byTalentArea', 'vacancies']);

/** Within the figures of one year, or of all time: a count, and its parts. */
const WITHIN: Readonly<Record<string, readonly (readonly [whole: string, parts: RegExp])[]>> = {
  submissionMetrics: [
    ['filed', /^filedInsideWindow\.denominator$/],
    ['filed', /^planChanges\.denominator$/],
    ['filed', /^filedByQuarter\[.*\]\.count$/],
    ['filed', /^filedByReference\[.*\]\.count$/],
    ['planChanges.numerator', /^plansMoved(Later|Earlier)$/],
    ['withdrawn', /^withdrawnByPhase\[.*\]\.count$/],
  ],
  reviewMetrics: [
    ['determinationCoverage.numerator', /^reviewNecessary\.denominator$/],
    ['determinationCoverage.denominator', /^answeredBeforeLaunch\.denominator$/],
  ],
  infrastructureMetrics: [],
  workforceMetrics: [
    ['enteredOnDuty', /^withinGoal\.denominator$/],
    ['vacancies', /^byTalentArea\[.*\]\.vacancies$/],
  ],
  timeToHire: [],
};

/** Equations between two figures of the same year: those of agencies and authorities add up. */
const BETWEEN: readonly (readonly [whole: string, field: string, parts: RegExp])[] = [
  ['workforceMetrics enteredOnDuty', 'timeToHire', /\.hires$/],
  ['workforceMetrics withinGoal.numerator', 'timeToHire', /\.withinGoal\.numerator$/],
  ['workforceMetrics withinGoal.denominator', 'timeToHire', /\.withinGoal\.denominator$/],
];

interface YearlyFigure {
  readonly subgraph: OpenSubgraph;
  readonly parent: GraphQLObjectType;
  readonly field: GraphQLField<unknown, unknown>;
  /** Whether it is also shown of all time. */
  readonly isOfAllTime: boolean;
}

/** The counts that a caller reads, by `field|year|path`; null for hidden figures. */
type Counts = Map<string, number | null>;
type Value = number | string | null | Value[] | { readonly [name: string]: Value };

let world: World;
let figures: YearlyFigure[];
beforeAll(async () => {
  world = await openWorld('sqlite');
  figures = world.open.flatMap((subgraph) =>
    Object.values(subgraph.subgraph.schema.getTypeMap())
      .filter(isObjectType)
      .flatMap((parent) => Object.values(parent.getFields()).map((field) => ({ subgraph, parent, field })))
      .filter(({ field }) => field.args.some(({ name }) => name === 'fiscalYear'))
      .filter(({ field }) => countedOf(getNamedType(field.type).name))
      .map(({ subgraph, parent, field }) => {
        const type = getNamedType(field.type) as GraphQLObjectType;
        const year = type.getFields().fiscalYear;
        return { subgraph, parent, field, isOfAllTime: year !== undefined && !isNonNullType(year.type) };
      }),
  );
});
afterAll(() => world.close());

test('lists the equations of every figure that takes a fiscal year', () => {
  expect(figures.map(({ field }) => field.name).sort()).toEqual(Object.keys(WITHIN).sort());
});

test('shows analysts most figures of the exercise', async () => {
  const counts = await read('submissions', 'role=analyst; subject=x');
  const truth = await read('submissions', INSPECTOR);
  const countable = [...truth].filter(([, value]) => value !== null && value > 0).map(([key]) => key);
  const remaining = countable.filter((key) => counts.get(key) != null);
  expect(remaining.length).toBeGreaterThan(countable.length / 3);
});

/** Instants that figures of years depend on: table, and columns that move together. */
const DATED: Readonly<Record<string, readonly (readonly [table: string, ...columns: string[]])[]>> = {
  submissions: [['submission', 'filed_at']],
  reviews: [
    ['review', 'opened_at', 'closed_at'],
    ['determination', 'created_at', 'issued_at'],
    ['finding', 'created_at', 'shared_at', 'responded_at'],
  ],
  infrastructure: [
    ['vulnerability_finding', 'due_at'],
    ['clearinghouse_case', 'opened_at', 'patched_at'],
  ],
  workforce: [['hiring_request', 'entered_on_duty_at']],
};

/** Moves each object to a random year, a few of them to years with few objects; 2099 takes it out of all figures. */
async function scatter(seed: number): Promise<void> {
  const random = randomOf(seed);
  for (const [name, tables] of Object.entries(DATED)) {
    const { database } = world.subgraph(name);
    for (const [table, ...columns] of tables) {
      const weights = [2023, 2024, 2025, 2026, 2099].map((year) => ({ year, weight: random() ** 4 }));
      const all = weights.reduce((sum, { weight }) => sum + weight, 0);
      const pick = () => {
        let remaining = random() * all;
        for (const { year, weight } of weights) {
          remaining -= weight;
          if (remaining < 0) return year;
        }
        return 2026;
      };
      for (const { id } of await database.query<{ id: string }>(`SELECT id FROM ${table}`)) {
        const year = pick();
        const sets = columns.map((column) => `${column} = '${year}' || SUBSTR(${column}, 5)`);
        await database.query(`UPDATE ${table} SET ${sets.join(', ')} WHERE id = ?`, [id]);
      }
    }
  }
}

/** All counts and shares, and the fields that distinguish the cells of a list. */
function selectionOf(type: GraphQLOutputType): string {
  const named = getNamedType(type);
  if (!isObjectType(named)) return '';
  if (named.name === 'Agency') return '{ key }';
  const fields = Object.values(named.getFields()).filter(({ args }) => args.length === 0);
  return `{ ${fields.map((field) => `${field.name} ${selectionOf(field.type)}`).join(' ')} }`;
}

/** All figures of a subgraph as one caller reads them. */
async function read(name: string, caller: string | null): Promise<Counts> {
  const counts: Counts = new Map();
  for (const { subgraph, parent, field, isOfAllTime } of figures.filter((figure) => figure.subgraph.name === name)) {
    for (const year of isOfAllTime ? [...YEARS, null] : YEARS) {
      const selection = `${field.name}(fiscalYear: ${year}) ${selectionOf(field.type)}`;
      const isRoot = parent === subgraph.subgraph.schema.getQueryType();
      const query = isRoot
        ? `{ ${selection} }`
        : `{ _entities(representations: [{ __typename: "ExecutiveOrder", number: "14409" }]) { ... on ${parent.name} { ${selection} } } }`;
      const headers = await world.identity.signed(name, caller);
      const { data, errors } = (await subgraph.execute({ query, variables: {}, headers })) as {
        data?: Record<string, Value>;
        errors?: { extensions?: { code?: unknown } }[];
      };
      expect(errors).toBeUndefined();
      const parentValue = isRoot ? data : (data?._entities as Record<string, Value>[] | undefined)?.[0];
      learn(counts, `${field.name}|${year}|`, field.type, parentValue?.[field.name] ?? null, '');
    }
  }
  return counts;
}

function learn(counts: Counts, prefix: string, type: GraphQLOutputType, value: Value, path: string): void {
  const plain = isNonNullType(type) ? type.ofType : type;
  const named = getNamedType(type);
  if (isListType(plain)) {
    for (const cell of (value as Record<string, Value>[] | null) ?? []) {
      const label = Object.entries(cell).filter(([name, part]) => name === 'agency' || typeof part === 'string');
      learn(counts, prefix, named as GraphQLOutputType, cell, `${path}[${JSON.stringify(label)}]`);
    }
  } else if (named.name === 'Int') counts.set(prefix + path, value as number | null);
  else if (named.name === 'Ratio') {
    const share = value as Record<string, number> | null;
    for (const part of ['numerator', 'denominator']) counts.set(`${prefix}${path}.${part}`, share?.[part] ?? null);
  } else if (isObjectType(named) && named.name !== 'Agency' && value)
    for (const field of Object.values(named.getFields()))
      if (field.name !== 'fiscalYear')
        learn(
          counts,
          prefix,
          field.type,
          (value as Record<string, Value>)[field.name] ?? null,
          path === '' ? field.name : `${path}.${field.name}`,
        );
}

interface Equation {
  readonly whole: string;
  readonly parts: readonly string[];
}

const typeOf = (field: string): string =>
  getNamedType(figures.find((figure) => figure.field.name === field)!.field.type).name;

/** Whether the counts of the years add up to the count of all time. */
const isOfYears = (field: string, name: string, path: string): boolean =>
  path.includes('[')
    ? /\.(count|rate\.numerator)$/.test(path) && field === 'submissionMetrics'
    : !OF_NOW.has(name) && countedOf(typeOf(field))!.has(name);

/** All equations that hold between the figures of a subgraph. */
function equationsOf(all: Counts): Equation[] {
  // figures of today are null for past years, even for those who read all
  const truth = new Map([...all].filter(([, value]) => value !== null));
  const keys = [...truth.keys()];
  const equations: Equation[] = [];
  for (const key of keys) {
    const [field, year, path] = key.split('|') as [string, string, string];
    const [name = ''] = path.split(/[.[]/);
    if (year === 'null' && isOfYears(field, name, path))
      equations.push({
        whole: key,
        parts: YEARS.map((fiscalYear) => `${field}|${fiscalYear}|${path}`).filter((k) => truth.has(k)),
      });
    for (const [whole, parts] of WITHIN[field] ?? [])
      if (path === whole) equations.push({ whole: key, parts: keys.filter((k) => matches(k, field, year, parts)) });
    for (const [whole, otherKey, parts] of BETWEEN)
      if (`${field} ${path}` === whole)
        equations.push({ whole: key, parts: keys.filter((k) => matches(k, otherKey, year, parts)) });
    if (!path.endsWith('.numerator')) continue;
    const share = key.slice(0, -'.numerator'.length);
    equations.push({ whole: `${share}.denominator`, parts: [key, `${share}.rest`] });
  }
  for (const key of keys) {
    const [field, , path] = key.split('|') as [string, string, string];
    const partOf = countedOf(typeOf(field))?.get(path)?.partOf;
    if (partOf) equations.push({ whole: key.replace(path, partOf), parts: [key, `${key}.rest`] });
    // the share of a phase is one of all that were filed
    const cell = /^(withdrawnByPhase\[.*\])\.count$/.exec(path)?.[1];
    if (!cell) continue;
    const row = key.slice(0, -path.length);
    equations.push({ whole: `${row}${cell}.rate.numerator`, parts: [key] });
    equations.push({ whole: `${row}filed`, parts: [`${row}${cell}.rate.denominator`] });
  }
  return equations;
}

const matches = (key: string, field: string, year: string, parts: RegExp): boolean => {
  const [otherField, otherYear, path] = key.split('|') as [string, string, string];
  return otherField === field && otherYear === year && parts.test(path);
};

const PRIME = 46_337;
const modulo = (value: number): number => ((value % PRIME) + PRIME) % PRIME;
function inverse(value: number): number {
  let result = 1;
  for (let base = value, power = PRIME - 2; power > 0; power >>= 1, base = (base * base) % PRIME)
    if (power & 1) result = (result * base) % PRIME;
  return result;
}

/** Counts that a caller can derive: reduced rows of one variable, in arithmetic modulo a prime. */
function workedOut(equations: readonly Equation[], knownKeys: ReadonlySet<string>): Set<string> {
  const unknown = [...new Set(equations.flatMap(({ whole, parts }) => [whole, ...parts]))].filter(
    (k) => !knownKeys.has(k),
  );
  const place = new Map(unknown.map((key, at) => [key, at]));
  const rows = equations.map(({ whole, parts }) => {
    const row = new Int32Array(unknown.length);
    for (const [key, factor] of [[whole, -1] as const, ...parts.map((part) => [part, 1] as const)]) {
      const at = place.get(key);
      if (at !== undefined) row[at] = modulo(row[at]! + factor);
    }
    return row;
  });
  let rank = 0;
  for (let column = 0; column < unknown.length && rank < rows.length; column++) {
    const pivot = rows.findIndex((row, at) => at >= rank && row[column] !== 0);
    if (pivot < 0) continue;
    const row = rows[pivot]!;
    rows[pivot] = rows[rank]!;
    rows[rank] = row;
    const scale = inverse(row[column]!);
    for (let at = column; at < row.length; at++) row[at] = (row[at]! * scale) % PRIME;
    for (const otherRow of rows) {
      const factor = otherRow[column]!;
      if (otherRow === row || factor === 0) continue;
      for (let at = column; at < row.length; at++)
        if (row[at] !== 0) otherRow[at] = modulo(otherRow[at]! - factor * row[at]!);
    }
    rank += 1;
  }
  const single = rows.flatMap((row) => {
    const places = [...row.keys()].filter((at) => row[at] !== 0);
    return places.length === 1 ? [unknown[places[0]!]!] : [];
  });
  return new Set(single);
}

/** Hidden figures that a caller can derive, and hidden ones that it knows to be fewer than five together. */
function disclosed(truth: Counts, visible: Counts, equations: readonly Equation[]): string[] {
  const knownKeys = new Set([...visible].filter(([, value]) => value !== null).map(([key]) => key));
  const derived = workedOut(equations, knownKeys);
  const isKnown = (key: string) => knownKeys.has(key) || derived.has(key);
  const hidden = [...truth].filter(([key, value]) => value !== null && visible.get(key) === null).map(([key]) => key);
  // zero is no secret: zeros are shown
  const leaks = hidden.filter((key) => {
    const share = /^(.*)\.(numerator|denominator)$/.exec(key)?.[1];
    // of a share, other figures may reveal either part
    if ((truth.get(share === undefined ? key : `${share}.denominator`) ?? 0) === 0) return false;
    return share === undefined ? derived.has(key) : isKnown(`${share}.numerator`) && isKnown(`${share}.denominator`);
  });
  for (const { whole, parts } of equations) {
    const unsolved = parts.filter((part) => !isKnown(part));
    // a shown total without parts to subtract reveals no more than itself
    if (unsolved.length === parts.length) continue;
    const together = unsolved.reduce((sum, part) => sum + countIn(truth, part), 0);
    if (isKnown(whole) && unsolved.some((part) => visible.get(part) === null) && together > 0 && together < 5)
      leaks.push(`${unsolved.join(' + ')} of ${whole} are ${together}`);
  }
  return leaks;
}

/** A count, or the difference between a part and its total. */
function countIn(truth: Counts, key: string): number {
  if (!key.endsWith('.rest')) return truth.get(key)!;
  const equation = RESTS.get(key)!;
  return truth.get(equation.whole)! - truth.get(equation.parts[0]!)!;
}

const RESTS = new Map<string, Equation>();

describe.each(SEEDS)('random data %i', (seed) => {
  const truths = new Map<string, Counts>();
  const equations = new Map<string, Equation[]>();
  beforeAll(async () => {
    await scatter(seed);
    RESTS.clear();
    for (const name of Object.keys(DATED)) {
      truths.set(name, await read(name, INSPECTOR));
      equations.set(name, equationsOf(truths.get(name)!));
      for (const equation of equations.get(name)!)
        if (equation.parts[1]?.endsWith('.rest')) RESTS.set(equation.parts[1], equation);
    }
  });

  test('satisfies the equations of all fiscal-year figures', () => {
    const wrong = [...equations].flatMap(([name, all]) =>
      all.filter(({ whole, parts }) => {
        const truth = truths.get(name)!;
        return parts.reduce((sum, part) => sum + countIn(truth, part), 0) !== truth.get(whole);
      }),
    );
    expect(wrong).toEqual([]);
    expect([...equations.values()].flat().length).toBeGreaterThan(100);
  });

  test.each(SAMPLED_CALLERS)(
    'lets %s derive no hidden figure of a year by sums and differences',
    async (_name, text) => {
      for (const name of Object.keys(DATED)) {
        const visible = await read(name, text);
        const isTableReader = figures.some(
          ({ subgraph, field }) =>
            subgraph.name === name &&
            withheldOf(getNamedType(field.type).name, text === null ? null : parsePrincipal(text))!.figures.size > 0,
        );
        const leaks = disclosed(truths.get(name)!, visible, equations.get(name)!);
        expect(leaks).toEqual([]);
        if (!isTableReader) expect(visible).toEqual(truths.get(name));
      }
    },
  );
});
