import {
  type DirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type FieldNode,
  type GraphQLCompositeType,
  GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  type TypeNode,
} from 'graphql';
import { CLASSES, type Sensitivity } from '#base/sensitivity';
import { withheldOf } from '../operation/normalize';
import { argumentsOf, rootNamesIn } from '../supergraph/ast';
import { featuresOf, handlingFeature } from '../supergraph/features';
import { type Published, subgraphDocument } from '../supergraph/subgraph-document';

/** Name of the directive in its feature. */
const DIRECTIVE = 'sensitivity';

/** Handling instructions for an answer. */
export interface Handling {
  /** The strictest class of the requested fields. */
  readonly class: Sensitivity;
  /** Sorted keys of the agencies that own its data. */
  readonly agencies: readonly string[];
}

/** Handling of an answer made of several: the strictest class, and all agencies. */
export const strictest = (parts: readonly Handling[]): Handling => ({
  class: CLASSES[Math.max(0, ...parts.map((part) => CLASSES.indexOf(part.class)))]!,
  agencies: [...new Set(parts.flatMap(({ agencies }) => agencies))].sort(),
});

/** Sensitivity classes and owners, from a supergraph's `@sensitivity` and `@owner`. */
export class Sensitivities {
  private constructor(
    private readonly schema: GraphQLSchema,
    /** By `Type.field`. */
    private readonly classes: ReadonlyMap<string, Sensitivity>,
    /** By subgraph. */
    private readonly owners: ReadonlyMap<string, readonly string[]>,
  ) {}

  /** Undefined if the supergraph does not use the feature. @param schema the API schema */
  static of(supergraph: DocumentNode, schema: GraphQLSchema): Sensitivities | undefined {
    const feature = handlingFeature(supergraph);
    if (!feature) return undefined;
    const classes = classesIn(supergraph);
    const owners = new Map<string, readonly string[]>();
    for (const definition of supergraph.definitions)
      if (definition.kind === Kind.SCHEMA_DEFINITION)
        for (const directive of definition.directives ?? []) {
          if (directive.name.value !== feature.directiveNamed('owner')) continue;
          const { subgraph, agencies } = argumentsOf(directive);
          owners.set(String(subgraph), agencies as string[]);
        }
    return new Sensitivities(schema, classes, owners);
  }

  /** Adds to an answer's handling that it reveals the existence of objects, as the root fields of their types do. */
  withTypes(
    handling: Handling,
    types: readonly { readonly name: string; readonly subgraphs: readonly string[] }[],
  ): Handling {
    const classes = types.map(({ name }) => CLASSES.indexOf(this.classOfType(name)));
    const owners = types.flatMap(({ subgraphs: [first] }) => this.owners.get(first ?? '') ?? []);
    return {
      class: CLASSES[Math.max(CLASSES.indexOf(handling.class), ...classes)]!,
      agencies: [...new Set([...handling.agencies, ...owners])].sort(),
    };
  }

  /** The class of the root field that returns one object of a type. */
  private classOfType(name: string): Sensitivity {
    const roots = Object.values(this.schema.getQueryType()?.getFields() ?? {});
    const classes = roots.flatMap(({ name: field, type }) =>
      type instanceof GraphQLObjectType && type.name === name ? [this.classes.get(`Query.${field}`) ?? 'PUBLIC'] : [],
    );
    return CLASSES[Math.max(0, ...classes.map((name) => CLASSES.indexOf(name)))]!;
  }

  /** The handling of an operation's answer, without withheld fields. @param subgraphs those that the plan calls */
  handlingOf(root: GraphQLCompositeType, selectionSet: SelectionSetNode, subgraphs: readonly string[]): Handling {
    let strictest = 0;
    const visit = (parent: GraphQLCompositeType, { selections }: SelectionSetNode): void => {
      for (const selection of selections) {
        if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
        if (selection.kind === Kind.INLINE_FRAGMENT) {
          const named = selection.typeCondition && this.schema.getType(selection.typeCondition.name.value);
          visit(isCompositeType(named) ? named : parent, selection.selectionSet);
          continue;
        }
        if (selection.name.value.startsWith('__') || withheldOf(selection)) continue;
        strictest = Math.max(strictest, CLASSES.indexOf(this.classOfField(parent, selection.name.value)));
        const type = this.fieldType(parent, selection);
        if (type && selection.selectionSet) visit(type, selection.selectionSet);
      }
    };
    visit(root, selectionSet);
    const agencies = new Set(subgraphs.flatMap((subgraph) => this.owners.get(subgraph) ?? []));
    return { class: CLASSES[strictest]!, agencies: [...agencies].sort() };
  }

  private fieldType(parent: GraphQLCompositeType, { name }: FieldNode): GraphQLCompositeType | undefined {
    const field = 'getFields' in parent ? parent.getFields()[name.value] : undefined;
    const type = field && getNamedType(field.type);
    return isCompositeType(type) ? type : undefined;
  }

  /** Keys of the agencies that own the data of a subgraph. */
  ownersOf(subgraph: string): readonly string[] {
    return this.owners.get(subgraph) ?? [];
  }

