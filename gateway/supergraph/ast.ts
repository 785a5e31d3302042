import { type ConstDirectiveNode, type DirectiveNode, Kind, type TypeNode, valueFromASTUntyped } from 'graphql';

/** Arguments of an applied directive, by name. */
export const argumentsOf = ({
  arguments: nodes = [],
}: ConstDirectiveNode | DirectiveNode): Readonly<Record<string, unknown>> =>
  Object.fromEntries(nodes.map(({ name, value }) => [name.value, valueFromASTUntyped(value)]));

/** Name of the type inside all lists and non-null types. */
export const namedTypeOf = (type: TypeNode): string =>
  type.kind === Kind.NAMED_TYPE ? type.name.value : namedTypeOf(type.type);
