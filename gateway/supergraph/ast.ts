import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type DirectiveNode,
  type DocumentNode,
  Kind,
  type TypeNode,
  valueFromASTUntyped,
} from 'graphql';

/** Arguments of an applied directive, by name. */
export const argumentsOf = ({
  arguments: nodes = [],
}: ConstDirectiveNode | DirectiveNode): Readonly<Record<string, unknown>> =>
  Object.fromEntries(nodes.map(({ name, value }) => [name.value, valueFromASTUntyped(value)]));

/** Name of the type inside all lists and non-null types. */
export const namedTypeOf = (type: TypeNode): string =>
  type.kind === Kind.NAMED_TYPE ? type.name.value : namedTypeOf(type.type);

/** An applied directive. @param args its arguments; texts and lists of texts become literals */
export const directiveNode = (
  name: string,
  args: Readonly<Record<string, ConstValueNode | string | readonly string[]>>,
): ConstDirectiveNode => ({
  kind: Kind.DIRECTIVE,
  name: { kind: Kind.NAME, value: name },
  arguments: Object.entries(args).map(([argument, value]) => ({
    kind: Kind.ARGUMENT,
    name: { kind: Kind.NAME, value: argument },
    value: literal(value),
  })),
});

function literal(value: ConstValueNode | string | readonly string[]): ConstValueNode {
  if (typeof value === 'string') return { kind: Kind.STRING, value };
  return 'kind' in value
    ? value
    : { kind: Kind.LIST, values: value.map((text) => ({ kind: Kind.STRING, value: text })) };
}

/** Names of the root types in the graph, by operation. */
export const ROOT_TYPES: Readonly<Record<string, string>> = {
  query: 'Query',
  mutation: 'Mutation',
  subscription: 'Subscription',
};

/** The names in the graph of a schema's root types, by those in the schema. */
export function rootNamesIn({ definitions }: DocumentNode): ReadonlyMap<string, string> {
  return new Map(
    definitions.flatMap((definition) =>
      definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION
        ? (definition.operationTypes ?? []).map(
            ({ operation, type }) => [type.name.value, ROOT_TYPES[operation]!] as const,
          )
        : [],
    ),
  );
}