  /** A field takes the strictest class of its type's interfaces, and an interface field that of its implementing types. */
  classOfField(parent: GraphQLCompositeType, name: string): Sensitivity {
    const above = isObjectType(parent) || isInterfaceType(parent) ? parent.getInterfaces() : [];
    const below = isInterfaceType(parent) ? this.schema.getPossibleTypes(parent) : [];
    const types = [parent, ...above, ...below];
    const classes = types.map((type) => this.classes.get(`${type.name}.${name}`) ?? 'PUBLIC');
    return CLASSES[Math.max(...classes.map((name) => CLASSES.indexOf(name)))]!;
  }
}

/**
 * Fields without a valid class, and fields that subgraphs classify differently. Once one subgraph classifies its fields, all must:
 * an unclassified field must not count as public.
 */
export function unclassifiedFields(subgraphs: readonly Published[]): string[] {
  const documents = subgraphs.map((subgraph) => {
    const { name } = subgraph;
    const document = subgraphDocument(subgraph);
    const feature = handlingFeature(document);
    return { name, document, directive: feature?.directiveNamed(DIRECTIVE) };
  });
  if (documents.every(({ directive }) => directive === undefined)) return [];
  const flaws = documents.flatMap(({ name, document, directive }) =>
    directive === undefined || composesDirective(document, directive)
      ? []
      : [`${name}: @${directive} is not composed: add @composeDirective(name: "@${directive}")`],
  );
  const classified = new Map<string, { readonly by: string; readonly of: Sensitivity }>();
  for (const { name, document, directive } of documents)
    for (const { coordinate, directives } of fieldsIn(document)) {
      const of = directive === undefined ? undefined : classOf(directives, directive);
      const before = classified.get(coordinate);
      if (!of) flaws.push(`${name}: ${coordinate} is missing @sensitivity(class: …) with one of ${CLASSES.join(', ')}`);
      else if (!CLASSES.includes(of)) flaws.push(`${name}: ${coordinate} has the unknown class ${of}`);
      else if (before && before.of !== of)
        flaws.push(`${name}: ${coordinate} has class ${of} here and class ${before.of} in ${before.by}`);
      else classified.set(coordinate, { by: name, of });
    }
  return flaws;
}

/** Whether a subgraph's directive becomes part of the supergraph. */
const composesDirective = (document: DocumentNode, directive: string): boolean => {
  const named = featuresOf(document)
    .find(({ name }) => name === 'federation')
    ?.directiveNamed('composeDirective');
  return document.definitions.some(
    (definition) =>
      (definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION) &&
      (definition.directives ?? []).some(
        (applied) => applied.name.value === named && argumentsOf(applied).name === `@${directive}`,
      ),
  );
};

function classOf(directives: readonly DirectiveNode[] = [], named: string): Sensitivity | undefined {
  const directive = directives.find(({ name }) => name.value === named);
  const value = directive?.arguments?.find(({ name }) => name.value === 'class')?.value;
  return value && 'value' in value ? (String(value.value) as Sensitivity) : undefined;
}

/** The class of each field by its coordinate, as subgraphs publish it. */
export const sensitivitiesOf = (subgraphs: readonly Published[]): ReadonlyMap<string, Sensitivity> =>
  new Map(subgraphs.flatMap((subgraph) => [...classesIn(subgraphDocument(subgraph))]));

/** The class of each field by its coordinate, as a schema of a subgraph or a supergraph states it. */
export function classesIn(document: DocumentNode): ReadonlyMap<string, Sensitivity> {
  const classes = knownClasses.get(document) ?? readClasses(document);
  knownClasses.set(document, classes);
  return classes;
}

const knownClasses = new WeakMap<DocumentNode, ReadonlyMap<string, Sensitivity>>();

function readClasses(document: DocumentNode): ReadonlyMap<string, Sensitivity> {
  const classes = new Map<string, Sensitivity>();
  const feature = handlingFeature(document);
  if (!feature) return classes;
  for (const { coordinate, directives } of fieldsIn(document)) {
    const of = classOf(directives, feature.directiveNamed(DIRECTIVE));
    if (of) classes.set(coordinate, of);
  }
  return classes;
}

/** Subgraph fields that Federation defines. */
const FEDERATION_FIELDS = new Set(['_service', '_entities']);

/** The fields of object types and interfaces. */
export function* fieldsIn(
  document: DocumentNode,
): Generator<{ coordinate: string; type: TypeNode } & Pick<FieldDefinitionNode, 'arguments' | 'directives'>> {
  const rootNames = rootNamesIn(document);
  for (const definition of document.definitions) {
    const { kind } = definition;
    const hasOutput =
      kind === Kind.OBJECT_TYPE_DEFINITION ||
      kind === Kind.OBJECT_TYPE_EXTENSION ||
      kind === Kind.INTERFACE_TYPE_DEFINITION ||
      kind === Kind.INTERFACE_TYPE_EXTENSION;
    if (!hasOutput) continue;
    const type = rootNames.get(definition.name.value) ?? definition.name.value;
    for (const field of definition.fields ?? [])
      if (!FEDERATION_FIELDS.has(field.name.value)) yield { ...field, coordinate: `${type}.${field.name.value}` };
  }
}
