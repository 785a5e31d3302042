import {
  type DocumentNode,
  type GraphQLCompositeType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';

/**
 * Coordinates of the types, fields, arguments, input fields, and enum values that a document uses, with dots before arguments, too.
 * @param options `insideVariables`: also all parts of the types of its variables, since a client may send any value
 */
export function usedCoordinates(
  document: DocumentNode,
  schema: GraphQLSchema,
  { insideVariables }: { readonly insideVariables: boolean },
): Set<string> {
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
        if (insideVariables) addInputs(schema.getType(named.name.value), used);
        else used.add(named.name.value);
      },
    }),
  );
  return used;
}

/** The types of the objects of an interface or union. */
const objectsOf = (type: GraphQLCompositeType, schema: GraphQLSchema): readonly GraphQLObjectType[] =>
  isAbstractType(type) ? schema.getPossibleTypes(type) : [];

/** All parts of the type of a variable. */
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
