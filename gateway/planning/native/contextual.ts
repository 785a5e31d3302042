import {
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
import type { SupergraphModel } from '../model/supergraph-model';

/** Finds fields with context arguments (`@fromContext`), which the native planner ignores. */
export class ContextualFields {
  /** `Type.field` */
  private readonly fields = new Set<string>();
  private readonly schema: GraphQLSchema;

  constructor({ document, whole }: SupergraphModel) {
    this.schema = whole;
    for (const definition of document.definitions)
      if (definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION)
        for (const { name, directives = [] } of definition.fields ?? [])
          if (
            directives.some((directive) =>
              directive.arguments?.some((argument) => argument.name.value === 'contextArguments'),
            )
          )
            this.fields.add(`${definition.name.value}.${name.value}`);
  }

  /** Whether an operation selects such a field. */
  areIn(operation: string): boolean {
    const { schema, fields } = this;
    if (fields.size === 0) return false;
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
