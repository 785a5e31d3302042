import {
  type DocumentNode,
  type InputValueDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type TypeNode,
} from 'graphql';
import { namedTypeOf } from './ast';
import { handlingFeature } from './features';

/** Conditions on references to an entity of another subgraph, which a root field with keys can answer. */
export interface MatchedInput {
  /** Name of the input type. */
  readonly input: string;
  /** Root field with the keys of the entities that match a filter. */
  readonly keysField: string;
  /** Name of the filter's input type. */
  readonly filter: string;
  /** Field of the input that takes a list of keys. */
  readonly operator: 'in' | 'any';
}

/** Field that the gateway adds to these inputs. */
export const MATCHES = 'matches';

const OPERATORS = ['in', 'any'] as const;

/**
 * The inputs with `@matchedBy` whose root field takes a `filter` and returns keys. Others are skipped: another subgraph may not be part of
 * the graph. Whether the types and the field are accessible is up to the API schema.
 */
export function matchedInputs(supergraph: DocumentNode): readonly MatchedInput[] {
  const directive = handlingFeature(supergraph)?.directiveNamed('matchedBy');
  if (directive === undefined) return [];
  const query = supergraph.definitions.find(
    (node): node is ObjectTypeDefinitionNode =>
      node.kind === Kind.OBJECT_TYPE_DEFINITION && node.name.value === 'Query',
  );
  const inputs = new Set(
    supergraph.definitions.flatMap((node) =>
      node.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION ? [node.name.value] : [],
    ),
  );
  return supergraph.definitions.flatMap((node): MatchedInput[] => {
    if (node.kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION) return [];
    const applied = node.directives?.find(({ name }) => name.value === directive);
    const value = applied?.arguments?.find(({ name }) => name.value === 'field')?.value;
    const field = query?.fields?.find(({ name }) => value?.kind === Kind.STRING && name.value === value.value);
    const filter = field?.arguments?.find(({ name }) => name.value === 'filter');
    const operator = OPERATORS.find((name) => node.fields?.some((candidate) => isKeyList(candidate, name)));
    if (!field || !filter || operator === undefined || node.fields?.some(({ name }) => name.value === MATCHES))
      return [];
    const filterName = String(namedTypeOf(filter.type));
    if (!inputs.has(filterName) || isList(filter.type) || !isList(field.type) || namedTypeOf(field.type) !== 'ID')
      return [];
    const required = field.arguments?.some(({ name, type, defaultValue }) => {
      return name.value !== 'filter' && type.kind === Kind.NON_NULL_TYPE && !defaultValue;
    });
    return required ? [] : [{ input: node.name.value, keysField: field.name.value, filter: filterName, operator }];
  });
}

const isKeyList = ({ name, type }: InputValueDefinitionNode, wanted: string): boolean =>
  name.value === wanted && isList(type) && namedTypeOf(type) === 'ID';

const isList = (type: TypeNode): boolean =>
  type.kind === Kind.LIST_TYPE || (type.kind === Kind.NON_NULL_TYPE && isList(type.type));
