import {
  type DocumentNode,
  type GraphQLSchema,
  isInputType,
  Kind,
  type NamedTypeNode,
  type OperationDefinitionNode,
  OperationTypeNode,
  print,
  typeFromAST,
  valueFromAST,
} from 'graphql';
import { Costs } from '../policy/cost';
import { type ClientDocument, parsedDocument } from './documents';

/** A supergraph with the schema that clients see. */
interface Served {
  readonly supergraph: DocumentNode;
  readonly schema: GraphQLSchema;
}

interface Estimates {
  readonly costs: Costs;
  readonly schema: GraphQLSchema;
}

const estimatesOf = ({ supergraph, schema }: Served): Estimates => ({ costs: Costs.of(supergraph, schema), schema });

/** A document whose estimated cost changes. */
export interface CostChange {
  readonly client: string;
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Documents whose estimated cost changes, the largest growth first. What looking up objects in other subgraphs adds is left out, which depends
 * on plans; variables have their default values, and lists without a size the assumed one.
 */
export function costChanges(documents: readonly ClientDocument[], before: Served, after: Served): CostChange[] {
  if (documents.length === 0) return [];
  const [old, next] = [estimatesOf(before), estimatesOf(after)];
  return documents
    .flatMap((document) => {
      const { client, name } = document;
      const [from, to] = [costOf(document, old), costOf(document, next)];
      return from === undefined || to === undefined || from === to ? [] : [{ client, name, from, to }];
    })
    .sort((one, other) => other.to / (other.from + 1) - one.to / (one.from + 1));
}

/** Estimated cost of the dearest operation of a document; undefined for one that is no GraphQL document. */
function costOf(document: ClientDocument, { costs, schema }: Estimates): number | undefined {
  const { definitions } = parsedDocument(document) ?? {};
  if (!definitions) return undefined;
  const fragments = definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  const estimates = definitions.flatMap((operation) => {
    if (operation.kind !== Kind.OPERATION_DEFINITION || operation.operation === OperationTypeNode.SUBSCRIPTION)
      return [];
    const node = {
      operation: print({ kind: Kind.DOCUMENT, definitions: [operation, ...fragments] }),
      operationKind: operation.operation,
    };
    return [costs.ofPlan([{ node, renamed: new Map() }]).of(defaultsOf(operation, schema))];
  });
  return estimates.length === 0 ? undefined : Math.max(...estimates);
}

/** Values of the variables that have a default. */
const defaultsOf = ({ variableDefinitions = [] }: OperationDefinitionNode, schema: GraphQLSchema) =>
  Object.fromEntries(
    variableDefinitions.flatMap(({ variable, type: of, defaultValue }) => {
      const type = typeFromAST(schema, of as NamedTypeNode);
      return defaultValue && isInputType(type) ? [[variable.name.value, valueFromAST(defaultValue, type)]] : [];
    }),
  );
