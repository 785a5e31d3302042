import { Ctx, Directive, Field, Float, ID, Int } from 'type-graphql';
import { Column, type ColumnOptions, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import type { Sensitivity } from '#base/sensitivity';
import { idPrefix } from '../ids';
import type { Context } from '../subgraph/context';
import { type Derivation, declareDerivation } from './derivation';
import {
  type Comparison,
  type DerivedConditions,
  draftOf,
  type GraphQLTypeReference,
  type ModelClass,
  snakeCase,
  stubOf,
  whenDeclared,
} from './model';
import {
  bigNumberFromSortable,
  GraphQLBigNumber,
  GraphQLCivilDate,
  GraphQLInstant,
  GraphQLSha256,
  GraphQLUrl,
  sortableBigNumber,
} from './scalars';
import { type Counted, noteCounted } from './value-object';

interface FieldOptions extends Derivation {
  nullable?: boolean;
  /** Adds the field to the filter of lists. */
  filter?: boolean;
  /** Adds the field to the order of lists. */
  order?: boolean;
  /** False if grouping by the field, or aggregating its values, means nothing. */
  aggregate?: boolean;
  /** Indexes the column. For fields that lists are often filtered or ordered by. */
  index?: boolean;
  unique?: boolean;
  /** Sensitivity class; defaults to that of the type. */
  sensitivity?: Sensitivity;
  /** Stores the column without a schema field. */
  hidden?: boolean;
  /** Column name; derived from the property by default. */
  column?: string;
  /** Value for rows that are older than the column. */
  default?: string | number | boolean;
  /** Marks a figure over objects that not every reader may see. */
  counted?: Counted;
  /** What to use instead, if the field is deprecated. References only. */
  deprecated?: string;
}

interface TextOptions extends FieldOptions {
  /** Maximum length in characters; 255 by default. */
  length?: number;
  /** Adds its words to the `search` of lists. For names and titles. */
  search?: boolean;
}

type Declaration = {
  description: string;
  options: FieldOptions & Pick<TextOptions, 'search'>;
  comparison?: Comparison;
  graphql: () => GraphQLTypeReference;
  column: ColumnOptions;
};

/** Whether some readers of an object may not read a field of the class. */
export const isOwnClass = (sensitivity: Sensitivity | undefined): boolean =>
  sensitivity !== undefined && sensitivity !== 'PUBLIC';

/** Declares the sensitivity class of a field; defaults to that of the type. */
export function declareSensitivity(prototype: object, field: string, sensitivity: Sensitivity | undefined): void {
  whenDeclared(prototype, (model) => {
    Directive(`@sensitivity(class: ${sensitivity ?? model.sensitivity})`)(prototype, field);
  });
}

function declare({ description, options, comparison, graphql, column }: Declaration) {
  return (prototype: object, property: string): void => {
    const nullable = options.nullable ?? false;
    Column({ name: options.column ?? snakeCase(property), nullable, default: options.default, ...column })(
      prototype,
      property,
    );
    if (options.unique) Index({ unique: true })(prototype, property);
    else if (options.index) Index()(prototype, property);
    if (options.hidden) return;
    // some readers of the object may lack access to a field of another class
    const published = nullable || isOwnClass(options.sensitivity);
    const fullDescription = options.counted
      ? noteCounted(prototype, property, options.counted, description)
      : description;
    Field(graphql as never, { nullable: published, description: fullDescription })(prototype, property);
    declareSensitivity(prototype, property, options.sensitivity);
    declareDerivation(prototype, property, options);
    if (comparison) select(prototype, property, property, comparison, options);
  };
}

function select(
  prototype: object,
  name: string,
  property: string,
  comparison: Comparison,
  options: FieldOptions & Pick<TextOptions, 'search'>,
): void {
  const { filter = false, order = false, search = false, sensitivity } = options;
  // groups of a figure, or figures over it, would reveal the small counts that it hides
  const aggregate = (options.aggregate ?? true) && !options.counted;
  const field = { name, property, comparison, filter, order, aggregate, search, sensitivity };
  draftOf(prototype.constructor).selectable.set(name, field);
}

/** A generated primary key, globally unique by its prefix. */
export function generatedId(prefix: string) {
  return (prototype: object, property: string): void => {
    draftOf(prototype.constructor).nodePrefix = `${idPrefix(prefix)}_`;
    key(`Globally unique id: \`${prefix}_\` and 26 base-32 digits.`)(prototype, property);
  };
}

interface KeyOptions {
  /** Name of the GraphQL field; the property's by default. */
  as?: string;
  /** Maximum length in characters; 30 by default, which fits a prefixed ULID. */
  length?: number;
  order?: boolean;
}

/** A natural primary key. */
export function key(description: string, options: KeyOptions = {}) {
  return (prototype: object, property: string): void => {
    const name = options.as ?? property;
    const { length = 30 } = options;
    Object.assign(draftOf(prototype.constructor), { keyField: name, keyLength: length });
    PrimaryColumn({ name: snakeCase(property), type: 'varchar', length })(prototype, property);
    Field(() => ID, { name, description })(prototype, property);
    declareSensitivity(prototype, property, 'PUBLIC');
    select(
      prototype,
      name,
      property,
      { kind: 'key' },
      { filter: true, order: options.order ?? true, aggregate: false, sensitivity: 'PUBLIC' },
    );
  };
}

export function text(description: string, options: TextOptions = {}) {
  const column: ColumnOptions = { type: 'varchar', length: options.length ?? 255 };
  return declare({ description, options, comparison: { kind: 'text' }, graphql: () => String, column });
}

/** Long text, up to 65,535 bytes. Lists cannot filter or order by it. */
export function longText(description: string, options: FieldOptions = {}) {
  return (prototype: object, property: string): void => {
    declare({ description, options, graphql: () => String, column: { type: 'text' } })(prototype, property);
    if (!options.hidden) draftOf(prototype.constructor).longTexts.add(property);
  };
}

export function integer(description: string, options: FieldOptions = {}) {
  return declare({
    description,
    options,
    comparison: { kind: 'integer' },
    graphql: () => Int,
    column: { type: 'int' },
  });
}

/** Money in US cents. The field name must end in `Cents`, so that filters and orders show the unit too. */
export function cents(description: string, options: FieldOptions = {}) {
  const decorate = integer(`${description} In US cents.`, options);
  return (prototype: object, property: string): void => {
    if (!property.endsWith('Cents'))
      throw new Error(`${prototype.constructor.name}.${property} is an amount of money: its name must end in "Cents"`);
    decorate(prototype, property);
  };
}

export function float(description: string, options: FieldOptions = {}) {
  const column: ColumnOptions = { type: 'double precision' };
  return declare({
    description,
    options,
    comparison: { kind: 'float' },
    graphql: () => Float,
    column: { ...column, type: 'double' },
  });
}

export function flag(description: string, options: FieldOptions = {}) {
  return declare({
    description,
    options,
    comparison: { kind: 'boolean' },
    graphql: () => Boolean,
    column: { type: 'boolean' },
  });
}

/** A civil day, stored as YYYY-MM-DD. */
export function date(description: string, options: FieldOptions = {}) {
  const column: ColumnOptions = { type: 'varchar', length: 10 };
  return declare({ description, options, comparison: { kind: 'date' }, graphql: () => GraphQLCivilDate, column });
}

/** An instant, stored as RFC 3339 UTC text with milliseconds, which sorts in time order on every database. */
export function dateTime(description: string, options: FieldOptions = {}) {
  const column: ColumnOptions = { type: 'varchar', length: 24 };
  return declare({ description, options, comparison: { kind: 'dateTime' }, graphql: () => GraphQLInstant, column });
}

/** A number beyond the exact range of Float, stored without loss and sortable. */
export function bigNumber(description: string, options: FieldOptions = {}) {
  const column: ColumnOptions = {
    type: 'varchar',
    length: 64,
    transformer: {
      to: (value?: string | null) => (value == null ? value : sortableBigNumber(value)),
      from: (stored?: string | null) => (stored == null ? stored : bigNumberFromSortable(stored)),
    },
  };
  return declare({ description, options, comparison: { kind: 'bigNumber' }, graphql: () => GraphQLBigNumber, column });
}

interface OneOfOptions extends FieldOptions {
  /** Stores values in lower case, as earlier releases did. */
  lowerCase?: boolean;
  /** Length of the column; 40 by default. */
  length?: number;
}

export function oneOf(
  values: () => object,
  description: string,
  { lowerCase, length = 40, ...options }: OneOfOptions = {},
) {
  const toStored = (value: string) => value.toLowerCase();
  const transformer = {
    to: (value?: string | null) => (value == null ? value : toStored(value)),
    from: (stored?: string | null) => (stored == null ? stored : stored.toUpperCase()),
  };
  const column: ColumnOptions = { type: 'varchar', length, ...(lowerCase ? { transformer } : {}) };
  const comparison: Comparison = {
    kind: 'enum',
    values,
    ...(lowerCase ? { toStored, fromStored: (stored: string) => stored.toUpperCase() } : {}),
  };
  return declare({ description, options, comparison, graphql: values as never, column });
}

/** An absolute URL. */
export function url(description: string, options: FieldOptions = {}) {
  return declare({ description, options, graphql: () => GraphQLUrl, column: { type: 'varchar', length: 1000 } });
}

export function sha256(description: string, options: FieldOptions = {}) {
  return declare({ description, options, graphql: () => GraphQLSha256, column: { type: 'varchar', length: 64 } });
}

/** A short list of texts, always read whole; stored as JSON in one column. */
export function textList(description: string, options: FieldOptions = {}) {
  return declare({ description, options, graphql: () => [String] as never, column: { type: 'simple-json' } });
}

/** A short list of enum values, always read whole; stored as JSON in one column. */
export function listOf(values: () => object, description: string, options: FieldOptions = {}) {
  return declare({ description, options, graphql: () => [values()] as never, column: { type: 'simple-json' } });
}

/** Marks generated exercise data, so that no one mistakes it for fact. */
export function exerciseFlag() {
  return flag('Whether this is generated exercise data. False for facts and imported data.', {
    filter: true,
    aggregate: false,
  });
}

/**
 * Number for optimistic locking: an update states the revision that it is based on. The column keeps the name of earlier releases.
 * @param options with a default of 1 if the table is older than the column
 */
export function revisionNumber(options: Pick<FieldOptions, 'default'> = {}) {
  return integer('Revision number, incremented by every change. Pass it as "expectedRevision" to change the object.', {
    ...options,
    column: 'version',
    aggregate: false,
  });
}

interface ReferenceOptions extends FieldOptions {
  /** Name of the GraphQL field. */
  as: string;
  /** Maximum length of the key in characters; 30 fits a prefixed ULID. */
  length?: number;
}

function declareReference(
  prototype: object,
  property: string,
  target: () => ModelClass,
  description: string,
  options: ReferenceOptions,
  resolve: (context: Context, target: ModelClass, keyValue: string) => unknown,
): void {
  const nullable = options.nullable ?? false;
  Column({ name: snakeCase(property), type: 'varchar', length: options.length ?? 30, nullable })(prototype, property);
  if (options.index !== false) Index()(prototype, property);
  if (options.hidden) return;
  const shown = { nullable: true, description, deprecationReason: options.deprecated };
  method(prototype, options.as, target as never, shown, (parent, context) => {
    const keyValue = parent[property] as string | null;
    return keyValue == null ? null : resolve(context, target(), keyValue);
  });
  declareSensitivity(prototype, options.as, options.sensitivity);
  declareDerivation(prototype, options.as, options);
}

/** A reference within the same database: a foreign key, loaded in batches. Lists can filter by fields of the target. */
export function belongsTo(target: () => ModelClass, description: string, options: ReferenceOptions) {
  return (prototype: object, property: string): void => {
    declareReference(prototype, property, target, description, options, (context, type, value) =>
      context.loaders.byKey(type).load(value),
    );
    const relation = `${property}Relation`;
    ManyToOne(target as never)(prototype, relation);
    JoinColumn({ name: snakeCase(property) })(prototype, relation);
    if (!options.hidden) select(prototype, options.as, property, { kind: 'model', target }, options);
  };
}

/** A reference to an entity of another subgraph or of the shared reference tables, by key. Lists can filter by the key. */
export function refersTo(target: () => ModelClass, description: string, options: ReferenceOptions) {
  return (prototype: object, property: string): void => {
    declareReference(prototype, property, target, description, { length: 60, ...options }, (_context, type, value) =>
      stubOf(type, value),
    );
    select(
      prototype,
      options.as,
      property,
      { kind: 'key', target },
      { ...options, filter: options.filter ?? true, aggregate: options.aggregate ?? !options.hidden },
    );
  };
}

/** Adds a GraphQL field that a function resolves, like a method field of TypeGraphQL. */
export function method(
  prototype: object,
  name: string,
  type: () => GraphQLTypeReference,
  options: { nullable?: boolean | 'items' | 'itemsAndList'; description: string },
  resolve: (parent: Record<string, unknown>, context: Context) => unknown,
): void {
  const value = function (this: Record<string, unknown>, context: Context) {
    return resolve(this, context);
  };
  Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
  Ctx()(prototype, name, 0);
  Field(type as never, options)(prototype, name, { value });
}

interface ComputedOptions extends Derivation {
  /** Name of the GraphQL field, if a stored property already has the method's name. */
  as?: string;
  nullable?: boolean;
  sensitivity?: Sensitivity;
  /** Adds the field to the filter of lists: SQL condition for each value. */
  conditions?: DerivedConditions;
  /** Enum of the values; Boolean by default. */
  values?: () => object;
  /** Marks a figure over objects that not every reader may see. */
  counted?: Counted;
}

/** A field that a method computes from the {@link Context} at query time, without a column. */
export function computed(type: () => GraphQLTypeReference, description: string, options: ComputedOptions = {}) {
  return (prototype: object, property: string, descriptor: PropertyDescriptor): void => {
    const name = options.as ?? property;
    const fullDescription = options.counted ? noteCounted(prototype, name, options.counted, description) : description;
    Ctx()(prototype, property, 0);
    whenDeclared(prototype, ({ stored }) => {
      const nullable = options.nullable ?? (!stored || isOwnClass(options.sensitivity));
      Field(type, { name, nullable, description: fullDescription })(prototype, property, descriptor);
    });
    declareSensitivity(prototype, property, options.sensitivity);
    declareDerivation(prototype, property, options);
    if (options.conditions) {
      const comparison: Comparison = {
        kind: 'derived',
        values: options.values ?? null,
        conditions: options.conditions,
      };
      select(prototype, name, name, comparison, { filter: true, sensitivity: options.sensitivity });
    }
  };
}

/** Declares the sensitivity class of a field that has TypeGraphQL's decorators instead of ours. */
export function sensitivity(of: Sensitivity) {
  return Directive(`@sensitivity(class: ${of})`);
}

/** Tags a field, an input field, or a type: contracts select parts of the graph by tags. Tags of a model are an option of `@model`. */
export function tag(name: string) {
  return Directive(`@tag(name: ${JSON.stringify(name)})`);
}
