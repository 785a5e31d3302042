import { createHash } from 'node:crypto';
import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  execute,
  type FieldNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLFormattedError,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getArgumentValues,
  isAbstractType,
  isEnumType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  validate,
} from 'graphql';

/**
 * An object of the generated world: its type and number determine everything about it, in whichever subgraph it appears.
 */
interface Thing {
  readonly __typename: string;
  readonly n: number;
  /** The representation that identified it. */
  readonly given?: Record<string, unknown>;
  /** The `@provides` fields of the field that returned it. */
  readonly provided?: SelectionSetNode;
  /** Whether it has only provided fields: a value object of another subgraph. */
  readonly isOnlyProvided?: boolean;
}

/** How often, per thousand, something is odd. */
export interface Oddities {
  readonly nulls: number;
  readonly errors: number;
  /** Entities that their owners do not know. */
  readonly unknown: number;
  /** Calls of subgraphs that fail as a whole. */
  readonly failures?: number;
}

const NUMBERS = 6;

/** Subgraphs that serve one generated world. */
export class OracleWorld {
  /** Calls of subgraphs since the last read. */
  calls = 0;
  /** Messages of fields that other fields require and that failed in the last {@link monolith}. */
  readonly lostRequirements = new Set<string>();
  private readonly schemas = new Map<string, GraphQLSchema>();

  constructor(
    subgraphs: Readonly<Record<string, string>>,
    readonly seed: string,
    readonly oddities: Oddities,
  ) {
    for (const [name, sdl] of Object.entries(subgraphs)) this.schemas.set(name, this.subgraph(sdl));
  }

  async execute(
    name: string,
    query: string,
    variables: Record<string, unknown>,
  ): Promise<{ data?: Record<string, unknown> | null; errors?: readonly GraphQLFormattedError[] }> {
    this.calls += 1;
    const { failures = 0 } = this.oddities;
    if (this.chance(`failure ${name} ${query} ${JSON.stringify(variables)}`) < failures)
      return { errors: [{ message: `${name} failed`, extensions: { code: 'FAILED' } }] };
    const schema = this.schemas.get(name)!;
    const document = parse(query);
    const invalid = validate(schema, document);
    if (invalid.length > 0)
      return {
        errors: invalid.map(({ message }) => ({
          message: `${name}: ${message}`,
          extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
        })),
      };
    const { data, errors } = await execute({ schema, document, variableValues: variables });
    // as over a network
    return JSON.parse(JSON.stringify({ data, errors }));
  }

  private subgraph(sdl: string): GraphQLSchema {
    const schema = buildSubgraphSchema(parse(sdl));
    for (const type of Object.values(schema.getTypeMap())) {
      if (type.name.startsWith('_') || !(isObjectType(type) || isAbstractType(type))) continue;
      if (isAbstractType(type)) type.resolveType = (value: Thing) => value.__typename;
      if (isInterfaceType(type) || isObjectType(type)) {
        const reference = (representation: Record<string, unknown>) => this.resolveReference(schema, representation);
        Object.assign(type, { resolveReference: reference });
        type.extensions = {
          ...type.extensions,
          apollo: { ...(type.extensions.apollo as object), subgraph: { resolveReference: reference } },
        };
      }
      if (isObjectType(type))
        for (const field of Object.values(type.getFields()))
          if (!field.name.startsWith('_')) this.resolve(schema, type, field);
    }
    return schema;
  }

  /** Every key ends with the number. */
  private resolveReference(schema: GraphQLSchema, representation: Record<string, unknown>): Thing | null {
    const n = numberIn(representation);
    if (n === undefined)
      throw new GraphQLError(
        `cannot tell which ${representation.__typename} is meant by ${JSON.stringify(representation)}`,
      );
    const name = String(representation.__typename);
    if (this.chance(`unknown ${name} ${n}`) < this.oddities.unknown) return null;
    const type = schema.getType(name);
    const typename = isAbstractType(type) ? this.concrete(schema, type.name, n) : name;
    return { __typename: typename, n, given: representation };
  }

