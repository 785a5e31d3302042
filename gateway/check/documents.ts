import {
  type DocumentNode,
  type GraphQLCompositeType,
  GraphQLError,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  Kind,
  parse,
  specifiedRules,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
} from 'graphql';

/** A document that a released client sends. */
export interface ClientDocument {
  /** Client and version, such as "dashboard@1.4". */
  readonly client: string;
  /** Name of the operation, or its id in the manifest. */
  readonly name: string;
  readonly text: string;
}

/** A document that does not work with a schema. */
export interface BrokenDocument {
  readonly client: string;
  readonly name: string;
  readonly errors: readonly string[];
}

/** Maximum errors of one document in a report. */
const MAX_ERRORS = 5;

/** Whether a document works with a schema. */
export const worksWith = (document: ClientDocument, schema: GraphQLSchema): boolean =>
  brokenDocuments([document], schema).length === 0;

/** Documents that do not work with a schema, with the reason. */
export function brokenDocuments(documents: readonly ClientDocument[], schema: GraphQLSchema): BrokenDocument[] {
  return documents.flatMap(({ client, name, text }) => {
    const document = parsed(text);
    const errors = document ? errorsOf(document, schema) : ['it is not a GraphQL document'];
    return errors.length > 0 ? [{ client, name, errors }] : [];
  });
}

function parsed(text: string): DocumentNode | undefined {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof GraphQLError) return undefined;
    throw error;
  }
}

function errorsOf(document: DocumentNode, schema: GraphQLSchema): string[] {
  // validation skips operations without a root type
  const missing = document.definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION && !schema.getRootType(definition.operation)
      ? [`The graph has no ${definition.operation} type.`]
      : [],
  );
  return [
    ...missing,
    ...validate(schema, document, specifiedRules, { maxErrors: MAX_ERRORS }).map(({ message }) => message),
  ];
}

/**
 * Finds the documents that use a part of the schema.
 * @returns from a coordinate, with dots before arguments too, to names as "client: operation"
 */
export function usersOf(documents: readonly ClientDocument[], schema: GraphQLSchema): Map<string, Set<string>> {
  const users = new Map<string, Set<string>>();
  for (const { client, name, text } of documents) {
    const document = parsed(text);
    for (const coordinate of document ? coordinatesIn(document, schema) : []) {
      const names = users.get(coordinate) ?? new Set();
      users.set(coordinate, names.add(`${client}: ${name}`));
    }
  }
  return users;
}

/** Coordinates of the types, fields, arguments, input fields, and enum values that a document uses. */
export function coordinatesIn(document: DocumentNode, schema: GraphQLSchema): Set<string> {
  const used = new Set<string>();
  const types = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(types, {
      Field({ name }) {
        const parent = types.getParentType();
        const type = types.getType();
        for (const { name: possible } of parent ? [parent, ...objectsOf(parent, schema)] : [])
          used.add(possible).add(`${possible}.${name.value}`);
        if (type) used.add(getNamedType(type).name);
      },
      InlineFragment({ typeCondition }) {
        if (typeCondition) used.add(typeCondition.name.value);
      },
      FragmentDefinition({ typeCondition }) {
        used.add(typeCondition.name.value);
      },
      Argument({ name }) {
        const parent = types.getParentType();
        const field = types.getFieldDef();
        if (parent && field && !types.getDirective()) used.add(`${parent.name}.${field.name}.${name.value}`);
        const input = types.getInputType();
        if (input) used.add(getNamedType(input).name);
      },
      ObjectField({ name }) {
        const parent = getNamedType(types.getParentInputType());
        const input = types.getInputType();
        if (parent) used.add(`${parent.name}.${name.value}`);
        if (input) used.add(getNamedType(input).name);
      },
      EnumValue({ value }) {
        const type = getNamedType(types.getInputType());
        if (isEnumType(type)) used.add(`${type.name}.${value}`);
      },
      VariableDefinition({ type }) {
        let named = type;
        while (named.kind !== Kind.NAMED_TYPE) named = named.type;
        addInputs(schema.getType(named.name.value), used);
      },
    }),
  );
  return used;
}

/** The types of the objects of an interface or union. */
const objectsOf = (type: GraphQLCompositeType, schema: GraphQLSchema): readonly GraphQLObjectType[] =>
  isAbstractType(type) ? schema.getPossibleTypes(type) : [];

/** A client may send any value of a variable: it uses all parts of its type. */
function addInputs(type: GraphQLNamedType | undefined, used: Set<string>): void {
  if (!type || used.has(`variable ${type.name}`)) return;
  used.add(type.name).add(`variable ${type.name}`);
  if (isEnumType(type)) for (const { name } of type.getValues()) used.add(`${type.name}.${name}`);
  if (!isInputObjectType(type)) return;
  for (const { name, type: of } of Object.values(type.getFields())) {
    used.add(`${type.name}.${name}`);
    addInputs(getNamedType(of), used);
  }
}
