import { getDocumentNodeFromSchema } from '@graphql-tools/utils';
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type EnumTypeDefinitionNode,
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
import { kindsOf, type RoleSpec } from '#base/identity/roles';
import type { Sensitivity } from '#base/sensitivity';
import { isDimension, isFieldEnum } from '../aggregates/types';
import { childListOf } from '../collection/children';
import { DEFAULT_PAGE_SIZE } from '../collection/page';
import { SEARCH } from '../collection/search';
import { type Model, type ModelClass, modelOf } from '../model/model';
import { isItemInput, MAX_ITEMS, RESULT } from '../mutation/bulk';
import { type TaggedParts, withTags } from './tags';

interface PublishedParts extends TaggedParts {
  readonly subgraph: string;
  /** Keys of the agencies whose data it holds. */
  readonly owners: readonly string[];
}

/** Cost of a count, which reads every row of its list. Measured by `test/performance/costs.test.ts`. */
const COUNT_WEIGHT = 25;

/** Cost of all keys of a list, which reads every row like a count and returns up to 10,000 keys. */
const KEYS_WEIGHT = 100;
/** Cost of the groups of a list, which reads and sorts every row of it. */
const GROUPS_WEIGHT = 150;
/** Cost of the figures of all other objects, which reads every row and computes the page of groups again. */
const OTHERS_WEIGHT = 400;
/**
 * Cost of each field that lists are grouped by or figures are computed over: the database computes and sorts its value for every row.
 * It counts once for all groups and parents, since one statement serves them.
 */
const OPERAND_WEIGHT = 250;
/** Cost of calendar periods, and of ranges, whose bounds the database compares with every row. */
const PERIODS_WEIGHT = 100;

/**
 * The published schema of a subgraph, with a sensitivity class on every field, costs, and list sizes.
 * @returns also `carriers`: fields without an explicit class, as `Type.field`, which inherit that of the objects in them
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
  const keyLists = new Map<string, Sensitivity>();
  for (const model of parts.models) {
    const { stored, keysField, sensitivity } = modelOf(model);
    if (stored && keysField !== undefined) keyLists.set(`Query.${keysField}`, sensitivity);
  }
  const counting = new Set(parts.models.filter(hasCountOrder).map((model) => `${modelOf(model).name}Order`));
  const document = visit(inOrder(getDocumentNodeFromSchema(schema)), {
    ObjectTypeDefinition: {
      leave: (type: ObjectTypeDefinitionNode) => ({
        ...type,
        ...identified(type, entities.get(type.name.value)),
        description: ROOT_DESCRIPTIONS[type.name.value] ?? type.description,
        fields: type.fields?.map((field) => {
          const hasClass = field.directives?.some(({ name }) => name.value === 'sensitivity');
          const coordinate = `${type.name.value}.${field.name.value}`;
          if (!hasClass) carriers.add(coordinate);
          const ofKeys = keyLists.get(coordinate);
          const inherited = hasClass
            ? []
            : [directive('sensitivity', { class: ofKeys ?? carriedClass(type, field, classes) })];
          const costDirectives = ofKeys ? KEYS_COSTS : costs(type, field);
          return { ...field, directives: [...(field.directives ?? []), ...inherited, ...costDirectives] };
        }),
      }),
    },
    EnumTypeDefinition: (type: EnumTypeDefinitionNode) =>
      isFieldEnum(type.name.value)
        ? { ...type, directives: [...(type.directives ?? []), directive('cost', { weight: OPERAND_WEIGHT })] }
        : undefined,
    InputObjectTypeDefinition: (type: InputObjectTypeDefinitionNode) => ({
      ...type,
      fields: type.fields?.map((field) => ({
        ...field,
        directives: [
          ...(field.directives ?? []),
          ...filterCosts(type, field, filters),
          ...orderCosts(type, field, counting),
          ...dimensionCosts(type, field),
          ...itemCosts(type, field),
        ],
      })),
    }),
  });
  return { sdl: `${header(parts)}\n${print(withTags(document, parts))}\n`, carriers };
}

/** Makes an entity type implement `Node`, and declares the prefix of the ids that this subgraph can resolve. */
function identified(
  { directives = [] }: ObjectTypeDefinitionNode,
  entity: Model | undefined,
): Pick<ObjectTypeDefinitionNode, 'interfaces' | 'directives'> | undefined {
  if (!entity?.identified) return undefined;
  const nodeDirectives = entity.nodePrefix === undefined ? [] : [directive('node', { prefix: entity.nodePrefix })];
  const node = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: 'Node' } } as const;
  return { interfaces: [node], directives: [...directives, ...nodeDirectives] };
}
const description = (value: string): StringValueNode => ({ kind: Kind.STRING, value, block: true });