  private concrete(schema: GraphQLSchema, name: string, n: number): string {
    const possible = schema
      .getPossibleTypes(schema.getType(name) as never)
      .map((type) => type.name)
      .sort();
    return possible[n % possible.length]!;
  }

  private resolve(
    schema: GraphQLSchema,
    type: GraphQLObjectType,
    field: GraphQLField<Thing | undefined, unknown>,
  ): void {
    const isKey = keyFields(type).has(field.name);
    const required = requiredOf(field);
    const provides = providesOf(field);
    const isExternal = isExternalField(field) && !isKey;
    field.resolve = (source, args) => {
      const provided = source?.provided && namedIn(source.provided, type.name, field.name);
      // as in production: another subgraph has it, and this one has a value only on paths that provide it
      if ((isExternal || source?.isOnlyProvided) && !provided) return source?.given?.[field.name] ?? null;
      const value = ownValue(source, args);
      const below = joined(provided, provides);
      return below ? asProvided(value, below, isExternal || source?.isOnlyProvided === true, schema) : value;
    };
    const ownValue = (source: Thing | undefined, args: Record<string, unknown>): unknown => {
      const n = source?.n ?? 0;
      const id = `${type.name === 'Query' ? 'Query' : ownName(type.name)}.${field.name}.${n}${JSON.stringify(args)}`;
      if (!isKey) {
        if (this.chance(`error ${id}`) < this.oddities.errors)
          throw new GraphQLError(`boom ${id}`, { extensions: { code: 'BOOM' } });
        if (this.chance(`null ${id}`) < this.oddities.nulls) return null;
      }
      if (required)
        return `from ${JSON.stringify(source?.given && pick(source.given, required))} as ${JSON.stringify(args)}`;
      return this.value(schema, field.type, id, isKey ? n : undefined, n);
    };
  }

  /** @param key the number of the object that the value identifies. */
  private value(
    schema: GraphQLSchema,
    type: GraphQLOutputType,
    id: string,
    key: number | undefined,
    n: number,
  ): unknown {
    if (isNonNullType(type)) return this.value(schema, type.ofType, id, key, n);
    if (isListType(type)) {
      const length = this.number(`length ${id}`) % 4;
      return Array.from({ length }, (_, index) =>
        this.chance(`item ${id} ${index}`) < this.oddities.nulls
          ? null
          : this.value(schema, type.ofType, `${id}[${index}]`, undefined, n),
      );
    }
    if (isEnumType(type)) return type.getValues()[this.number(id) % type.getValues().length]!.name;
    if (isObjectType(type))
      return { __typename: type.name, n: key ?? this.numberOf(schema, type, this.number(id) % NUMBERS) };
    if (isAbstractType(type)) {
      const otherNumber = this.number(id) % NUMBERS;
      return { __typename: this.concrete(schema, type.name, otherNumber), n: otherNumber };
    }
    switch (type.name) {
      case 'Int':
        return key ?? this.number(id) % 100;
      case 'Float':
        return (this.number(id) % 1_000) / 8;
      case 'Boolean':
        return this.number(id) % 2 === 0;
      case 'JSON':
        return [{ __typename: 'Cell', id, data: null, errors: [[], {}] }, [[1], [null]], 'text', n, true][
          this.number(id) % 5
        ];
      default:
        return key === undefined ? `"${id}" ${this.number(id) % 10}\u2028` : `${id.split('.')[1]}.${key}`;
    }
  }

  /** A number under which an interface of the type finds objects of this type. */
  private numberOf(schema: GraphQLSchema, type: GraphQLObjectType, n: number): number {
    const [entity] = type
      .getInterfaces()
      .filter((candidate) =>
        candidate.astNode?.directives?.some(({ name }) => name.value === 'key' || name.value === 'join__type'),
      );
    if (!entity) return n;
    for (let candidate = n; ; candidate++)
      if (this.concrete(schema, entity.name, candidate) === type.name) return candidate;
  }

