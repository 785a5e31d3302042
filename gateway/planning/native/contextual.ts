import {
  buildASTSchema,
  type GraphQLSchema,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';

/** Finds fields with context arguments (`@fromContext`), which the native planner ignores. */
export class ContextualFields {
  /** `Type.field` */
  private readonly fields = new Set<string>();
  private readonly schema: GraphQLSchema | undefined;

  constructor(supergraphSdl: string) {
    // fast path: most supergraphs are large and have none
    if (!supergraphSdl.includes('contextArguments: [')) return;
    const document = parse(supergraphSdl, { noLocation: true });
    for (const definition of document.definitions)
      if (definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION)
        for (const { name, directives = [] } of definition.fields ?? [])
          if (
            directives.some((directive) =>
              directive.arguments?.some((argument) => argument.name.value === 'contextArguments'),
            )
          )
            this.fields.add(`${definition.name.value}.${name.value}`);
    if (this.fields.size > 0) this.schema = buildASTSchema(document, { assumeValid: true });
  }

  /** Whether an operation selects such a field. */
  areIn(operation: string): boolean {
    const { schema, fields } = this;
    if (!schema) return false;
    const types = new TypeInfo(schema);
    let hasContextual = false;
    visit(
      parse(operation, { noLocation: true }),
      visitWithTypeInfo(types, {
        Field: ({ name }) => {
          const parent = types.getParentType();
          if (!parent) return;
          const possible = isAbstractType(parent) ? schema.getPossibleTypes(parent) : [];
          for (const type of [parent, ...possible])
            if ((isObjectType(type) || isInterfaceType(type)) && fields.has(`${type.name}.${name.value}`))
              hasContextual = true;
        },
      }),
    );
    return hasContextual;
  }
}
