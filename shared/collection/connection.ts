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
import { type ModelClass, modelOf, whenDeclared } from '../model/model';
import type { Context } from '../subgraph/context';
import { filterOf } from './filters';
import type { Page } from './loaders';
import { DEFAULT_PAGE_SIZE, encodeCursor, MAX_PAGE_SIZE, type PageArguments } from './page';

enum OrderDirection {
  ASC = 'ASC',
  DESC = 'DESC',
}
registerEnumType(OrderDirection, {
  name: 'OrderDirection',
  description: 'Which way a list is ordered.',
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

  @ObjectType(`${name}Edge`, { description: `A ${name} and its place in a list.` })
  class Edge {
    @Field(() => String, { description: 'The place; pass as "after" or "before".' })
    cursor!: string;
    @Field(() => target, { description: `The ${name}.` })
    node!: object;
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
      const { rows, plan } = this.listed.page;
      return rows.map((node) => Object.assign(new Edge(), { cursor: encodeCursor(target, plan.order, node), node }));
    }

    @Field(() => PageInfo, { description: 'Where this page stands.' })
    pageInfo(): PageInfo {
      const { rows, plan, more } = this.listed.page;
      const cursor = (row: object | undefined) => (row ? encodeCursor(target, plan.order, row) : null);
      return {
        hasNextPage: plan.backward ? plan.before !== undefined : more,
        hasPreviousPage: plan.backward ? more : plan.after !== undefined,
        startCursor: cursor(rows[0]),
        endCursor: cursor(rows.at(-1)),
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
    `Objects on the page, counted from the start: 1 to ${MAX_PAGE_SIZE}, ${DEFAULT_PAGE_SIZE} when neither first nor last is given.`,
  );
  argument('after', () => String, 'Only objects after this cursor.');
  argument('last', () => Int, `Objects on the page, counted from the end: 1 to ${MAX_PAGE_SIZE}.`);
  argument('before', () => String, 'Only objects before this cursor.');
  const filter = filterOf(target);
  argument('filter', () => filter, 'Only objects that this holds for.');
  const order = orderInputOf(target);
  if (order)
    argument('orderBy', () => [order], 'First by the first term, ties by the next; the key breaks what ties remain.');

  const types: ConnectionTypes = { connection: Connection, args: ConnectionArgs };
  made.set(target, types);
  return types;
}

function orderInputOf(target: ModelClass): ModelClass | undefined {
  const { name, selectable } = modelOf(target);
  const names = [...selectable.values()].filter(({ order }) => order).map((field) => field.name);
  if (names.length === 0) return undefined;
  const OrderField = Object.fromEntries(names.map((field) => [field, field]));
  registerEnumType(OrderField, {
    name: `${name}OrderField`,
    description: `What a list of ${name} can be ordered by.`,
    valuesConfig: Object.fromEntries(names.map((field) => [field, { description: `By "${field}".` }])),
  });

  @InputType(`${name}Order`, { description: `One term of the order of a list of ${name}.` })
  class Order {
    @Field(() => OrderField as never, { description: 'By what.' })
    field!: string;
    @Field(() => OrderDirection, { defaultValue: OrderDirection.ASC, description: 'Which way.' })
    direction!: OrderDirection;
  }
  return Order;
}

function connect(target: ModelClass, page: Page, total: () => Promise<number>): object {
  return Object.assign(new (connectionOf(target).connection)(), { listed: { page, total } satisfies Listed });
}

/**
 * A field that lists the children of an object: those whose property holds the object's key.
 * @param childProperty the child's property that names the parent.
 */
export function hasMany(child: () => ModelClass, childProperty: string, description: string) {
  return (prototype: object, field: string): void => {
    const resolve = async function (this: Record<string, string>, given: PageArguments, { loaders }: Context) {
      const target = child();
      const parentKey = this[modelOf(prototype.constructor).key]!;
      const page = await loaders.listBy(target, childProperty, given).load(parentKey);
      return connect(target, page, () => loaders.countBy(target, childProperty, given).load(parentKey));
    };
    Object.defineProperty(prototype, field, { value: resolve, configurable: true, writable: true });
    Args((() => connectionOf(child()).args) as never)(prototype, field, 0);
    Ctx()(prototype, field, 1);
    whenDeclared(prototype, ({ stored }) => {
      Field((() => connectionOf(child()).connection) as never, { nullable: !stored, description })(prototype, field, {
        value: resolve,
      });
    });
    unsettled.push(() => Directive(`@sensitivity(class: ${modelOf(child()).sensitivity})`)(prototype, field));
  };
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

/** The two root fields of a model: one object by key, and the list. Nullable, so that a subgraph that is down costs no other's. */
export function rootsOf(target: ModelClass, { one, many }: RootNames): ModelClass {
  const { name, keyField: key } = modelOf(target);
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
  const decorate = (
    method: 'one' | 'many',
    field: string,
    type: ModelClass,
    argsType: ModelClass,
    description: string,
  ) => {
    Args((() => argsType) as never)(Roots.prototype, method, 0);
    Ctx()(Roots.prototype, method, 1);
    Query((() => type) as never, { name: field, nullable: true, description })(
      Roots.prototype,
      method,
      Object.getOwnPropertyDescriptor(Roots.prototype, method)!,
    );
  };
  decorate('one', one, target, KeyArgs, `The ${name} with this ${key}, or null.`);
  decorate('many', many, connection, args, `All ${name} objects, narrowed, ordered and paged as asked.`);
  return Roots;
}
