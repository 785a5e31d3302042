import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isLeafType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { type ModelClass, modelOf } from '#kit/model/model';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import { AS_OF, type World } from '../support/world';

/** One value that a caller has read, with its field and object. */
export interface Fact {
  readonly type: string;
  readonly key: string;
  /** `field`, or `field.part` within an object without identity. */
  readonly field: string;
  readonly value: string | number | boolean;
  /** The type of the object whose key the value is. */
  readonly refersTo?: string;
}

/** A list in the order in which a caller sees it. */
export interface ShownList {
  readonly type: string;
  readonly keys: readonly string[];
}

type Value = string | number | boolean | null | readonly Value[] | { readonly [field: string]: Value };
type Fields = Readonly<Record<string, Value>>;

const PAGE = 500;
const MAX_PAGES = 4;
const CHILDREN = 50;
const ROUNDS = 2;
const BATCH = 400;

/** Arguments that some fields require. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  moreThan: '0',
  workRole: '"531"',
  at: `"${AS_OF}"`,
};

/**
 * Everything that a caller can read of the four subgraphs, bounded: all root lists and figures with the fields of their objects,
 * and then, by reference, every object whose key was read. Rejected fields are left out, as a caller would.
 */
export class Knowledge {
  readonly facts = new Map<string, Fact>();
  readonly lists: ShownList[] = [];
  private readonly keys = new Map<string, Set<string>>();
  private readonly asked = new Set<string>();
  private readonly refused = new Set<string>();

  private constructor(
    private readonly world: World,
    private readonly who: string | null,
  ) {}

  static async of(world: World, caller: string | null): Promise<Knowledge> {
    const knowledge = new Knowledge(world, caller);
    for (const subgraph of world.open) await knowledge.readRoots(subgraph);
    for (let round = 0; round < ROUNDS; round++)
      for (const subgraph of world.open) await knowledge.readEntities(subgraph);
    return knowledge;
  }

  private async readRoots(subgraph: OpenSubgraph): Promise<void> {
    const query = subgraph.subgraph.schema.getQueryType()!;
    for (const field of Object.values(query.getFields())) {
      if (field.name.startsWith('_') || field.name.endsWith('AccessLog') || !isCallable(field)) continue;
      if (getNamedType(field.type).name.endsWith('Connection')) await this.readList(subgraph, field);
      else {
        const data = await this.ask(subgraph, () => `{ ${this.select(subgraph, query, field, 2)} }`);
        this.learn(subgraph, query, data, { type: 'Query', key: field.name }, '');
      }
    }
  }

