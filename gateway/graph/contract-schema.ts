import {
  assertValidSchema,
  buildASTSchema,
  type ConstDirectiveNode,
  type ConstValueNode,
  type DefinitionNode,
  type DirectiveDefinitionNode,
  type DocumentNode,
  type GraphQLSchema,
  type InputValueDefinitionNode,
  isTypeDefinitionNode,
  Kind,
  type NameNode,
  type TypeDefinitionNode,
} from 'graphql';
import type { Contract } from '#base/contract';
import { nearest } from '#base/nearest';
import type { Sensitivity } from '#base/sensitivity';
import { contractsIn, invalidContracts } from '../ownership/supergraph-agreement';
import { classesIn } from '../policy/sensitivity';
import { argumentsOf, namedTypeOf } from '../supergraph/ast';
import { featuresOf } from '../supergraph/features';
import { MATCHES, type MatchedInput, matchedInputs } from '../supergraph/matched-inputs';
import { clientDefinitionsIn } from './api-schema';

const decided = new WeakMap<DocumentNode, ContractSchemas>();

/** The schemas of the contracts that a supergraph states. */
export class ContractSchemas {
  private readonly built = new Map<string, GraphQLSchema>();

  private constructor(private readonly selections: ReadonlyMap<string, Selection>) {}

  /** Decided once for graphs over the same supergraph. @throws OperatorError with all reasons why a contract cannot be served */
  static of(supergraph: DocumentNode): ContractSchemas {
    const known = decided.get(supergraph) ?? ContractSchemas.decide(supergraph);
    decided.set(supergraph, known);
    return known;
  }

