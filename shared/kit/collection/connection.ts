import type { GraphQLResolveInfo } from 'graphql';
import {
  Args,
  ArgsType,
  Ctx,
  Field,
  ID,
  Info,
  InputType,
  Int,
  ObjectType,
  Query,
  Resolver,
  registerEnumType,
} from 'type-graphql';
import { aggregatesOf, type GroupArguments, groupsOf, type List } from '../aggregates/aggregates';
import { selectedBelow } from '../aggregates/selection';
import { aggregateTypesOf, withFigures } from '../aggregates/types';
import { draftOf, type ModelClass, modelOf, type Selectable, upperSnakeCase, whenDeclared } from '../model/model';
import { takesPlainArguments } from '../model/plain-arguments';
import type { Context } from '../subgraph/context';
import type { ParentReference } from './children';
import { filterOf } from './filters';
import type { Page } from './loaders';
import { MAX_KEYS } from './max-keys';
import { oncePerField } from './once-per-field';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, type PageArguments } from './page';
import { OrderDirection, PageInfo } from './page-info';

/** Data of a connection object. */
interface Listed extends List {
  page: Page;
  total: () => Promise<number>;
}

interface ConnectionTypes {
  connection: ModelClass;
  args: ModelClass;
}

const connectionTypes = new Map<ModelClass, ConnectionTypes>();

/** The `<Model>Connection` type of a model's lists, and the arguments of such fields. */
export function connectionOf(target: ModelClass): ConnectionTypes {
  const declared = connectionTypes.get(target);
  if (declared) return declared;
  const { name } = modelOf(target);

  @ObjectType(`${name}Edge`, { description: `${article(name)} ${name} with its cursor.` })
  class Edge {
    // sealing costs a few microseconds, so cursors are computed only when selected
    @Field(() => String, { description: 'Cursor of the object. Pass it as "after" or "before".' })
    get cursor(): string {
      return this.page.cursor(this.node);
    }
    @Field(() => target, { description: `${name} at this position of the list.` })
    readonly node: object;

    constructor(
      node: object,
      private readonly page: Page,
    ) {
      this.node = node;
    }
  }

  @ObjectType(`${name}Connection`, { description: `Page of ${name} objects.` })
  class Connection {
    listed!: Listed;

    @Field(() => [target], { description: `${name} objects on this page.` })
    nodes(): readonly object[] {
      return this.listed.page.rows;
    }

    @Field(() => [Edge], { description: 'Objects on this page, each with its cursor.' })
    edges(): Edge[] {
      const { page } = this.listed;
      return page.rows.map((node) => new Edge(node, page));
    }

    @Field(() => PageInfo, { description: 'Position of this page in the list.' })
    pageInfo(): PageInfo {
      const { rows, plan, more, cursor } = this.listed.page;
      const cursorOf = (row: object | undefined) => (row ? cursor(row) : null);
      return {
        hasNextPage: plan.backward ? plan.before !== undefined : more,
        hasPreviousPage: plan.backward ? more : plan.after !== undefined,
        get startCursor() {
          return cursorOf(rows[0]);
        },
        get endCursor() {
          return cursorOf(rows.at(-1));
        },
      };
    }

    @Field(() => Int, {
      description: 'Number of objects on all pages, under the same filter. Counted only if selected.',
    })
    totalCount(): Promise<number> {
      return this.listed.total();
    }
  }
  addAggregates(target, Connection.prototype);

  @ArgsType()
  class ConnectionArgs {}
  const argument = (field: string, type: () => unknown, description: string) =>
    Field(type as never, { nullable: true, description })(ConnectionArgs.prototype, field);
  argument(
    'first',
    () => Int,
    `Page size, counted from the start of the list: 0 to ${MAX_PAGE_SIZE}. Defaults to ${DEFAULT_PAGE_SIZE} without "first" and "last".`,
  );
  argument('after', () => String, 'Returns objects after this cursor.');
  argument('last', () => Int, `Page size, counted from the end of the list: 0 to ${MAX_PAGE_SIZE}.`);
  argument('before', () => String, 'Returns objects before this cursor.');
  const filter = filterOf(target);
  argument('filter', () => filter, 'Conditions that every listed object must meet.');
  const order = orderInputOf(target);
  if (order) argument('orderBy', () => [order], 'Sort terms, most significant first. The key breaks remaining ties.');

  const types: ConnectionTypes = { connection: Connection, args: ConnectionArgs };
  connectionTypes.set(target, types);
  return types;
}