  /**
   * The response by the GraphQL specification if the graph were one service, without any federation.
   * @param whole the schema including @inaccessible elements.
   */
  async monolith(
    apiSchema: GraphQLSchema,
    whole: GraphQLSchema,
    query: string,
    variables: Record<string, unknown>,
    isWithheld: (coordinate: string) => boolean = () => false,
  ) {
    const result = await execute({
      schema: apiSchema,
      document: parse(query),
      variableValues: variables,
      ...this.resolvers(whole, isWithheld),
    });
    return { data: JSON.parse(JSON.stringify(result.data ?? null)) as unknown, errors: result.errors ?? [] };
  }

  /**
   * How one service would resolve fields.
   * @param whole the schema including @inaccessible elements.
   */
  resolvers(whole: GraphQLSchema, isWithheld: (coordinate: string) => boolean = () => false) {
    this.lostRequirements.clear();
    return {
      fieldResolver: (
        source: unknown,
        args: Record<string, unknown>,
        _context: unknown,
        { parentType, fieldName }: { readonly parentType: { readonly name: string }; readonly fieldName: string },
      ) => {
        if (isWithheld(`${parentType.name}.${fieldName}`)) throw new Error('withheld');
        return this.wholeValue(whole, parentType.name, (source as Thing | undefined)?.n ?? 0, fieldName, args);
      },
      typeResolver: (value: unknown) => (value as Thing).__typename,
    };
  }

  private wholeValue(
    whole: GraphQLSchema,
    typename: string,
    n: number,
    name: string,
    args: Record<string, unknown>,
  ): unknown {
    // only the subgraph that has the field counts, and it may define the type by its interface
    const types = [
      typename,
      ...(whole.getType(typename) as GraphQLObjectType).getInterfaces().map((parent) => parent.name),
    ];
    for (const owner of types)
      for (const schema of this.schemas.values()) {
        const type = schema.getType(owner);
        if (!isObjectType(type)) continue;
        const field = type.getFields()[name];
        if (!field || field.astNode?.directives?.some((directive) => directive.name.value === 'external')) continue;
        const required = requiredOf(field);
        const requirements = required && this.wholeSelection(whole, typename, n, required);
        const value = field.resolve!({ __typename: typename, n, given: requirements } as Thing, args, undefined, {
          schema,
        } as never);
        return this.asConcrete(whole, value);
      }
    throw new Error(`nobody has ${typename}.${name}`);
  }

  /** The concrete object of an object that a subgraph defines by its interface. */
  private asConcrete(whole: GraphQLSchema, value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.asConcrete(whole, item));
    const { __typename, n } = (value ?? {}) as Partial<Thing>;
    if (__typename === undefined || !isAbstractType(whole.getType(__typename))) return value;
    return { __typename: this.concrete(whole, __typename, n!), n };
  }

  private wholeSelection(
    whole: GraphQLSchema,
    typename: string,
    n: number,
    { selections }: SelectionSetNode,
  ): Record<string, unknown> {
    const type = whole.getType(typename) as GraphQLObjectType;
    return Object.fromEntries(
      (selections as readonly FieldNode[]).map((node) => {
        const field = type.getFields()[node.name.value]!;
        let value: unknown = null;
        try {
          value = this.wholeValue(whole, typename, n, node.name.value, getArgumentValues(field, node));
          value = this.completed(value, field.type, `${typename}.${field.name}`);
        } catch (error) {
          value = null;
          this.lostRequirements.add((error as Error).message);
        }
        const thing = value as Thing | null;
        return [
          node.name.value,
          node.selectionSet && thing ? this.wholeSelection(whole, thing.__typename, thing.n, node.selectionSet) : value,
        ];
      }),
    );
  }

  /** A value of a required field with its nulls where the type allows them. */
  private completed(value: unknown, type: GraphQLOutputType, place: string): unknown {
    if (isNonNullType(type)) {
      const present = this.completed(value, type.ofType, place);
      if (present === null) throw new Error(`Cannot return null for non-nullable field ${place}.`);
      return present;
    }
    if (!isListType(type) || !Array.isArray(value)) return value;
    try {
      return value.map((item) => this.completed(item, type.ofType, place));
    } catch (error) {
      this.lostRequirements.add((error as Error).message);
      return null;
    }
  }

  private number(text: string): number {
    return createHash('md5').update(`${this.seed} ${text}`).digest().readUInt32BE(0);
  }

  private chance(text: string): number {
    return this.number(text) % 1_000;
  }
}