  private static decide(supergraph: DocumentNode): ContractSchemas {
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

  /** Whether another supergraph has the contract too, and it shows the same of all that both have. */
  showsLike(other: ContractSchemas, name: string): boolean {
    const [one, another] = [this.selections.get(name), other.selections.get(name)];
    return one !== undefined && another !== undefined && one.showsLike(another);
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

/** Tag of a type whose parts are named after the fields of another type: conditions, sort terms, and groups. */
const OF_TAG = 'of/';

/** A part of a type, with what decides whether it is shown. */
interface Part {
  readonly name: string;
  /** Such as `Type.field`, or `Type.field(argument:)`. */
  readonly coordinate: string;
  /** Name of its type; undefined for a value of an enum. */
  readonly type: string | undefined;
  readonly arguments: readonly Part[];
  /** Of an argument or input field. */
  readonly input: InputValueDefinitionNode | undefined;
}

/** A type that clients see without a contract. */
interface ClientType {
  readonly name: string;
  readonly node: TypeDefinitionNode;
  /** Fields, input fields, or values. */
  readonly parts: readonly Part[];
  readonly interfaces: readonly string[];
  /** Types of a union. */
  readonly members: readonly string[];
  /** Object types and interfaces that implement an interface. */
  readonly implementing: string[];
}

type Tagged = { readonly directives?: readonly ConstDirectiveNode[] };

/** The schema that clients see without a contract, with the tags and classes of its parts. */
class ClientGraph {
  readonly definitions: readonly DefinitionNode[];
  readonly types: ReadonlyMap<string, ClientType>;
  readonly classes: ReadonlyMap<string, Sensitivity>;
  readonly matched: ReadonlyMap<string, MatchedInput>;
  /** All tags of visible parts. */
  readonly tags = new Set<string>();
  /** Fields that parts are named after, by coordinate. A part cannot be shown without all of its fields. */
  readonly namedAfter = new Map<string, readonly string[]>();
  private readonly tagsOf = new Map<string, readonly string[]>();

  constructor(supergraph: DocumentNode) {
    this.definitions = clientDefinitionsIn(supergraph);
    this.types = new Map(
      this.definitions
        .filter(isTypeDefinitionNode)
        .map((definition) => [definition.name.value, clientTypeOf(definition)]),
    );
    for (const { name, interfaces } of this.types.values())
      for (const implemented of interfaces) this.types.get(implemented)?.implementing.push(name);
    this.classes = classesIn(supergraph);
    this.matched = new Map(matchedInputs(supergraph).map((matched) => [matched.input, matched]));
    const tag = featuresOf(supergraph)
      .find(({ url }) => TAG_URL.test(url))
      ?.directiveNamed('tag');
    if (tag !== undefined) this.readTags(supergraph, tag);
    for (const type of this.types.values()) this.readNames(type);
  }

  private readNames({ name, parts }: ClientType): void {
    const of = this.ownTags(name).find((tag) => tag.startsWith(OF_TAG));
    const model = of && this.types.get(of.slice(OF_TAG.length));
    if (!model) return;
    for (const part of parts) {
      const fields = fieldsNamedBy(wordsOf(part.name), model, this.types);
      if (fields.length > 0) this.namedAfter.set(part.coordinate, fields);
    }
  }

  /** Tags of a part, without those of the parts that it is in. */
  ownTags(coordinate: string): readonly string[] {
    return this.tagsOf.get(coordinate) ?? NO_TAGS;
  }

  private readTags(supergraph: DocumentNode, directive: string): void {
    const add = (coordinate: string, { directives = [] }: Tagged) => {
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
      for (const part of partNodesOf(type)) {
        const coordinate = `${name}.${part.name.value}`;
        add(coordinate, part);
        if ('arguments' in part)
          for (const argument of part.arguments ?? []) add(`${coordinate}(${argument.name.value}:)`, argument);
      }
    }
  }
}

const NO_TAGS: readonly string[] = [];

/** The words of a name, in either form: `impact_level` of `impactLevel` and of `IMPACT_LEVEL`. */
const wordsOf = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();

/**
 * Coordinates of the fields that a part is named after: a field of a type, the length of one (`SYSTEMS_COUNT`), or one and a field of the object
 * that it leads to (`SYSTEM_IMPACT_LEVEL`).
 */
function fieldsNamedBy(words: string, { parts }: ClientType, types: ReadonlyMap<string, ClientType>): string[] {
  const own = parts.find(({ name }) => [words, words.replace(/_count$/, '')].includes(wordsOf(name)));
  if (own) return [own.coordinate];
  for (const { name, coordinate, type } of parts) {
    const first = `${wordsOf(name)}_`;
    const further = words.startsWith(first) ? types.get(type!)?.parts : undefined;
    const field = further?.find((part) => wordsOf(part.name) === words.slice(first.length));
    if (field) return [coordinate, field.coordinate];
  }
  return [];
}

const partNodesOf = (type: TypeDefinitionNode) =>
  'fields' in type ? (type.fields ?? []) : 'values' in type ? (type.values ?? []) : [];

function clientTypeOf(node: TypeDefinitionNode): ClientType {
  const { value: name } = node.name;
  return {
    ...{ name, node, implementing: [] },
    parts: partNodesOf(node).map((part): Part => {
      const coordinate = `${name}.${part.name.value}`;
      const inputs = 'arguments' in part ? (part.arguments ?? []) : [];
      return {
        ...{ name: part.name.value, coordinate, type: 'type' in part ? namedTypeOf(part.type) : undefined },
        arguments: inputs.map((input) => inputPart(input, `${coordinate}(${input.name.value}:)`)),
        input: part.kind === Kind.INPUT_VALUE_DEFINITION ? part : undefined,
      };
    }),
    interfaces: 'interfaces' in node ? (node.interfaces ?? []).map((of) => of.name.value) : [],
    members: 'types' in node ? (node.types ?? []).map((of) => of.name.value) : [],
  };
}

const inputPart = (input: InputValueDefinitionNode, coordinate: string): Part => ({
  ...{ name: input.name.value, coordinate, type: namedTypeOf(input.type), arguments: [], input },
});

/** Parts with their arguments. */
const partsByCoordinate = (parts: readonly Part[]): ReadonlyMap<string, Part> =>
  new Map(parts.flatMap((part) => [part, ...part.arguments]).map((part) => [part.coordinate, part]));

const hasOutput = ({ node: { kind } }: ClientType): boolean =>
  kind === Kind.OBJECT_TYPE_DEFINITION || kind === Kind.INTERFACE_TYPE_DEFINITION;

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
      this.hideUnreached();
      for (const type of graph.types.values()) if (!this.hidden.has(type.name)) this.hideUsersOfHidden(type);
    }
    // a misspelled tag hides other parts than intended
    if (this.flaws.length === 0) this.flaws.push(...this.flawsOfShown());
  }

