import {
  Args,
  ArgsType,
  Ctx,
  Directive,
  Field,
  ID,
  InputType,
  Int,
  ObjectType,
  Query,
  Resolver,
  registerEnumType,
} from 'type-graphql';
import { type ModelClass, modelOf, snakeCase, whenDeclared } from '../model/model';
import type { Context } from '../subgraph/context';
import { filterOf } from './filters';
import type { Page, ParentReference } from './loaders';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, type PageArguments } from './page';

enum OrderDirection {
  ASC = 'ASC',
  DESC = 'DESC',
}
registerEnumType(OrderDirection, {
  name: 'OrderDirection',
  description: 'Direction in which a list is ordered.',
  valuesConfig: {
    ASC: { description: 'Smallest, earliest, A first; objects without a value come first.' },
    DESC: { description: 'Largest, latest, Z first; objects without a value come last.' },
  },
});

@ObjectType({ description: 'Where a page stands in its list (Relay connections).' })
@Directive('@shareable')
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether objects follow this page.' })
  hasNextPage!: boolean;
  @Field(() => Boolean, { description: 'Whether objects precede this page.' })
  hasPreviousPage!: boolean;
  @Field(() => String, { nullable: true, description: 'Cursor of the first object; pass as "before" to go back.' })
  startCursor!: string | null;
  @Field(() => String, { nullable: true, description: 'Cursor of the last object; pass as "after" to go on.' })
  endCursor!: string | null;
}

/** A page on its way into the schema: what its connection type reads from. */
interface Listed {
  page: Page;
  total: () => Promise<number>;
}

interface ConnectionTypes {
  connection: ModelClass;
  args: ModelClass;
}

const made = new Map<ModelClass, ConnectionTypes>();

/** The `<Model>Connection` type of a model's lists and the arguments such a field takes. */
export function connectionOf(target: ModelClass): ConnectionTypes {
  const known = made.get(target);
  if (known) return known;
  const { name } = modelOf(target);

  @ObjectType(`${name}Edge`, { description: `${article(name)} ${name} and its cursor in a list.` })
  class Edge {
    // each costs a few microseconds, so only one that is asked for is made
    @Field(() => String, { description: 'Cursor of the object; pass it as "after" or "before".' })
    get cursor(): string {
      return this.page.cursor(this.node);
    }
    @Field(() => target, { description: `The ${name}.` })
    readonly node: object;

    constructor(
      node: object,
      private readonly page: Page,
    ) {
      this.node = node;
    }
  }

  @ObjectType(`${name}Connection`, { description: `A page of a list of ${name}.` })
  class Connection {
    listed!: Listed;

    @Field(() => [target], { description: `The ${name} objects of this page.` })
    nodes(): readonly object[] {
      return this.listed.page.rows;
    }

    @Field(() => [Edge], { description: 'The same objects, each with its cursor.' })
    edges(): Edge[] {
      const { page } = this.listed;
      return page.rows.map((node) => new Edge(node, page));
    }

    @Field(() => PageInfo, { description: 'Where this page stands.' })
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
      description: 'How many objects the whole list has under the same filter; counted only when asked for.',
    })
    totalCount(): Promise<number> {
      return this.listed.total();
    }
  }

  @ArgsType()
  class ConnectionArgs {}
  const argument = (field: string, type: () => unknown, description: string) =>
    Field(type as never, { nullable: true, description })(ConnectionArgs.prototype, field);
  argument(
    'first',
    () => Int,
    `Page size, counted from the start of the list: 0 to ${MAX_PAGE_SIZE}; ${DEFAULT_PAGE_SIZE} if neither "first" nor "last" is given.`,
  );
  argument('after', () => String, 'Only objects after this cursor.');
  argument('last', () => Int, `Page size, counted from the end of the list: 0 to ${MAX_PAGE_SIZE}.`);
  argument('before', () => String, 'Only objects before this cursor.');
  const filter = filterOf(target);
  argument('filter', () => filter, 'Conditions that every listed object meets.');
  const order = orderInputOf(target);
  if (order)
    argument(
      'orderBy',
      () => [order],
      'Order of the list: by the first term, then ties by the next. The key breaks remaining ties.',
    );

  const types: ConnectionTypes = { connection: Connection, args: ConnectionArgs };
  made.set(target, types);
  return types;
}

/** The enum value by which lists are ordered by a field: `filedAt` is FILED_AT. */
export const orderValue = (field: string): string => snakeCase(field).toUpperCase();

function orderInputOf(target: ModelClass): ModelClass | undefined {
  const { name, selectable } = modelOf(target);
  const ordered = [...selectable.values()].filter(({ order }) => order);
  if (ordered.length === 0) return undefined;
  const OrderField = Object.fromEntries(ordered.map((field) => [orderValue(field.name), field.name]));
  registerEnumType(OrderField, {
    name: `${name}OrderField`,
    description: `Fields that order a list of ${name}.`,
    valuesConfig: Object.fromEntries(
      ordered.map((field) => [orderValue(field.name), { description: `Orders by "${field.name}".` }]),
    ),
  });

  @InputType(`${name}Order`, { description: `One term of the order of a list of ${name}.` })
  class Order {
    @Field(() => OrderField as never, { description: 'Field to order by.' })
    field!: string;
    @Field(() => OrderDirection, { defaultValue: OrderDirection.ASC, description: 'Direction; ascending by default.' })
    direction!: OrderDirection;
  }
  return Order;
}

