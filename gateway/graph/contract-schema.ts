import {
  assertValidSchema,
  buildASTSchema,
  type ConstDirectiveNode,
  type ConstValueNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type GraphQLSchema,
  type InputValueDefinitionNode,
  isTypeDefinitionNode,
  Kind,
  type TypeDefinitionNode,
  type TypeNode,
} from 'graphql';
import { nearest } from '#base/nearest';
import type { Sensitivity } from '#base/sensitivity';
import type { Contract } from '../ownership/contract';
import { contractsIn, invalidContracts } from '../ownership/supergraph-agreement';
import { classesIn } from '../policy/sensitivity';
import { argumentsOf, namedTypeOf } from '../supergraph/ast';
import { featuresOf } from '../supergraph/features';
import { MATCHES, type MatchedInput, matchedInputs } from '../supergraph/matched-inputs';
import { clientDefinitionsIn } from './api-schema';

/** The schemas of the contracts that a supergraph states. */
export class ContractSchemas {
  private readonly built = new Map<string, GraphQLSchema>();

  private constructor(private readonly selections: ReadonlyMap<string, Selection>) {}

  /** @throws OperatorError with all reasons why a contract cannot be served */
  static of(supergraph: DocumentNode): ContractSchemas {
    const contracts = Object.entries(contractsIn(supergraph));
    if (contracts.length === 0) return new ContractSchemas(new Map());
    const graph = new ClientGraph(supergraph);
    const selections = contracts.map(([name, contract]) => [name, new Selection(graph, contract)] as const);
    const flaws = selections.flatMap(([name, { flaws }]) => flaws.map((flaw) => `contract "${name}" ${flaw}`));
    if (flaws.length > 0) throw invalidContracts(flaws);
    return new ContractSchemas(new Map(selections));
  }

  get names(): string[] {
    return [...this.selections.keys()];
  }

  /** The schema that clients of a contract see; undefined for an unknown one. Built once, when it is first needed. */
  of(name: string): GraphQLSchema | undefined {
    const schema = this.built.get(name) ?? this.selections.get(name)?.schema();
    if (schema) this.built.set(name, schema);
    return schema;
  }
}

/** Refuses a supergraph with a contract that no gateway could serve. @throws OperatorError */
export const requireContracts = (supergraph: DocumentNode): void => void ContractSchemas.of(supergraph);

const TAG_URL = /^https?:\/\/specs\.apollo\.dev\/tag\//i;
/** Tag by which a type, argument, input field, or enum value, none of which has a class, follows the fields of a class. */
const CLASS_TAG = 'class/';

type Fields = readonly FieldDefinitionNode[];
type Inputs = readonly InputValueDefinitionNode[];

/** The schema that clients see without a contract, with the tags and classes of its parts. */
class ClientGraph {
  readonly types: ReadonlyMap<string, TypeDefinitionNode>;
  readonly definitions: readonly DefinitionNode[];
  readonly classes: ReadonlyMap<string, Sensitivity>;
  readonly matched: ReadonlyMap<string, MatchedInput>;
  /** All tags of visible parts. */
  readonly tags = new Set<string>();
  /** Object types and interfaces by the interfaces that they implement. */
  readonly implementing = new Map<string, string[]>();
  private readonly tagsOf = new Map<string, readonly string[]>();

  constructor(supergraph: DocumentNode) {
    this.definitions = clientDefinitionsIn(supergraph);
    this.types = new Map(
      this.definitions.filter(isTypeDefinitionNode).map((definition) => [definition.name.value, definition]),
    );
    this.classes = classesIn(supergraph);
    this.matched = new Map(matchedInputs(supergraph).map((matched) => [matched.input, matched]));
    const tag = featuresOf(supergraph)
      .find(({ url }) => TAG_URL.test(url))
      ?.directiveNamed('tag');
    if (tag !== undefined) this.readTags(supergraph, tag);
    for (const type of this.types.values())
      if ('interfaces' in type)
        for (const { name } of type.interfaces ?? [])
          this.implementing.set(name.value, [...(this.implementing.get(name.value) ?? []), type.name.value]);
  }

