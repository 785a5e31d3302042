import { type ChildList, childListOf, namingField } from '#kit/collection/children';
import type { FilterValue } from '#kit/collection/where';
import { type ModelClass, modelOf, type Selectable } from '#kit/model/model';
import { searchedFields } from '#kit/search/word-table';

// biome-ignore lint/suspicious/noExplicitAny: rows of all tables
type Row = any;

/** What a caller may read. */
export interface Rights {
  sees(target: ModelClass, row: Row): boolean;
  /** Whether a field of a visible row is readable. */
  reads(target: ModelClass, row: Row, field: Pick<Selectable, 'name' | 'sensitivity'>): boolean;
}

export const ALL_RIGHTS: Rights = { sees: () => true, reads: () => true };

type Random = (below: number) => number;

/** Filters and orders of lists by plain code over rows in memory, written for reading rather than speed, and without SQL. */
export class ListModel {
  private readonly indexes = new Map<string, Map<string, Row[]>>();

  constructor(
    private readonly rowsOf: (target: ModelClass) => readonly Row[],
    private readonly rights: Rights = ALL_RIGHTS,
  ) {}

  visible(target: ModelClass): Row[] {
    return this.rowsOf(target).filter((row) => this.rights.sees(target, row));
  }

  /** Visible rows that meet a filter. */
  list(target: ModelClass, filter: FilterValue): Row[] {
    return this.visible(target).filter((row) => this.meets(target, row, filter));
  }

  meets(target: ModelClass, row: Row, filter: FilterValue): boolean {
    return Object.entries(filter).every(([name, value]) => {
      if (name === 'and') return (value as FilterValue[]).every((part) => this.meets(target, row, part));
      if (name === 'or') return (value as FilterValue[]).some((part) => this.meets(target, row, part));
      if (name === 'not') return !this.meets(target, row, value as FilterValue);
      if (name === 'search') return this.isFound(target, row, String(value));
      const field = modelOf(target).selectable.get(name)!;
      return this.rights.reads(target, row, field) && this.meetsField(target, row, field, value as FilterValue);
    });
  }

  /** Whether every word of a text begins a word of a searched field that is readable. */
  isFound(target: ModelClass, row: Row, text: string): boolean {
    const words = searchedFields(target)
      .filter((field) => this.rights.reads(target, row, field))
      .flatMap(({ property }) => plainWords(row[property] ?? ''));
    return plainWords(text).every((prefix) => words.some((word) => word.startsWith(prefix)));
  }

  /** A random search for beginnings of words of an object, in any case; sometimes with a word of another object. */
  search(target: ModelClass, random: Random): string {
    const rows = this.rowsOf(target);
    const wordOf = (row: Row): string => {
      const words = searchedFields(target).flatMap(({ property }) => plainWords(row[property] ?? ''));
      const word = [...(words[random(words.length)] ?? 'none')];
      return word.slice(0, 1 + random(random(2) ? 3 : word.length)).join('');
    };
    const any = () => rows[random(rows.length)] ?? {};
    const row = any();
    const words = Array.from({ length: 1 + random(3) }, () => wordOf(random(6) ? row : any()));
    return words.map((word) => (random(2) ? word.toUpperCase() : word)).join([' ', '-', ', ', ' – '][random(4)]);
  }

  private meetsField(target: ModelClass, row: Row, field: Selectable, conditions: FilterValue): boolean {
    const { comparison } = field;
    if (comparison.kind === 'model') {
      const other = comparison.target();
      const [referenced] = this.by(other, modelOf(other).key, row[field.property]);
      return referenced && this.rights.sees(other, referenced) && this.meets(other, referenced, conditions);
    }
    if (comparison.kind === 'link') {
      const keys = this.by(comparison.table(), 'ownerKey', row[field.property])
        .map(({ targetKey }) => targetKey)
        .filter((key) => this.seesObject(comparison.target(), key));
      const { any, none, ...rest } = conditions as Record<string, string[]>;
      if (any && !any.some((key) => keys.includes(key))) return false;
      if (none?.some((key) => keys.includes(key))) return false;
      return Object.keys(rest).length === 0 || this.meetsList(target, row, childListOf(comparison)!, rest);
    }
    if (comparison.kind === 'list') return this.meetsList(target, row, comparison, conditions);
    return holds(row[field.property] ?? null, conditions);
  }

  /** Whether the caller sees the object of a key. Nothing hides entities of other subgraphs. */
  private seesObject(target: ModelClass, key: string): boolean {
    const { stored, key: keyProperty } = modelOf(target);
    return !stored || this.by(target, keyProperty, key).some((row) => this.rights.sees(target, row));
  }

  private meetsList(target: ModelClass, row: Row, list: ChildList, conditions: FilterValue): boolean {
    const children = this.children(target, row, list);
    const child = list.child();
    const meeting = (filter: unknown) => children.filter((each) => this.meets(child, each, filter as FilterValue));
    const { some, none, every, count, where } = conditions as Record<string, FilterValue | undefined>;
    if (some && meeting(some).length === 0) return false;
    if (none && meeting(none).length > 0) return false;
    if (every && meeting(every).length < children.length) return false;
    return !count || holds(meeting(where ?? {}).length, count);
  }