/** Adds the figures and groups of the listed objects to a connection. */
function addAggregates(target: ModelClass, prototype: { listed: Listed }): void {
  const { aggregates, groups } = aggregateTypesOf(target);
  const ofAll = async function (this: { listed: Listed }, context: Context, info: GraphQLResolveInfo) {
    return withFigures(aggregates, await aggregatesOf(this.listed, context, info));
  };
  Object.defineProperty(prototype, 'aggregates', { value: ofAll, configurable: true });
  Ctx()(prototype, 'aggregates', 0);
  Info()(prototype, 'aggregates', 1);
  const text = 'Figures over the objects on all pages, under the same filter.';
  Field(() => aggregates, { description: text })(prototype, 'aggregates', { value: ofAll });
  if (!groups) return;
  const { page, args } = groups;
  const ofGroups = async function (
    this: { listed: Listed },
    groupArgs: GroupArguments,
    context: Context,
    info: GraphQLResolveInfo,
  ) {
    return Object.assign(new page(), { page: await groupsOf(this.listed, groupArgs, context, info) });
  };
  takesPlainArguments(prototype, 'groups', ofGroups);
  Object.defineProperty(prototype, 'groups', { value: ofGroups, configurable: true });
  Args((() => args) as never)(prototype, 'groups', 0);
  Ctx()(prototype, 'groups', 1);
  Info()(prototype, 'groups', 2);
  const groupText = 'Groups of the objects on all pages, under the same filter, with figures over each.';
  Field(() => page, { description: groupText })(prototype, 'groups', { value: ofGroups });
}

/** Enum value of a field in `orderBy`: FILED_AT for `filedAt`, FINDINGS_COUNT for the list `findings`. */
export const orderValue = (field: string, isList = false): string =>
  `${upperSnakeCase(field)}${isList ? '_COUNT' : ''}`;

const isList = ({ comparison }: Selectable): boolean => comparison.kind === 'list' || comparison.kind === 'link';
const orderValueOf = (field: Selectable): string => orderValue(field.name, isList(field));

function orderInputOf(target: ModelClass): ModelClass | undefined {
  const { name, selectable } = modelOf(target);
  const ordered = [...selectable.values()].filter(({ order }) => order);
  if (ordered.length === 0) return undefined;
  const OrderField = Object.fromEntries(ordered.map((field) => [orderValueOf(field), field.name]));
  if (Object.keys(OrderField).length < ordered.length)
    throw new Error(`${name} has a list and a field with the same name in "orderBy": rename one of them`);
  registerEnumType(OrderField, {
    name: `${name}OrderField`,
    description: `Fields that lists of ${name} can be ordered by.`,
    valuesConfig: Object.fromEntries(
      ordered.map((field) => [
        orderValueOf(field),
        { description: isList(field) ? 'Order by the length of this list.' : 'Order by this field.' },
      ]),
    ),
  });

  @InputType(`${name}Order`, { description: `Sort term for lists of ${name}.` })
  class Order {
    @Field(() => OrderField as never, { description: 'Field to order by.' })
    field!: string;
    @Field(() => OrderDirection, { defaultValue: OrderDirection.ASC, description: 'Sort direction.' })
    direction!: OrderDirection;
  }
  return Order;
}

/** Fields of a connection that need no page of objects. */
const OVER_ALL_PAGES: ReadonlySet<string> = new Set(['totalCount', 'aggregates', 'groups']);

/** Whether an operation selects objects of a connection, and not only figures over all of them. */
const showsPage = (info: GraphQLResolveInfo): boolean =>
  oncePerField(info, 'shows page', () => {
    const names = selectedBelow(info).map(({ name }) => name);
    return names.length === 0 || names.some((name) => !OVER_ALL_PAGES.has(name));
  });

function connect(list: List, page: Page, total: () => Promise<number>): object {
  const listed: Listed = { ...list, page, total };
  return Object.assign(new (connectionOf(list.target).connection)(), { listed });
}

/** Objects on the page of a connection. */
export const listedBy = (connection: object): readonly object[] => (connection as { listed: Listed }).listed.page.rows;

/**
 * Adds a connection field with the children of an object.
 * @param parent how children reference the object: a property with its key, or a link table, which may be declared later
 */
export function hasMany(child: () => ModelClass, parent: string | (() => ParentReference), description: string) {
  return (prototype: object, field: string): void => {
    const reference = () => (typeof parent === 'string' ? parent : parent());
    pagedField(prototype, field, child, reference, description);
    whenDeclared(prototype, ({ stored, selectable }) => {
      const comparison = { kind: 'list', child, parent: reference } as const;
      // public, since the policy of the children applies
      const rights = { filter: true, order: true, aggregate: false, sensitivity: 'PUBLIC' } as const;
      if (stored) selectable.set(field, { name: field, property: field, comparison, ...rights });
    });
  };
}