  /** Tags of a part, without those of the parts that it is in. */
  ownTags(coordinate: string): readonly string[] {
    return this.tagsOf.get(coordinate) ?? [];
  }

  private readTags(supergraph: DocumentNode, directive: string): void {
    const add = (coordinate: string, { directives = [] }: { readonly directives?: readonly ConstDirectiveNode[] }) => {
      const names = directives
        .filter(({ name }) => name.value === directive)
        .map((applied) => String(argumentsOf(applied).name));
      if (names.length === 0) return;
      this.tagsOf.set(coordinate, names);
      for (const name of names) this.tags.add(name);
    };
    for (const type of supergraph.definitions) {
      if (!isTypeDefinitionNode(type) || !this.types.has(type.name.value)) continue;
      const { value: name } = type.name;
      add(name, type);
      for (const part of partsOf(type)) {
        const coordinate = `${name}.${part.name.value}`;
        add(coordinate, part);
        if ('arguments' in part)
          for (const argument of part.arguments ?? []) add(`${coordinate}(${argument.name.value}:)`, argument);
      }
    }
  }
}

const partsOf = (type: TypeDefinitionNode) =>
  'fields' in type ? (type.fields ?? []) : 'values' in type ? (type.values ?? []) : [];

const fieldsOf = (type: TypeDefinitionNode): Fields =>
  type.kind === Kind.OBJECT_TYPE_DEFINITION || type.kind === Kind.INTERFACE_TYPE_DEFINITION ? (type.fields ?? []) : [];

const inputsOf = (type: TypeDefinitionNode): Inputs =>
  type.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION ? (type.fields ?? []) : [];

const isRequired = ({ type, defaultValue }: InputValueDefinitionNode): boolean =>
  type.kind === Kind.NON_NULL_TYPE && !defaultValue;

/** What a contract shows of a graph, and why it cannot be served. */
class Selection {
  readonly flaws: string[] = [];
  /** Coordinates of parts that are hidden. */
  private readonly hidden = new Set<string>();
  private readonly roots: readonly string[];

  constructor(
    private readonly graph: ClientGraph,
    private readonly contract: Contract,
  ) {
    this.roots = graph.definitions.flatMap((definition) =>
      definition.kind === Kind.SCHEMA_DEFINITION ? definition.operationTypes.map(({ type }) => type.name.value) : [],
    );
    this.requireKnown();
    for (const type of graph.types.values()) this.hideByRule(type);
    for (let size = -1; size < this.hidden.size; ) {
      size = this.hidden.size;
      for (const type of graph.types.values()) this.hideUsersOfHidden(type);
      this.hideUnreached();
    }
    // a misspelled tag hides other parts than intended
    if (this.flaws.length === 0) this.flaws.push(...this.flawsOfShown());
  }

  /** Tags and classes that no part has: they are misspelled. */
  private requireKnown(): void {
    const { include, exclude, classes } = this.contract;
    for (const tag of [...include, ...exclude])
      if (!this.graph.tags.has(tag))
        this.flaws.push(
          `names the tag "${tag}", which no part of the graph has${nearest(tag, [...this.graph.tags])}: tag a part, or remove it`,
        );
    if (classes.length > 0 && this.graph.classes.size === 0)
      this.flaws.push('names sensitivity classes, but the fields of the graph have none: use tags');
  }

  private hideByRule(type: TypeDefinitionNode): void {
    const { value: name } = type.name;
    const ofType = this.graph.ownTags(name);
    if (this.excludes(ofType)) this.hidden.add(name);
    for (const field of fieldsOf(type)) {
      const coordinate = `${name}.${field.name.value}`;
      const own = this.graph.ownTags(coordinate);
      if (this.excludes(own) || !this.includes([...ofType, ...own]) || !this.isInClass(coordinate))
        this.hidden.add(coordinate);
      for (const argument of field.arguments ?? []) this.hideExcluded(`${coordinate}(${argument.name.value}:)`);
    }
    if (fieldsOf(type).length > 0) return;
    for (const part of partsOf(type)) this.hideExcluded(`${name}.${part.name.value}`);
  }