  /** Visible children in a list whose reference to the parent is readable. */
  children(target: ModelClass, row: Row, { child, parent }: ChildList): Row[] {
    const [type, reference, key] = [child(), parent(), row[modelOf(target).key]];
    const listed =
      typeof reference === 'string'
        ? this.by(type, reference, key)
        : this.by(reference.links, reference.from, key).flatMap((link) =>
            this.by(type, modelOf(type).key, link[reference.from === 'ownerKey' ? 'targetKey' : 'ownerKey']),
          );
    const naming = namingField(type, reference);
    return listed.filter(
      (each) =>
        this.rights.sees(type, each) &&
        (!naming || this.rights.reads(type, each, { name: naming.field, sensitivity: naming.sensitivity })),
    );
  }

  private by(target: ModelClass, property: string, value: string | null): readonly Row[] {
    if (value === null) return [];
    const name = `${modelOf(target).name}.${property}`;
    const index = this.indexes.get(name) ?? Map.groupBy(this.rowsOf(target), (row) => row[property]);
    this.indexes.set(name, index);
    return index.get(value) ?? [];
  }

  /**
   * A random filter of a model with conditions on lists.
   * @param usable whether the caller may filter by a field at all
   */
  filter(
    target: ModelClass,
    random: Random,
    usable: (target: ModelClass, field: Selectable) => boolean,
    depth = 3,
  ): FilterValue {
    const inner = () => this.filter(target, random, usable, depth - 1);
    if (depth > 0 && random(4) === 0) {
      const combined = random(3);
      if (combined === 0) return { not: inner() };
      return { [combined === 1 ? 'and' : 'or']: [inner(), inner()] };
    }
    if (random(8) === 0 && searchedFields(target).some((field) => usable(target, field)))
      return { search: this.search(target, random) };
    const fields = [...modelOf(target).selectable.values()].filter(
      (field) => field.filter && COMPARED.has(field.comparison.kind) && usable(target, field),
    );
    const deep = fields.filter(({ comparison }) => childListOf(comparison) ?? comparison.kind === 'model');
    const candidates =
      depth > 0 && deep.length > 0 && random(4) > 0 ? deep : fields.filter((field) => !deep.includes(field));
    const field = candidates[random(candidates.length)];
    if (!field) return {};
    return { [field.name]: this.conditions(target, field, random, usable, depth) };
  }

  private conditions(
    target: ModelClass,
    field: Selectable,
    random: Random,
    usable: (target: ModelClass, field: Selectable) => boolean,
    depth: number,
  ): FilterValue {
    const { comparison } = field;
    const of = (child: ModelClass) => (random(6) === 0 ? {} : this.filter(child, random, usable, depth - 1));
    if (comparison.kind === 'model') return of(comparison.target());
    const list = childListOf(comparison);
    if (list) {
      const child = list.child();
      const operators = ['some', 'every', 'count', 'where', ...(comparison.kind === 'list' ? ['none'] : ['any'])];
      const operator = operators[random(operators.length)]!;
      if (operator === 'count') return { count: numbers(random) };
      if (operator === 'where') return { count: numbers(random), where: of(child) };
      if (operator === 'any') return { [random(2) ? 'any' : 'none']: this.keysOf(child, random) };
      const both = random(4) === 0 ? { count: numbers(random) } : {};
      return { [operator]: of(child), ...both };
    }
    if (comparison.kind === 'link') {
      const links = this.rowsOf(comparison.table());
      const key = links.length > 0 ? links[random(links.length)].targetKey : 'x';
      return { [random(2) ? 'any' : 'none']: [key] };
    }
    const rows = this.rowsOf(target);
    const value = () => (rows.length > 0 ? rows[random(rows.length)][field.property] : null);
    const [first, second] = [value() ?? null, value() ?? null];
    if (comparison.kind !== 'boolean' && random(4) === 0) return { isNull: random(2) === 0 };
    if (first === null) return comparison.kind === 'boolean' ? { eq: true } : { isNull: true };
    if (comparison.kind === 'boolean') return { eq: Boolean(first) };
    if (ORDERED.has(comparison.kind) && random(2)) return { [['lt', 'lte', 'gt', 'gte'][random(4)]!]: first };
    return random(2) || second === null ? { eq: first } : { in: [first, second] };
  }

  private keysOf(target: ModelClass, random: Random): string[] {
    const rows = this.rowsOf(target);
    return rows.length > 0 ? [rows[random(rows.length)][modelOf(target).key]] : [];
  }
}

/** Words of a text without compatible or special forms of characters, which `words.test.ts` covers. */
const plainWords = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[^\p{Letter}\p{Number}]+/u)
    .filter((word) => word !== '');

const COMPARED: ReadonlySet<string> = new Set([
  'key',
  'text',
  'integer',
  'boolean',
  'date',
  'dateTime',
  'enum',
  'model',
  'link',
  'list',
]);
const ORDERED: ReadonlySet<string> = new Set(['integer', 'date', 'dateTime']);

const numbers = (random: Random): FilterValue => {
  const number = random(4);
  const conditions = [
    { eq: number },
    { in: [number, 7] },
    { lt: number },
    { lte: number },
    { gt: number },
    { gte: number },
    { isNull: number > 1 },
    { gte: number, lt: number + 2 },
  ];
  return conditions[random(conditions.length)]!;
};

function holds(value: string | number | boolean | null, conditions: FilterValue): boolean {
  return Object.entries(conditions).every(([operator, operand]) => {
    if (operator === 'isNull') return (value === null) === operand;
    if (value === null) return false;
    if (operator === 'eq') return value === operand;
    if (operator === 'in') return (operand as unknown[]).includes(value);
    const [left, right] = [value as number, operand as number];
    if (operator === 'lt') return left < right;
    if (operator === 'lte') return left <= right;
    return operator === 'gt' ? left > right : left >= right;
  });
}
