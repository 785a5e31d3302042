import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  getArgumentValues,
  getNamedType,
} from 'graphql';
import { collectSubfields } from 'graphql/execution/collectFields';

/** A field below another one in an operation, with its arguments. Fields with the same response name are merged. */
export interface Selected {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly type: GraphQLObjectType;
  readonly nodes: readonly FieldNode[];
}

/** The fields selected below the field that is being resolved, by response name. */
export function selectedBelow(info: GraphQLResolveInfo): Selected[] {
  return fieldsOf(info, getNamedType(info.returnType) as GraphQLObjectType, info.fieldNodes);
}

/** The fields selected below a selected field. */
export const below = (info: GraphQLResolveInfo, { type, nodes }: Selected): Selected[] => fieldsOf(info, type, nodes);

function fieldsOf(info: GraphQLResolveInfo, type: GraphQLObjectType, nodes: readonly FieldNode[]): Selected[] {
  const { schema, fragments, variableValues } = info;
  return [...collectSubfields(schema, fragments, variableValues, type, nodes).values()].flatMap((same) => {
    const field = type.getFields()[same[0]!.name.value];
    if (!field) return [];
    const args = field.args.length > 0 ? getArgumentValues(field, same[0]!, variableValues) : {};
    return [{ name: field.name, args, type: getNamedType(field.type) as GraphQLObjectType, nodes: same }];
  });
}