/** Adds a connection field that pages through the children of an object. Without a sensitivity class it inherits that of its children. */
export function pagedField(
  prototype: object,
  field: string,
  child: () => ModelClass,
  parent: () => ParentReference,
  description: string,
  isNullable = false,
): void {
  const resolve = async function (
    this: Record<string, string>,
    ownArgs: PageArguments,
    { loaders }: Context,
    info: GraphQLResolveInfo,
  ) {
    const target = child();
    const parentKey = this[modelOf(prototype.constructor).key]!;
    const of = parent();
    // the same object for all parents, since loaders know arguments by their object
    const pageArgs = oncePerField(info, 'page arguments', () => ownArgs);
    oncePerField(info, 'naming', () => loaders.noteNaming(target, of, `${info.parentType.name}.${info.fieldName}`));
    const page = showsPage(info)
      ? await loaders.listBy(target, of, pageArgs).load(parentKey)
      : loaders.withoutPage(target, pageArgs);
    const list: List = { target, filter: pageArgs.filter, children: { of, parentKey } };
    return connect(list, page, () => loaders.countBy(target, of, pageArgs).load(parentKey));
  };
  takesPlainArguments(prototype, field, resolve);
  Object.defineProperty(prototype, field, { value: resolve, configurable: true, writable: true });
  Args((() => connectionOf(child()).args) as never)(prototype, field, 0);
  Ctx()(prototype, field, 1);
  Info()(prototype, field, 2);
  whenDeclared(prototype, ({ stored }) => {
    Field((() => connectionOf(child()).connection) as never, { nullable: isNullable || !stored, description })(
      prototype,
      field,
      {
        value: resolve,
      },
    );
  });
}

/** The arguments of a field with all keys of a list. */
function filterArgsOf(target: ModelClass): ModelClass {
  const filter = filterOf(target);

  @ArgsType()
  class FilterArgs {}
  Field(() => filter, { nullable: true, description: 'Conditions that every object must meet.' })(
    FilterArgs.prototype,
    'filter',
  );
  return FilterArgs;
}

interface RootNames {
  /** The field that returns one object by its key. */
  one: string;
  /** The field that returns the list. */
  many: string;
  /** The field that returns the keys of matching objects: other subgraphs can filter their references by it. */
  keys?: string;
}

/** Article that fits a type name as read aloud: `An AIModel`, `A Review`. */
export const article = (name: string): string => (/^([AEIO]|U(?!s|n))/.test(name) ? 'An' : 'A');

const listed = (names: readonly string[]): string =>
  names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${names.at(-1)}` : (names[0] ?? '');

/** Describes a list: contents, filter fields, order fields. */
function describeList(target: ModelClass): string {
  const { name, description, selectable } = modelOf(target);
  const fields = [...selectable.values()];
  const hasList = fields.some(({ comparison }) => comparison.kind === 'list');
  const filters = listed([
    ...fields.filter(({ filter, comparison }) => filter && comparison.kind !== 'list').map((field) => field.name),
    ...(hasList ? ['its lists'] : []),
  ]);
  const ordered = fields.filter(({ order }) => order);
  const orders = listed([
    ...ordered.filter((field) => !isList(field)).map(orderValueOf),
    ...(ordered.some(isList) ? ['the length of a list'] : []),
  ]);
  const filtered = `Filter by ${filters}${orders === '' ? '' : `; order by ${orders}`}.`;
  return `Paged list of ${name}. ${description} ${filtered}`;
}

/**
 * The root fields of a model: one object by key, the list, and optionally the keys of a list. All are nullable, so that a failed subgraph nulls only its
 * own fields: see docs/schema.md.
 */
export function rootsOf(target: ModelClass, { one, many, keys }: RootNames): ModelClass {
  const { name, keyField: key, description } = modelOf(target);
  const { connection, args } = connectionOf(target);

  @ArgsType()
  class KeyArgs {}
  Field(() => ID, { description: `"${key}" of the ${name} to return.` })(KeyArgs.prototype, key);

  @Resolver()
  class Roots {
    async one(keyArgs: Record<string, string>, { loaders }: Context): Promise<object | null> {
      return loaders.byKey(target).load(keyArgs[key]!);
    }
    async many(pageArgs: PageArguments, { loaders }: Context, info: GraphQLResolveInfo): Promise<object> {
      const page = showsPage(info) ? await loaders.list(target, pageArgs) : loaders.withoutPage(target, pageArgs);
      return connect({ target, filter: pageArgs.filter }, page, () => loaders.count(target, pageArgs));
    }
    async keys({ filter }: PageArguments, { loaders }: Context): Promise<readonly string[]> {
      return loaders.keys(target, filter ?? undefined);
    }
  }
  const decorate = (
    method: 'one' | 'many' | 'keys',
    field: string,
    type: () => unknown,
    argsType: ModelClass,
    text: string,
  ) => {
    takesPlainArguments(Roots.prototype, field, Roots.prototype[method]);
    Args((() => argsType) as never)(Roots.prototype, method, 0);
    Ctx()(Roots.prototype, method, 1);
    Info()(Roots.prototype, method, 2);
    Query(type as never, { name: field, nullable: true, description: text })(
      Roots.prototype,
      method,
      Object.getOwnPropertyDescriptor(Roots.prototype, method)!,
    );
  };
  decorate(
    'one',
    one,
    () => target,
    KeyArgs,
    `${name} with this ${key}, or null if it does not exist or you may not see it. ${description}`,
  );
  decorate('many', many, () => connection, args, describeList(target));
  if (keys !== undefined) {
    draftOf(target).keysField = keys;
    const most = MAX_KEYS.toLocaleString('en-US');
    decorate(
      'keys',
      keys,
      () => [ID],
      filterArgsOf(target),
      `Keys of all ${name} objects that match the filter and that you may see, sorted. At most ${most}; more are an error.`,
    );
  }
  return Roots;
}
