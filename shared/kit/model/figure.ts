import { Directive } from 'type-graphql';
import { fiscalYear } from '#base/civil';
import type { Database } from '../database/database';
import type { Context } from '../subgraph/context';

/** Returns the fiscal years with data of a figure, in any order. */
export type FiscalYears = (database: Database) => Promise<readonly number[]>;

const yearsByField = new Map<string, FiscalYears>();

/** Fiscal years of a field, as declared by {@link figure}; undefined without any. */
export const fiscalYearsOf = (field: string): FiscalYears | undefined => yearsByField.get(field);

/**
 * Fiscal years of the instants in columns.
 * @param columns as `table.column`
 */
export function yearsOf(...columns: readonly string[]): FiscalYears {
  return async (database) => {
    const years = new Set<number>();
    for (const [table, column] of columns.map((coordinate) => coordinate.split('.') as [string, string])) {
      const rows = await database.query<{ month: string }>(
        `SELECT DISTINCT SUBSTR(${column}, 1, 7) AS month FROM ${database.dialect.quote(table)} WHERE ${column} IS NOT NULL`,
      );
      for (const year of rows.flatMap(({ month }) => yearsOfMonth(month))) years.add(year);
    }
    return [...years];
  };
}

/** Fiscal years of a UTC month. A month in UTC begins in the previous month in Washington. */
function yearsOfMonth(month: string): number[] {
  const year = fiscalYear(`${month}-01`);
  return month.endsWith('-10') ? [year - 1, year] : [year];
}

const isContext = (value: unknown): value is Context =>
  typeof value === 'object' && value !== null && 'loaders' in value;

/**
 * Declares a field that is computed from many rows, with its cost. Computes it once per request for the same arguments.
 * @param cost per returned object, as measured by `test/performance/costs.test.ts`
 * @param years fiscal years with data, for a field with a `fiscalYear` argument that defaults to all time
 */
export function figure(cost: number, years?: FiscalYears) {
  return (prototype: object, name: string, descriptor: PropertyDescriptor): void => {
    Directive(`@cost(weight: ${cost})`)(prototype, name, descriptor);
    if (years) yearsByField.set(name, years);
    const compute = descriptor.value as (...parameters: unknown[]) => Promise<unknown>;
    descriptor.value = function (this: unknown, ...parameters: unknown[]) {
      const { loaders } = parameters.find(isContext)!;
      const key = `${name} ${JSON.stringify(parameters.filter((parameter) => !isContext(parameter)))}`;
      return loaders.once(prototype, key, () => compute.apply(this, parameters));
    };
  };
}
