import { getDocumentNodeFromSchema } from '@graphql-tools/utils';
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type GraphQLSchema,
  type InputObjectTypeDefinitionNode,
  type InputValueDefinitionNode,
  isInputObjectType,
  Kind,
  type ObjectTypeDefinitionNode,
  parseConstValue,
  print,
  type StringValueNode,
  type TypeNode,
  visit,
} from 'graphql';
import type { Sensitivity } from '#base/sensitivity';
import { DEFAULT_PAGE_SIZE } from '../collection/page';
import { type Model, type ModelClass, modelOf } from '../model/model';

interface PublishedParts {
  readonly subgraph: string;
  /** Keys of the agencies whose data it holds. */
  readonly owners: readonly string[];
  readonly models: readonly ModelClass[];
}

/** What a count costs: it reads every row of its list. Measured by `test/performance/costs.test.ts`. */
const COUNT_WEIGHT = 25;

/**
 * The schema of a subgraph as it is published: with a class of sensitivity on every field, and the sizes of lists.
 * @returns also the fields that carry objects and are none of their own, as `Type.field`: whom they are shown is decided by the objects.
 */
export function publish(schema: GraphQLSchema, parts: PublishedParts): { sdl: string; carriers: ReadonlySet<string> } {
  const classes = new Map(parts.models.map((model) => [modelOf(model).name, modelOf(model).sensitivity]));
  const entities = new Map(
    parts.models.flatMap((model) => (modelOf(model).entity ? [[modelOf(model).name, modelOf(model)] as const] : [])),
  );
  const carriers = new Set<string>();
  const filters = new Set(
    Object.values(schema.getTypeMap()).flatMap((type) =>
      isInputObjectType(type) && type.getFields().not?.type === type ? [type.name] : [],
    ),
  );
  const document = visit(inOrder(getDocumentNodeFromSchema(schema)), {
    ObjectTypeDefinition: {
      leave: (type: ObjectTypeDefinitionNode) => ({
        ...type,
        ...identified(type, entities.get(type.name.value)),
        description: ROOT_DESCRIPTIONS[type.name.value] ?? type.description,
        fields: type.fields?.map((field) => {
          const own = field.directives?.some(({ name }) => name.value === 'sensitivity');
          if (!own) carriers.add(`${type.name.value}.${field.name.value}`);
          const given = own ? [] : [directive('sensitivity', { class: carriedClass(type, field, classes) })];
          return { ...field, directives: [...(field.directives ?? []), ...given, ...costs(type, field)] };
        }),
      }),
    },
    InputObjectTypeDefinition: (type: InputObjectTypeDefinitionNode) => ({
      ...type,
      fields: type.fields?.map((field) => ({
        ...field,
        directives: [...(field.directives ?? []), ...filterCosts(type, field, filters)],
      })),
    }),
  });
  return { sdl: `${header(parts)}\n${print(document)}\n`, carriers };
}

/** What an entity's type has beside its fields: it implements `Node`, and says by which ids this subgraph finds its objects. */
function identified(
  { directives = [] }: ObjectTypeDefinitionNode,
  entity: Model | undefined,
): Pick<ObjectTypeDefinitionNode, 'interfaces' | 'directives'> | undefined {
  if (!entity) return undefined;
  const found = entity.nodePrefix === undefined ? [] : [directive('node', { prefix: entity.nodePrefix })];
  const node = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: 'Node' } } as const;
  return { interfaces: [node], directives: [...directives, ...found] };
}
const description = (value: string): StringValueNode => ({ kind: Kind.STRING, value, block: true });

/** The root types have no class that could describe them, and mean the same in every subgraph. */
const ROOT_DESCRIPTIONS: Readonly<Record<string, StringValueNode>> = {
  Query: description(
    'Reads of the graph: one object by its key, a paged and filtered list of objects, or figures. A root field is null if you may not read it or its subgraph fails.',
  ),
  Mutation: description(
    'Changes of the voluntary framework. Each takes one input with an "idempotencyKey" and returns the changed object.',
  ),
};