  private hideExcluded(coordinate: string): void {
    if (this.excludes(this.graph.ownTags(coordinate))) this.hidden.add(coordinate);
  }

  private excludes(tags: readonly string[]): boolean {
    const { exclude, classes } = this.contract;
    return tags.some(
      (tag) =>
        exclude.includes(tag) ||
        (classes.length > 0 &&
          tag.startsWith(CLASS_TAG) &&
          !classes.includes(tag.slice(CLASS_TAG.length) as Sensitivity)),
    );
  }

  private includes(tags: readonly string[]): boolean {
    const { include } = this.contract;
    return include.length === 0 || tags.some((tag) => include.includes(tag));
  }

  /** Fields of the gateway itself have no class, and are public. */
  private isInClass(coordinate: string): boolean {
    const { classes } = this.contract;
    return classes.length === 0 || classes.includes(this.graph.classes.get(coordinate) ?? 'PUBLIC');
  }

  private isShown(...coordinates: readonly string[]): boolean {
    return coordinates.every((coordinate) => !this.hidden.has(coordinate));
  }

  private hidesTypeOf(node: TypeNode): boolean {
    return this.hidden.has(namedTypeOf(node));
  }

  /** Hides what cannot be shown without a hidden part. */
  private hideUsersOfHidden(type: TypeDefinitionNode): void {
    const { value: name } = type.name;
    for (const field of fieldsOf(type)) {
      const coordinate = `${name}.${field.name.value}`;
      if (this.hidesTypeOf(field.type)) this.hidden.add(coordinate);
      for (const argument of field.arguments ?? [])
        if (this.hidesTypeOf(argument.type)) this.hidden.add(`${coordinate}(${argument.name.value}:)`);
    }
    for (const field of inputsOf(type))
      if (this.hidesTypeOf(field.type)) this.hidden.add(`${name}.${field.name.value}`);
    const matched = this.graph.matched.get(name);
    if (matched && !this.isShown(`Query.${matched.keysField}`, `Query.${matched.keysField}(filter:)`))
      this.hidden.add(`${name}.${MATCHES}`);
  }

  private shownFields(type: TypeDefinitionNode): Fields {
    return fieldsOf(type).filter(({ name }) => this.isShown(`${type.name.value}.${name.value}`));
  }

  private shownArguments(type: string, { name: field, arguments: all = [] }: FieldDefinitionNode): Inputs {
    return all.filter(({ name }) => this.isShown(`${type}.${field.value}(${name.value}:)`));
  }

  private shownInputs(type: TypeDefinitionNode): Inputs {
    return inputsOf(type).filter(({ name }) => this.isShown(`${type.name.value}.${name.value}`));
  }

  private shownTypes<T extends { readonly name: { readonly value: string } }>(types: readonly T[] = []): T[] {
    return types.filter(({ name }) => this.isShown(name.value));
  }

  private isEmpty(type: TypeDefinitionNode): boolean {
    switch (type.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.INTERFACE_TYPE_DEFINITION:
        return this.shownFields(type).length === 0;
      case Kind.INPUT_OBJECT_TYPE_DEFINITION:
        return this.shownInputs(type).length === 0;
      case Kind.ENUM_TYPE_DEFINITION:
        return (type.values ?? []).every(({ name }) => !this.isShown(`${type.name.value}.${name.value}`));
      case Kind.UNION_TYPE_DEFINITION:
        return this.shownTypes(type.types).length === 0;
      default:
        return false;
    }
  }

  /** Hides types that nothing shown leads to, and empty ones that only interfaces and unions lead to. */
  private hideUnreached(): void {
    const { reached, users } = this.reach();
    for (const [name, type] of this.graph.types)
      if (!reached.has(name) || (this.isEmpty(type) && !users.has(name) && !this.roots.includes(name)))
        this.hidden.add(name);
  }