const ownName = (name: string): string => name;

function numberIn(input: unknown): number | undefined {
  for (const [name, value] of Object.entries(input as object)) {
    if (name === '__typename') continue;
    if (typeof value === 'object' && value !== null) {
      const nested = numberIn(value);
      if (nested !== undefined) return nested;
    }
    if (typeof value === 'number' && (name === 'row' || name === 'number')) return value;
    const match = typeof value === 'string' ? /^\w+\.(\d+)$/.exec(value)?.[1] : undefined;
    if (match) return Number(match);
  }
  return undefined;
}

/** Names in the key fields of a type, and the objects in them. */
function keyFields(type: GraphQLObjectType): Set<string> {
  const names = new Set<string>();
  for (const node of [type.astNode, ...type.extensionASTNodes])
    for (const directive of node?.directives ?? [])
      if (directive.name.value === 'key')
        for (const selection of selectionOf(directive).selections) names.add((selection as FieldNode).name.value);
  // fields by which objects in keys are identified
  if (type.getFields().id) names.add('id');
  return names;
}

function requiredOf(field: Pick<GraphQLField<unknown, unknown>, 'astNode'>): SelectionSetNode | undefined {
  const directive = field.astNode?.directives?.find(({ name }) => name.value === 'requires');
  return directive && selectionOf(directive);
}

const isExternalField = (field: Pick<GraphQLField<unknown, unknown>, 'astNode'>): boolean =>
  field.astNode?.directives?.some(({ name }) => name.value === 'external') ?? false;

function providesOf(field: Pick<GraphQLField<unknown, unknown>, 'astNode'>): SelectionSetNode | undefined {
  const directive = field.astNode?.directives?.find(({ name }) => name.value === 'provides');
  return directive && selectionOf(directive);
}

/** The selection of a field set below a field of a type; undefined when it does not name the field. */
function namedIn({ selections }: SelectionSetNode, type: string, name: string): SelectionSetNode | undefined {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD && selection.name.value === name)
      return selection.selectionSet ?? { kind: Kind.SELECTION_SET, selections: [] };
    if (selection.kind === Kind.INLINE_FRAGMENT && selection.typeCondition?.name.value === type) {
      const inner = namedIn(selection.selectionSet, type, name);
      if (inner) return inner;
    }
  }
  return undefined;
}

function joined(a: SelectionSetNode | undefined, b: SelectionSetNode | undefined): SelectionSetNode | undefined {
  return a && b ? { ...a, selections: [...a.selections, ...b.selections] } : (a ?? b);
}

/** Objects as they appear on a path that provides some of their fields. */
function asProvided(value: unknown, provided: SelectionSetNode, isOfAnother: boolean, schema: GraphQLSchema): unknown {
  if (Array.isArray(value)) return value.map((item) => asProvided(item, provided, isOfAnother, schema));
  if (typeof value !== 'object' || value === null || !('__typename' in value)) return value;
  const type = schema.getType(String(value.__typename));
  const isEntity = isObjectType(type) && keyFields(type).size > 0 && type.astNode?.directives?.some(isKeyDirective);
  return { ...value, provided, isOnlyProvided: isOfAnother && !isEntity };
}

const isKeyDirective = ({ name }: { readonly name: { readonly value: string } }): boolean => name.value === 'key';

function selectionOf(directive: {
  arguments?: readonly { name: { value: string }; value: unknown }[];
}): SelectionSetNode {
  const fields = directive.arguments!.find(({ name }) => name.value === 'fields')!.value as { value: string };
  return (parse(`{ ${fields.value} }`).definitions[0] as OperationDefinitionNode).selectionSet;
}

function pick(source: Record<string, unknown>, { selections }: SelectionSetNode): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const selection of selections as readonly FieldNode[]) {
    const value = source[selection.name.value];
    picked[selection.name.value] =
      selection.selectionSet && typeof value === 'object' && value !== null
        ? pick(value as Record<string, unknown>, selection.selectionSet)
        : value;
  }
  return picked;
}