function connect(target: ModelClass, page: Page, total: () => Promise<number>): object {
  return Object.assign(new (connectionOf(target).connection)(), { listed: { page, total } satisfies Listed });
}

/** The objects of the page that an object of a connection type stands for. */
export const listedBy = (connection: object): readonly object[] => (connection as { listed: Listed }).listed.page.rows;

/**
 * A field that lists the children of an object.
 * @param parent how children name the object: by a property that holds its key, or by a link table, which may be declared later
 */
export function hasMany(child: () => ModelClass, parent: string | (() => ParentReference), description: string) {
  return (prototype: object, field: string): void => {
    const reference = () => (typeof parent === 'string' ? parent : parent());
    pagedField(prototype, field, child, reference, description);
    unsettled.push(() => Directive(`@sensitivity(class: ${modelOf(child()).sensitivity})`)(prototype, field));
  };
}

/** Adds a connection field that pages through the children of an object. Its class of sensitivity is the caller's to write. */
export function pagedField(
  prototype: object,
  field: string,
  child: () => ModelClass,
  parent: () => ParentReference,
  description: string,
  isNullable = false,
): void {
  const resolve = async function (this: Record<string, string>, given: PageArguments, { loaders }: Context) {
    const target = child();
    const parentKey = this[modelOf(prototype.constructor).key]!;
    const page = await loaders.listBy(target, parent(), given).load(parentKey);
    return connect(target, page, () => loaders.countBy(target, parent(), given).load(parentKey));
  };
  Object.defineProperty(prototype, field, { value: resolve, configurable: true, writable: true });
  Args((() => connectionOf(child()).args) as never)(prototype, field, 0);
  Ctx()(prototype, field, 1);
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

/** Lists whose class of sensitivity is not written yet: it is that of the children, who may be declared later. */
const unsettled: (() => void)[] = [];

/** Writes the class of sensitivity of all lists. Called before a schema is built, when all classes are declared. */
export function settleLists(): void {
  for (const settle of unsettled.splice(0)) settle();
}

interface RootNames {
  /** The field that returns one object by its key. */
  one: string;
  /** The field that returns the list. */
  many: string;
}

/** `An AIModel`, `A Review`: the article that fits a type's name as it is read aloud. */
export const article = (name: string): string => (/^([AEIO]|U(?!s|n))/.test(name) ? 'An' : 'A');

const listed = (names: readonly string[]): string =>
  names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${names.at(-1)}` : (names[0] ?? '');

/** What the list of a model has in it, and by what one narrows and orders it. */
function describeList(target: ModelClass): string {
  const { name, description, selectable } = modelOf(target);
  const fields = [...selectable.values()];
  const filters = listed(fields.filter(({ filter }) => filter).map((field) => field.name));
  const orders = listed(fields.filter(({ order }) => order).map((field) => orderValue(field.name)));
  const filtered = `Filter by ${filters}${orders === '' ? '' : `; order by ${orders}`}.`;
  return `Paged list of ${name}. ${description} ${filtered}`;
}

/**
 * The two root fields of a model: one object by key, and the list. Both are nullable, so that a subgraph that is down costs no
 * field of another: see docs/schema.md.
 */
export function rootsOf(target: ModelClass, { one, many }: RootNames): ModelClass {
  const { name, keyField: key, description } = modelOf(target);
  const { connection, args } = connectionOf(target);

  @ArgsType()
  class KeyArgs {}
  Field(() => ID, { description: `The ${key} of the ${name}.` })(KeyArgs.prototype, key);

  @Resolver()
  class Roots {
    async one(given: Record<string, string>, { loaders }: Context): Promise<object | null> {
      return loaders.byKey(target).load(given[key]!);
    }
    async many(given: PageArguments, { loaders }: Context): Promise<object> {
      const page = await loaders.list(target, given);
      return connect(target, page, () => loaders.count(target, given));
    }
  }
  const decorate = (method: 'one' | 'many', field: string, type: ModelClass, argsType: ModelClass, text: string) => {
    Args((() => argsType) as never)(Roots.prototype, method, 0);
    Ctx()(Roots.prototype, method, 1);
    Query((() => type) as never, { name: field, nullable: true, description: text })(
      Roots.prototype,
      method,
      Object.getOwnPropertyDescriptor(Roots.prototype, method)!,
    );
  };
  decorate('one', one, target, KeyArgs, `The ${name} with this ${key}, or null. ${description}`);
  decorate('many', many, connection, args, describeList(target));
  return Roots;
}