  /** Types that the roots lead to, and of each that is named by a field or an input, the first part that names it. */
  private reach(): { readonly reached: ReadonlySet<string>; readonly users: ReadonlyMap<string, string> } {
    const reached = new Set<string>();
    const users = new Map<string, string>();
    const waiting = this.roots.filter((root) => this.isShown(root));
    const use = (node: TypeNode, by: string) => {
      const name = namedTypeOf(node);
      if (!users.has(name)) users.set(name, by);
      waiting.push(name);
    };
    for (const { name, arguments: all = [] } of this.shownDirectives())
      for (const argument of all) use(argument.type, `@${name.value}(${argument.name.value}:)`);
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      const type = this.graph.types.get(name);
      if (!type || reached.has(name) || this.hidden.has(name)) continue;
      reached.add(name);
      for (const field of this.shownFields(type)) {
        const coordinate = `${name}.${field.name.value}`;
        use(field.type, coordinate);
        for (const argument of this.shownArguments(name, field))
          use(argument.type, `${coordinate}(${argument.name.value}:)`);
      }
      for (const field of this.shownInputs(type)) use(field.type, `${name}.${field.name.value}`);
      if (type.kind === Kind.UNION_TYPE_DEFINITION) waiting.push(...(type.types ?? []).map((of) => of.name.value));
      if ('interfaces' in type) waiting.push(...(type.interfaces ?? []).map((of) => of.name.value));
      if (type.kind === Kind.INTERFACE_TYPE_DEFINITION) waiting.push(...(this.graph.implementing.get(name) ?? []));
    }
    return { reached, users };
  }

  /** A directive is hidden where the type of one of its arguments is. */
  private shownDirectives() {
    return this.graph.definitions.filter(
      (definition) =>
        definition.kind === Kind.DIRECTIVE_DEFINITION &&
        (definition.arguments ?? []).every(({ type }) => !this.hidesTypeOf(type)),
    ) as Extract<DefinitionNode, { kind: Kind.DIRECTIVE_DEFINITION }>[];
  }

  private flawsOfShown(): string[] {
    if (!this.isShown('Query') || this.isEmpty(this.graph.types.get('Query')!))
      return ['shows no field of Query, so that clients could ask nothing: show one'];
    const { users } = this.reach();
    return [...this.graph.types.values()].flatMap((type) => {
      const { value: name } = type.name;
      if (!this.isShown(name)) return [];
      const user = users.get(name);
      if (this.isEmpty(type))
        return user === undefined
          ? []
          : [`hides all of ${name}, but shows ${user}, which needs it: hide ${user}, too, or show a part of ${name}`];
      return [
        ...this.shownFields(type).flatMap((field) =>
          this.flawsOfInputs(field.arguments ?? [], (argument) => `${name}.${field.name.value}(${argument}:)`, {
            ...{ what: 'argument', of: `${name}.${field.name.value}` },
          }),
        ),
        ...this.flawsOfInputs(inputsOf(type), (field) => `${name}.${field}`, { what: 'input field', of: name }),
        ...this.flawsOfInterfaces(type),
      ];
    });
  }

  private flawsOfInputs(
    inputs: Inputs,
    coordinateOf: (name: string) => string,
    { what, of }: { readonly what: string; readonly of: string },
  ): string[] {
    return inputs.flatMap((input) => {
      const coordinate = coordinateOf(input.name.value);
      if (!this.isShown(coordinate))
        return isRequired(input)
          ? [
              `hides the required ${what} ${coordinate}, but shows ${of}: hide ${of}, too, or show the ${what}${this.hidesTypeOf(input.type) ? ` and its type ${namedTypeOf(input.type)}` : ''}`,
            ]
          : [];
      const hidden = input.type.kind === Kind.NON_NULL_TYPE && this.hiddenInDefault(input);
      return hidden
        ? [`hides ${hidden}, which the default value of ${coordinate} has: show it, or hide ${coordinate}, too`]
        : [];
    });
  }

  /** An object has all fields of its interfaces, and fields all arguments of theirs. */
  private flawsOfInterfaces(type: TypeDefinitionNode): string[] {
    const { value: name } = type.name;
    const interfaces = 'interfaces' in type ? this.shownTypes(type.interfaces) : [];
    return interfaces.flatMap(({ name: { value: of } }) =>
      this.shownFields(this.graph.types.get(of)!).flatMap((field) => {
        const coordinates = [
          `.${field.name.value}`,
          ...this.shownArguments(of, field).map((argument) => `.${field.name.value}(${argument.name.value}:)`),
        ];
        const missing = coordinates.find((coordinate) => !this.isShown(`${name}${coordinate}`));
        return missing === undefined
          ? []
          : [
              `hides ${name}${missing}, but shows ${of}${missing} of its interface: hide ${of}${missing}, too, or show ${name}${missing}`,
            ];
      }),
    );
  }

  /** The hidden part that a default value has. */
  private hiddenInDefault({ type, defaultValue }: InputValueDefinitionNode): string | undefined {
    return defaultValue && this.hiddenIn(defaultValue, namedTypeOf(type));
  }

  private hiddenIn(value: ConstValueNode, name: string): string | undefined {
    const type = this.graph.types.get(name);
    switch (value.kind) {
      case Kind.ENUM:
        return type && !this.isShown(`${name}.${value.value}`) ? `${name}.${value.value}` : undefined;
      case Kind.LIST:
        return value.values.map((item) => this.hiddenIn(item, name)).find((hidden) => hidden !== undefined);
      case Kind.OBJECT:
        return value.fields
          .map(({ name: { value: field }, value: of }) => {
            const definition = type && inputsOf(type).find((input) => input.name.value === field);
            if (!definition) return undefined;
            const coordinate = `${name}.${field}`;
            return this.isShown(coordinate) ? this.hiddenIn(of, namedTypeOf(definition.type)) : coordinate;
          })
          .find((hidden) => hidden !== undefined);
      default:
        return undefined;
    }
  }

  /** @throws Error for an invalid schema, which {@link flaws} would have named */
  schema(): GraphQLSchema {
    const definitions = this.graph.definitions.flatMap((definition) => this.definition(definition));
    const schema = buildASTSchema({ kind: Kind.DOCUMENT, definitions }, { assumeValidSDL: true });
    assertValidSchema(schema);
    return schema;
  }

  private definition(definition: DefinitionNode): DefinitionNode[] {
    if (definition.kind === Kind.SCHEMA_DEFINITION)
      return [
        {
          ...definition,
          operationTypes: definition.operationTypes.filter(({ type }) => this.isShown(type.name.value)),
        },
      ];
    if (definition.kind === Kind.DIRECTIVE_DEFINITION)
      return this.shownDirectives().includes(definition) ? [definition] : [];
    if (!isTypeDefinitionNode(definition)) return [definition];
    const { value: name } = definition.name;
    if (!this.isShown(name)) return [];
    switch (definition.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.INTERFACE_TYPE_DEFINITION: {
        const fields = this.shownFields(definition).map((field) => ({
          ...field,
          arguments: this.shownArguments(name, field).map((argument) => this.withoutHiddenDefault(argument)),
        }));
        return [{ ...definition, fields, interfaces: this.shownTypes(definition.interfaces) }];
      }
      case Kind.INPUT_OBJECT_TYPE_DEFINITION:
        return [
          { ...definition, fields: this.shownInputs(definition).map((field) => this.withoutHiddenDefault(field)) },
        ];
      case Kind.ENUM_TYPE_DEFINITION: {
        const values = definition.values?.filter(({ name: { value } }) => this.isShown(`${name}.${value}`));
        return [{ ...definition, values }];
      }
      case Kind.UNION_TYPE_DEFINITION:
        return [{ ...definition, types: this.shownTypes(definition.types) }];
      default:
        return [definition];
    }
  }

  /** Subgraphs apply their defaults all the same. */
  private withoutHiddenDefault(input: InputValueDefinitionNode): InputValueDefinitionNode {
    return this.hiddenInDefault(input) === undefined ? input : { ...input, defaultValue: undefined };
  }
}