  private async readList(subgraph: OpenSubgraph, field: GraphQLField<unknown, unknown>): Promise<void> {
    const query = subgraph.subgraph.schema.getQueryType()!;
    const node = nodeOf(field);
    const shownKeys: string[] = [];
    for (let page = 0, after = 'null'; page < MAX_PAGES; page++) {
      const data = await this.ask(
        subgraph,
        () =>
          `{ ${field.name}(first: ${PAGE}, after: ${after}) {
               totalCount nodes { ${this.fieldsOf(subgraph, node, 1)} } pageInfo { hasNextPage endCursor } } }`,
      );
      const list = data[field.name] as {
        nodes: Fields[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
      } | null;
      if (!list) return;
      this.learn(subgraph, query, data, { type: 'Query', key: field.name }, '');
      const keyField = keyFieldOf(subgraph, node.name);
      if (keyField) shownKeys.push(...list.nodes.map((object) => String(object[keyField])));
      if (!list.pageInfo.hasNextPage) break;
      after = JSON.stringify(list.pageInfo.endCursor);
    }
    this.lists.push({ type: node.name, keys: shownKeys });
  }

  /** The fields of objects with known keys, as the gateway fetches them from a subgraph. */
  private async readEntities(subgraph: OpenSubgraph): Promise<void> {
    const { schema } = subgraph.subgraph;
    const union = schema.getType('_Entity') as unknown as { getTypes(): readonly GraphQLObjectType[] };
    for (const type of union.getTypes()) {
      const keyField = keyFieldOf(subgraph, type.name)!;
      const fresh = [...(this.keys.get(type.name) ?? [])]
        .filter((key) => !this.asked.has(`${subgraph.name} ${type.name} ${key}`))
        .slice(0, BATCH);
      if (fresh.length === 0) continue;
      for (const key of fresh) this.asked.add(`${subgraph.name} ${type.name} ${key}`);
      const data = await this.ask(
        subgraph,
        () =>
          `query ($r: [_Any!]!) { _entities(representations: $r) { ... on ${type.name} { ${this.fieldsOf(subgraph, type, 1)} } } }`,
        { r: fresh.map((key) => ({ __typename: type.name, [keyField]: key })) },
      );
      for (const object of (data._entities ?? []) as readonly (Fields | null)[])
        if (object) this.learnObject(subgraph, type, object);
    }
  }

  /** Repeats the query without rejected fields until it succeeds. */
  private async ask(subgraph: OpenSubgraph, query: () => string, variables = {}): Promise<Fields> {
    for (;;) {
      const headers = await this.world.identity.signed(subgraph.name, this.who);
      const { data, errors = [] } = await subgraph.execute({ query: query(), variables, headers });
      const before = this.refused.size;
      for (const { message, extensions } of errors) {
        const [, coordinate] = /^Your roles don't have access to (\w+\.\w+), a field of class/.exec(message) ?? [];
        if (coordinate) this.refused.add(coordinate);
        // this world keeps no record
        else if (!['RECORD_UNAVAILABLE', 'ERRORS_OMITTED'].includes(extensions?.code as string))
          throw new Error(`${message}: ${query()}`);
      }
      if (this.refused.size === before) return (data ?? {}) as Fields;
    }
  }

  private fieldsOf(subgraph: OpenSubgraph, type: GraphQLObjectType, depth: number): string {
    const fields = Object.values(type.getFields()).filter(
      (field) => isCallable(field) && !this.refused.has(`${type.name}.${field.name}`),
    );
    return fields.map((field) => this.select(subgraph, type, field, depth)).join(' ') || '__typename';
  }

  private select(
    subgraph: OpenSubgraph,
    type: GraphQLObjectType,
    field: GraphQLField<unknown, unknown>,
    depth: number,
  ): string {
    if (this.refused.has(`${type.name}.${field.name}`)) return '__typename';
    const argTexts = field.args
      .filter(({ type: of }) => isNonNullType(of))
      .map(({ name }) => `${name}: ${ARGUMENTS[name]}`);
    const named = getNamedType(field.type);
    if (!isObjectType(named)) return isLeafType(named) ? withArguments(field.name, argTexts) : '__typename';
    if (named.name.endsWith('Connection')) {
      const node = nodeOf(field);
      const keyField = keyFieldOf(subgraph, node.name) ?? '__typename';
      return `${withArguments(field.name, [...argTexts, `first: ${CHILDREN}`])} { totalCount nodes { ${keyField} } }`;
    }
    const keyField = keyFieldOf(subgraph, named.name);
    // an object with a key is fetched by it
    const inner = keyField && depth < 2 ? keyField : this.fieldsOf(subgraph, named, depth - 1);
    return depth < 0 ? '__typename' : `${withArguments(field.name, argTexts)} { ${inner} }`;
  }

  private learnObject(subgraph: OpenSubgraph, type: GraphQLObjectType, object: Fields): void {
    const key = object[keyFieldOf(subgraph, type.name) ?? ''];
    if (typeof key !== 'string') return;
    this.keys.set(type.name, (this.keys.get(type.name) ?? new Set()).add(key));
    this.learn(subgraph, type, object, { type: type.name, key }, '');
  }

  private learn(
    subgraph: OpenSubgraph,
    type: GraphQLObjectType,
    object: Fields,
    owner: { readonly type: string; readonly key: string },
    path: string,
  ): void {
    for (const [name, value] of Object.entries(object)) {
      const field = type.getFields()[name];
      if (!field) continue;
      for (const item of Array.isArray(value) ? (value as readonly Value[]) : [value]) {
        if (item === null || item === undefined) continue;
        if (typeof item !== 'object') this.add({ ...owner, field: `${path}${name}`, value: item });
        else this.learnInner(subgraph, field, item as Fields, owner, `${path}${name}`);
      }
    }
  }

  private learnInner(
    subgraph: OpenSubgraph,
    field: GraphQLField<unknown, unknown>,
    value: Fields,
    owner: { readonly type: string; readonly key: string },
    path: string,
  ): void {
    const named = getNamedType(field.type) as GraphQLObjectType;
    const isList = named.name.endsWith('Connection');
    const type = isList ? nodeOf(field) : named;
    const keyField = keyFieldOf(subgraph, type.name);
    if (isList) this.add({ ...owner, field: `${path}.totalCount`, value: Number(value.totalCount) });
    for (const object of isList ? (value.nodes as readonly Fields[]) : [value]) {
      if (!keyField) this.learn(subgraph, type, object, owner, `${path}.`);
      else if (object[keyField] != null) {
        this.add({ ...owner, field: path, value: String(object[keyField]), refersTo: type.name });
        this.learnObject(subgraph, type, object);
      }
    }
  }

  private add(fact: Fact): void {
    const { type, key, field, value } = fact;
    this.facts.set(`${type}\n${key}\n${field}\n${typeof value}\n${value}`, fact);
  }
}

const isCallable = ({ args }: GraphQLField<unknown, unknown>): boolean =>
  args.every(({ name, type }) => !isNonNullType(type) || name in ARGUMENTS);

const withArguments = (name: string, args: readonly string[]): string =>
  args.length === 0 ? name : `${name}(${args.join(', ')})`;

function nodeOf(field: GraphQLField<unknown, unknown>): GraphQLObjectType {
  const connection = getNamedType(field.type) as GraphQLObjectType;
  return getNamedType(connection.getFields().nodes!.type) as GraphQLObjectType;
}

const modelsOf = ({ subgraph: { parts } }: OpenSubgraph): readonly ModelClass[] => [...parts.entities, ...parts.stubs];

const keyFields = new WeakMap<OpenSubgraph, ReadonlyMap<string, string>>();

/** The key field of a type; undefined for types without identity. */
function keyFieldOf(subgraph: OpenSubgraph, type: string): string | undefined {
  let ofTypes = keyFields.get(subgraph);
  if (!ofTypes) {
    const published = modelsOf(subgraph)
      .map(modelOf)
      .filter((model) => model.published);
    ofTypes = new Map(published.map(({ name, keyField }) => [name, keyField]));
    keyFields.set(subgraph, ofTypes);
  }
  return ofTypes.get(type);
}