const header = ({ subgraph, owners }: PublishedParts): string => `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@composeDirective", "@cost", "@listSize"])
  @link(url: "https://ordergraph.example/sensitivity/v1.0", import: ["@sensitivity", "@owner", "Sensitivity"])
  @composeDirective(name: "@sensitivity")
  @composeDirective(name: "@owner")
  @owner(subgraph: "${subgraph}", agencies: ${JSON.stringify(owners)})

"How sensitive a field is: who may read it. The strictest class on the way to a field wins."
directive @sensitivity("The class." class: Sensitivity!) on FIELD_DEFINITION

"The sources of a value. Its class covers theirs, unless it is coarsened."
directive @derivedFrom("Coordinates such as Type.field, of any subgraph." fields: [String!]!, "Why it does not reveal them." coarsened: String) on FIELD_DEFINITION

"The agencies whose data a subgraph holds, by their keys."
directive @owner("The subgraph's name." subgraph: String!, "Keys of the agencies." agencies: [String!]!) repeatable on SCHEMA

"The subgraph finds the objects of the type by their global ids."
directive @node("How the ids begin." prefix: String!) on OBJECT

"An object with an id that is unique over the graph."
interface Node {
  "Opaque, and the same for as long as the object exists."
  id: ID! @sensitivity(class: PUBLIC)
}
`;

/** The class of a field that carries objects: theirs. That a list has objects, and how many, is as sensitive as what they are. */
function carriedClass(
  type: ObjectTypeDefinitionNode,
  field: FieldDefinitionNode,
  classes: ReadonlyMap<string, Sensitivity>,
): Sensitivity {
  const [led, within] = [namedType(field.type), type.name.value].map((name) => name.replace(/(Connection|Edge)$/, ''));
  return classes.get(led!) ?? (field.name.value === 'replayed' ? 'PUBLIC' : classes.get(within!)) ?? 'PUBLIC';
}

function costs(type: ObjectTypeDefinitionNode, field: FieldDefinitionNode): ConstDirectiveNode[] {
  if (namedType(field.type).endsWith('Connection'))
    return [
      directive('listSize', {
        assumedSize: DEFAULT_PAGE_SIZE,
        slicingArguments: ['first', 'last'].filter((one) => field.arguments?.some(({ name }) => name.value === one)),
        sizedFields: ['nodes', 'edges'],
        requireOneSlicingArgument: false,
      }),
    ];
  const isCount = type.name.value.endsWith('Connection') && field.name.value === 'totalCount';
  return isCount ? [directive('cost', { weight: COUNT_WEIGHT })] : [];
}

/** What a condition of a filter costs: it is evaluated for every row that the others leave. */
const CONDITION_WEIGHT = 10;
const CONTAINS_WEIGHT = 20;
/** Conditions on the objects that a list's objects refer to. */
const REFERENCE_WEIGHT = 50;

/** @param models names of the filters of models, which can be combined by `and`, `or` and `not` */
function filterCosts(
  type: InputObjectTypeDefinitionNode,
  field: InputValueDefinitionNode,
  models: ReadonlySet<string>,
): ConstDirectiveNode[] {
  const [own, of] = [type.name.value, namedType(field.type)];
  if (!own.endsWith('Filter') || own === of) return [];
  if (models.has(of)) return [directive('cost', { weight: REFERENCE_WEIGHT })];
  if (of.endsWith('Filter')) return [];
  return [directive('cost', { weight: field.name.value === 'contains' ? CONTAINS_WEIGHT : CONDITION_WEIGHT })];
}

const namedType = (type: TypeNode): string => (type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type));

function directive(name: string, args: Readonly<Record<string, unknown>>): ConstDirectiveNode {
  return {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: name },
    arguments: Object.entries(args).map(([argument, value]) => ({
      kind: Kind.ARGUMENT,
      name: { kind: Kind.NAME, value: argument },
      // a class is a value of an enum
      value: argument === 'class' ? { kind: Kind.ENUM, value: String(value) } : parseConstValue(JSON.stringify(value)),
    })),
  };
}

/** The types without the schema definition and without directives that belong to GraphQL itself, in order of name. */
function inOrder(document: DocumentNode): DocumentNode {
  const kept: DocumentNode = visit(document, {
    SchemaDefinition: () => null,
    DirectiveDefinition: () => null,
    // the printer does not know our directive's definition and takes its enum value for a string
    Argument: {
      leave: (node) =>
        node.name.value === 'class' && node.value.kind === Kind.STRING
          ? { ...node, value: { kind: Kind.ENUM, value: node.value.value } }
          : undefined,
    },
  });
  const name = (definition: object) => (definition as { name?: { value: string } }).name?.value ?? '';
  const rank = (text: string) => (text === 'Query' ? '0' : text === 'Mutation' ? '1' : `2${text}`);
  return { ...kept, definitions: [...kept.definitions].sort((a, b) => (rank(name(a)) < rank(name(b)) ? -1 : 1)) };
}