  /** Whether both show the same of what both graphs have. */
  showsLike(other: Selection): boolean {
    const isSame = (part: Part, old: Part | undefined) =>
      !old ||
      (this.isShown(part.coordinate) === other.isShown(old.coordinate) &&
        (part.input && this.hiddenInDefault(part.input)) === (old.input && other.hiddenInDefault(old.input)));
    return [...this.graph.types].every(([name, { parts }]) => {
      const old = other.graph.types.get(name);
      if (!old) return true;
      const oldParts = partsByCoordinate(old.parts);
      return (
        this.isShown(name) === other.isShown(name) &&
        [...partsByCoordinate(parts)].every(([coordinate, part]) => isSame(part, oldParts.get(coordinate)))
      );
    });
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

  private hideByRule(type: ClientType): void {
    const ofType = this.graph.ownTags(type.name);
    if (this.excludes(ofType)) this.hidden.add(type.name);
    const isOutput = hasOutput(type);
    for (const { coordinate, arguments: inputs } of type.parts) {
      const own = this.graph.ownTags(coordinate);
      const isSelected = !isOutput || (this.includes(ofType, own) && this.isInClass(coordinate));
      if (!isSelected || this.excludes(own)) this.hidden.add(coordinate);
      for (const input of inputs)
        if (this.excludes(this.graph.ownTags(input.coordinate))) this.hidden.add(input.coordinate);
    }
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

  private includes(...tags: readonly (readonly string[])[]): boolean {
    const { include } = this.contract;
    return include.length === 0 || tags.some((names) => names.some((tag) => include.includes(tag)));
  }

  /** Fields of the gateway itself have no class, and are public. */
  private isInClass(coordinate: string): boolean {
    const { classes } = this.contract;
    return classes.length === 0 || classes.includes(this.graph.classes.get(coordinate) ?? 'PUBLIC');
  }

  private isShown(...coordinates: readonly string[]): boolean {
    return coordinates.every((coordinate) => !this.hidden.has(coordinate));
  }

  private shown(parts: readonly Part[]): readonly Part[] {
    return parts.filter(({ coordinate }) => !this.hidden.has(coordinate));
  }

  private shownNames(names: readonly string[]): readonly string[] {
    return names.filter((name) => !this.hidden.has(name));
  }

  /** Hides what cannot be shown without a hidden part. */
  private hideUsersOfHidden({ name, parts }: ClientType): void {
    for (const part of parts) {
      if (this.hidden.has(part.coordinate)) continue;
      const named = this.graph.namedAfter.get(part.coordinate) ?? [];
      if (!this.isShown(...named) || (part.type !== undefined && this.hidden.has(part.type)))
        this.hidden.add(part.coordinate);
      for (const { coordinate, type } of part.arguments) if (this.hidden.has(type!)) this.hidden.add(coordinate);
    }
    const matched = this.graph.matched.get(name);
    if (matched && !this.isShown(`Query.${matched.keysField}`, `Query.${matched.keysField}(filter:)`))
      this.hidden.add(`${name}.${MATCHES}`);
  }

  private isEmpty({ node: { kind }, parts, members }: ClientType): boolean {
    if (kind === Kind.SCALAR_TYPE_DEFINITION) return false;
    return kind === Kind.UNION_TYPE_DEFINITION
      ? members.every((member) => this.hidden.has(member))
      : parts.every(({ coordinate }) => this.hidden.has(coordinate));
  }

  /** Hides types that nothing shown leads to, and empty ones that only interfaces and unions lead to, or that are roots of changes. */
  private hideUnreached(): void {
    const { reached, users } = this.reach();
    for (const [name, type] of this.graph.types)
      if (!reached.has(name) || (!users.has(name) && this.isEmpty(type) && name !== 'Query')) this.hidden.add(name);
  }

  /** Types that the roots lead to, and of each that is named by a field or an input, the first part that names it. */
  private reach(): { readonly reached: ReadonlySet<string>; readonly users: ReadonlyMap<string, string> } {
    const reached = new Set<string>();
    const users = new Map<string, string>();
    const waiting = this.roots.filter((root) => this.isShown(root));
    const use = (name: string, by: string) => {
      if (!users.has(name)) users.set(name, by);
      if (!reached.has(name)) waiting.push(name);
    };
    for (const { name, arguments: inputs = [] } of this.shownDirectives())
      for (const input of inputs) use(namedTypeOf(input.type), `@${name.value}(${input.name.value}:)`);
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      const type = this.graph.types.get(name);
      if (!type || reached.has(name) || this.hidden.has(name)) continue;
      reached.add(name);
      for (const part of type.parts) {
        if (part.type === undefined || this.hidden.has(part.coordinate)) continue;
        use(part.type, part.coordinate);
        for (const input of part.arguments) if (!this.hidden.has(input.coordinate)) use(input.type!, input.coordinate);
      }
      waiting.push(...type.members, ...type.interfaces, ...type.implementing);
    }
    return { reached, users };
  }

  /** A directive is hidden where the type of one of its arguments is. */
  private shownDirectives(): DirectiveDefinitionNode[] {
    return this.graph.definitions.flatMap((definition) =>
      definition.kind === Kind.DIRECTIVE_DEFINITION &&
      (definition.arguments ?? []).every(({ type }) => this.isShown(namedTypeOf(type)))
        ? [definition]
        : [],
    );
  }

  private flawsOfShown(): string[] {
    if (!this.isShown('Query') || this.isEmpty(this.graph.types.get('Query')!))
      return ['shows no field of Query, so that clients could ask nothing: show one'];
    const { users } = this.reach();
    return [...this.graph.types.values()].flatMap((type) => {
      const { name } = type;
      if (!this.isShown(name)) return [];
      const user = users.get(name);
      if (user !== undefined && this.isEmpty(type))
        return [
          `hides all of ${name}, but shows ${user}, which needs it: hide ${user}, too, or show a part of ${name}`,
        ];
      return [
        ...this.shown(type.parts).flatMap((part) =>
          part.arguments.flatMap((input) => this.flawsOfInput(input, part.coordinate, 'argument')),
        ),
        ...type.parts.flatMap((part) => this.flawsOfInput(part, name, 'input field')),
        ...this.flawsOfInterfaces(type),
      ];
    });
  }

  private flawsOfInput({ coordinate, input, type }: Part, of: string, what: string): string[] {
    if (!input || input.type.kind !== Kind.NON_NULL_TYPE) return [];
    if (this.isShown(coordinate)) {
      const hidden = this.hiddenInDefault(input);
      return hidden
        ? [`hides ${hidden}, which the default value of ${coordinate} has: show it, or hide ${coordinate}, too`]
        : [];
    }
    if (input.defaultValue) return [];
    const typeToo = this.hidden.has(type!) ? ` and its type ${type}` : '';
    return [
      `hides the required ${what} ${coordinate}, but shows ${of}: hide ${of}, too, or show the ${what}${typeToo}`,
    ];
  }

  /** An object has all fields of its interfaces, and fields all arguments of theirs. */
  private flawsOfInterfaces({ name, interfaces }: ClientType): string[] {
    return this.shownNames(interfaces).flatMap((of) =>
      this.shown(this.graph.types.get(of)!.parts).flatMap((field) => {
        const suffixes = [field, ...this.shown(field.arguments)].map(({ coordinate }) => coordinate.slice(of.length));
        const missing = suffixes.find((suffix) => !this.isShown(`${name}${suffix}`));
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
    switch (value.kind) {
      case Kind.ENUM:
        return this.isShown(`${name}.${value.value}`) ? undefined : `${name}.${value.value}`;
      case Kind.LIST:
        return value.values.map((item) => this.hiddenIn(item, name)).find((hidden) => hidden !== undefined);
      case Kind.OBJECT:
        return value.fields
          .map(({ name: { value: field }, value: of }) => {
            const part = this.graph.types.get(name)?.parts.find((input) => input.name === field);
            if (part?.type === undefined) return undefined;
            return this.isShown(part.coordinate) ? this.hiddenIn(of, part.type) : part.coordinate;
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
    if (definition.kind === Kind.SCHEMA_DEFINITION) {
      const operationTypes = definition.operationTypes.filter(({ type }) => this.isShown(type.name.value));
      return [{ ...definition, operationTypes }];
    }
    if (definition.kind === Kind.DIRECTIVE_DEFINITION)
      return this.shownDirectives().includes(definition) ? [definition] : [];
    if (!isTypeDefinitionNode(definition)) return [definition];
    const type = definition.name.value;
    if (!this.isShown(type)) return [];
    switch (definition.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.INTERFACE_TYPE_DEFINITION: {
        const fields = this.shownNodes(definition.fields, `${type}.`).map((field) => ({
          ...field,
          arguments: this.shownInputs(field.arguments, (name) => `${type}.${field.name.value}(${name}:)`),
        }));
        return [{ ...definition, fields, interfaces: this.shownNodes(definition.interfaces) }];
      }
      case Kind.INPUT_OBJECT_TYPE_DEFINITION:
        return [{ ...definition, fields: this.shownInputs(definition.fields, (name) => `${type}.${name}`) }];
      case Kind.ENUM_TYPE_DEFINITION:
        return [{ ...definition, values: this.shownNodes(definition.values, `${type}.`) }];
      case Kind.UNION_TYPE_DEFINITION:
        return [{ ...definition, types: this.shownNodes(definition.types) }];
      default:
        return [definition];
    }
  }

  private shownNodes<T extends { readonly name: NameNode }>(nodes: readonly T[] = [], prefix = ''): T[] {
    return nodes.filter(({ name }) => this.isShown(`${prefix}${name.value}`));
  }

  /** Without default values that have hidden parts. Subgraphs apply them all the same. */
  private shownInputs(
    nodes: readonly InputValueDefinitionNode[] = [],
    coordinateOf: (name: string) => string,
  ): InputValueDefinitionNode[] {
    return nodes
      .filter(({ name }) => this.isShown(coordinateOf(name.value)))
      .map((input) => (this.hiddenInDefault(input) === undefined ? input : { ...input, defaultValue: undefined }));
  }
}