/** Root types have no class to describe them. The texts are the same in every subgraph. */
const ROOT_DESCRIPTIONS: Readonly<Record<string, StringValueNode>> = {
  Query: description(
    'Entry points for reads: one object by key, a filtered and paged list of objects, or figures. A root field is null if you may not read it or its subgraph fails.',
  ),
  Mutation: description(
    'Changes. Each takes one input with an "idempotencyKey" and returns the changed object, or the results of up to 1,000 items.',
  ),
};

/** `@role` of one role on the schema. */
function roleDirective([name, spec]: [string, RoleSpec]): string {
  const { description, needs } = spec;
  const kinds = kindsOf(spec);
  return print(
    directive('role', { name, description, ...(needs ? { needs } : {}), ...(kinds.length > 0 ? { kinds } : {}) }),
  );
}

const header = ({ subgraph, owners, roles }: PublishedParts): string => `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@composeDirective", "@cost", "@listSize", "@tag"])
  @link(url: "https://ordergraph.example/sensitivity/v1.0", import: ["@sensitivity", "@owner", "@role", "@matchedBy", "Sensitivity"])
  @composeDirective(name: "@sensitivity")
  @composeDirective(name: "@owner")
  @composeDirective(name: "@role")
  @composeDirective(name: "@matchedBy")
  @owner(subgraph: "${subgraph}", agencies: ${JSON.stringify(owners)})
  ${Object.entries(roles).map(roleDirective).join('\n  ')}

"Sensitivity class of a field, which determines who may read it. The strictest class on the path to a field applies."
directive @sensitivity("Sensitivity class." class: Sensitivity!) on FIELD_DEFINITION

"Sources of a value. Its class covers theirs unless it is coarsened."
directive @derivedFrom("Coordinates of the sources, such as Type.field, in any subgraph." fields: [String!]!, "Reason why the value does not reveal its sources." coarsened: String) on FIELD_DEFINITION

"Agencies that own the data of a subgraph."
directive @owner("Name of the subgraph." subgraph: String!, "Keys of the agencies." agencies: [String!]!) repeatable on SCHEMA

"Role of callers."
directive @role("Name of the role." name: String!, "Work of its callers." description: String!, "Claim that its callers must have: organization, agency, or caseNumber." needs: String, "GOVERNMENT, STATISTICAL for figures only, or OVERSIGHT." kinds: [String!]) repeatable on SCHEMA

"Conditions on references to an entity of another subgraph. Gateways may add conditions on the entity's own fields."
directive @matchedBy("Root field with the keys of the entities that match a filter." field: String!) on INPUT_OBJECT

"The subgraph resolves objects of the type by global id."
directive @node("Prefix of the global ids." prefix: String!) on OBJECT

"Object with a globally unique id."
interface Node {
  "Opaque id that never changes."
  id: ID! @sensitivity(class: PUBLIC)
}
`;

/** Class of a field that carries objects: that of the objects, since their existence and number is as sensitive as their content. */
function carriedClass(
  type: ObjectTypeDefinitionNode,
  field: FieldDefinitionNode,
  classes: ReadonlyMap<string, Sensitivity>,
): Sensitivity {
  const [returned, within] = [namedType(field.type), type.name.value].map((name) =>
    name.replace(/(Connection|Edge|Aggregates|Group|GroupPage)$/, ''),
  );
  return classes.get(returned!) ?? (field.name.value === 'replayed' ? 'PUBLIC' : classes.get(within!)) ?? 'PUBLIC';
}

/**
 * Costs of all keys of a list. The database reads every row, and the answer has a key for each that matches. Measured by
 * `test/performance/costs.test.ts`.
 */
const KEYS_COSTS = [
  directive('cost', { weight: KEYS_WEIGHT }),
  directive('listSize', { assumedSize: 1, requireOneSlicingArgument: false }),
];

function costs(type: ObjectTypeDefinitionNode, field: FieldDefinitionNode): ConstDirectiveNode[] {
  if (/(Connection|GroupPage)$/.test(namedType(field.type)))
    return [
      ...(field.name.value === 'groups' ? [directive('cost', { weight: GROUPS_WEIGHT })] : []),
      directive('listSize', {
        assumedSize: DEFAULT_PAGE_SIZE,
        slicingArguments: ['first', 'last'].filter((slicing) =>
          field.arguments?.some(({ name }) => name.value === slicing),
        ),
        sizedFields: field.name.value === 'groups' ? ['nodes'] : ['nodes', 'edges'],
        requireOneSlicingArgument: false,
      }),
    ];
  if (namedType(field.type).endsWith(RESULT) && type.name.value.endsWith('Payload'))
    return [directive('listSize', { assumedSize: MAX_ITEMS, requireOneSlicingArgument: false })];
  if (field.name.value === 'others' && type.name.value.endsWith('GroupPage'))
    return [directive('cost', { weight: OTHERS_WEIGHT })];
  const isCount = type.name.value.endsWith('Connection') && ['totalCount', 'aggregates'].includes(field.name.value);
  return isCount ? [directive('cost', { weight: COUNT_WEIGHT })] : [];
}

