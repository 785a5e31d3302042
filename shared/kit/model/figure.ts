import { Directive } from 'type-graphql';
import { fiscalYear } from '#base/civil';
import type { Database } from '../database/database';
import type { Context } from '../subgraph/context';

/** The fiscal years that a figure counts something in, in any order. */
export type FiscalYears = (database: Database) => Promise<readonly number[]>;

const yearsByField = new Map<string, FiscalYears>();

/** The fiscal years of the figures of a field that is shown of each of them and of all time, as {@link figure} has them. */
export const fiscalYearsOf = (field: string): FiscalYears | undefined => yearsByField.get(field);

/**
 * The fiscal years that instants of columns lie in.
 * @param columns as `table.column`
 */
export function yearsOf(...columns: readonly string[]): FiscalYears {
  return async (database) => {
    const years = new Set<number>();
    for (const [table, column] of columns.map((one) => one.split('.') as [string, string])) {
      const rows = await database.query<{ month: string }>(
        `SELECT DISTINCT SUBSTR(${column}, 1, 7) AS month FROM ${database.dialect.quote(table)} WHERE ${column} IS NOT NULL`,
      );
      for (const year of rows.flatMap(({ month }) => yearsOfMonth(month))) years.add(year);
    }
    return [...years];
  };
}

/** A month of UTC begins in the month before where officials are. */
function yearsOfMonth(month: string): number[] {
  const year = fiscalYear(`${month}-01`);
  return month.endsWith('-10') ? [year - 1, year] : [year];
}

const isContext = (value: unknown): value is Context =>
  typeof value === 'object' && value !== null && 'loaders' in value;

/**
 * Declares a field that is computed from many rows: what it costs, and that it is computed once per request, however often an operation
 * asks for it with the same arguments.
 * @param cost per object that the field returns, by what `test/performance/costs.test.ts` measures.
 * @param years of a field that takes a `fiscalYear`, and returns the figures of all time without: the fiscal years with data
 */
export function figure(cost: number, years?: FiscalYears) {
  return (prototype: object, name: string, descriptor: PropertyDescriptor): void => {
    Directive(`@cost(weight: ${cost})`)(prototype, name, descriptor);
    if (years) yearsByField.set(name, years);
    const compute = descriptor.value as (...parameters: unknown[]) => Promise<unknown>;
    descriptor.value = function (this: unknown, ...parameters: unknown[]) {
      const { loaders } = parameters.find(isContext)!;
      const key = `${name} ${JSON.stringify(parameters.filter((one) => !isContext(one)))}`;
      return loaders.once(prototype, key, () => compute.apply(this, parameters));
    };
  };
}