/** Cost of a filter condition, which is evaluated for every row that matches the other conditions. */
const CONDITION_WEIGHT = 10;
const CONTAINS_WEIGHT = 20;
/** Cost of a search, which reads each word of its model at most once. */
const SEARCH_WEIGHT = 200;
const TEXT_WEIGHTS: Readonly<Record<string, number>> = { contains: CONTAINS_WEIGHT, [SEARCH]: SEARCH_WEIGHT };
/** Cost of conditions on referenced objects, or on the objects in a list. */
const REFERENCE_WEIGHT = 75;
/** Cost of a term of an order that can count the objects in a list. */
const ORDER_WEIGHT = 225;

/** @param models names of the filters of models, which can be combined by `and`, `or` and `not` */
function filterCosts(
  type: InputObjectTypeDefinitionNode,
  field: InputValueDefinitionNode,
  models: ReadonlySet<string>,
): ConstDirectiveNode[] {
  const [filterType, fieldType] = [type.name.value, namedType(field.type)];
  if (!filterType.endsWith('Filter') || filterType === fieldType) return [];
  if (models.has(fieldType)) return [directive('cost', { weight: REFERENCE_WEIGHT })];
  const countsList = /(List|Link)Filter$/.test(filterType) && field.name.value === 'count';
  if (countsList) return [directive('cost', { weight: REFERENCE_WEIGHT })];
  if (fieldType.endsWith('Filter')) return [];
  return [directive('cost', { weight: TEXT_WEIGHTS[field.name.value] ?? CONDITION_WEIGHT })];
}

const hasCountOrder = (model: ModelClass): boolean =>
  [...modelOf(model).selectable.values()].some(({ order, comparison }) => order && childListOf(comparison));

/** @param counting names of the inputs for orders that can count the objects in a list */
function orderCosts(
  type: InputObjectTypeDefinitionNode,
  field: InputValueDefinitionNode,
  counting: ReadonlySet<string>,
): ConstDirectiveNode[] {
  const isCounting = counting.has(type.name.value) && field.name.value === 'field';
  return isCounting ? [directive('cost', { weight: ORDER_WEIGHT })] : [];
}

/** Costs of the input that says what groups have in common. */
const dimensionCosts = (
  { name }: InputObjectTypeDefinitionNode,
  field: InputValueDefinitionNode,
): ConstDirectiveNode[] =>
  isDimension(name.value) && ['every', 'bounds'].includes(field.name.value)
    ? [directive('cost', { weight: PERIODS_WEIGHT })]
    : [];

/** Cost of an item of a bulk mutation: reading, locking, and writing an object with its timeline. */
const ITEM_WEIGHT = 20;

/** Costs of an item, on its first required field, since input types have no cost. */
function itemCosts(type: InputObjectTypeDefinitionNode, field: InputValueDefinitionNode): ConstDirectiveNode[] {
  if (!isItemInput(type.name.value)) return [];
  const first = type.fields?.find(({ type: of }) => of.kind === Kind.NON_NULL_TYPE);
  return field === first ? [directive('cost', { weight: ITEM_WEIGHT })] : [];
}

const namedType = (type: TypeNode): string => (type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type));

function directive(name: string, args: Readonly<Record<string, unknown>>): ConstDirectiveNode {
  return {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: name },
    arguments: Object.entries(args).map(([argument, value]) => ({
      kind: Kind.ARGUMENT,
      name: { kind: Kind.NAME, value: argument },
      // a class is an enum value
      value: argument === 'class' ? { kind: Kind.ENUM, value: String(value) } : parseConstValue(JSON.stringify(value)),
    })),
  };
}

/** Sorts types by name, and removes the schema definition and directive definitions. */
function inOrder(document: DocumentNode): DocumentNode {
  const types: DocumentNode = visit(document, {
    SchemaDefinition: () => null,
    DirectiveDefinition: () => null,
    // the printer lacks the definition of our directive and prints its enum value as a string
    Argument: {
      leave: (node) =>
        node.name.value === 'class' && node.value.kind === Kind.STRING
          ? { ...node, value: { kind: Kind.ENUM, value: node.value.value } }
          : undefined,
    },
  });
  const name = (definition: object) => (definition as { name?: { value: string } }).name?.value ?? '';
  const rank = (text: string) => (text === 'Query' ? '0' : text === 'Mutation' ? '1' : `2${text}`);
  return { ...types, definitions: [...types.definitions].sort((a, b) => (rank(name(a)) < rank(name(b)) ? -1 : 1)) };
}
