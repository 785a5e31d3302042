import type { FastifyRequest } from 'fastify';
import { getOperationAST, OperationTypeNode } from 'graphql';
import type { KnownOperation, ServedContract, ServedGraph } from '../graph/served-graph';
import { LimitError, type Limits, readWithin, variablesWithin } from '../policy/limits';
import { costOfDocument, costOfVariables } from '../policy/work';
import { type DocumentSource, resolveDocument } from './documents';
import { type Parameters, parametersOf } from './parameters';
import { MUTATION_BY_GET, type Refusal, unsupported } from './unsupported';

/** Rules that a request must pass before its operation is parsed. */
export interface AdmissionRules {
  readonly served: ServedGraph;
  readonly limits: Limits;
  /** Source of documents that requests reference by id. */
  readonly documents: DocumentSource;
  /** Charges the caller for the work of checking a request. */
  readonly charge: (request: FastifyRequest, cost: number) => void;
}

/** An accepted request. Its operation may still turn out to be invalid. */
export interface Admitted extends Omit<Parameters, 'documentId'> {
  readonly query: string;
  /** The operation, if it has been executed before. */
  readonly knownOperation?: KnownOperation;
  /** Whether `extensions.trace` asks for the plan and the timing. */
  readonly asksForTrace: boolean;
}

/** Accepts or rejects a request before anything is parsed or executed. */
export function admit(request: FastifyRequest, rules: AdmissionRules, contract: ServedContract): Admitted | Refusal {
  const refused = unsupported(request);
  if (refused) return refused;
  const parameters = parametersOf(request);
  if ('error' in parameters) return parameters;
  const document = resolveDocument(request, parameters, rules.documents);
  if ('error' in document) return document;
  const { query, isRegistration } = document;
  const { operationName, variables, extensions } = parameters;
  const knownOperation = isRegistration ? undefined : rules.served.knownOperation(contract, query, operationName);
  const tooLarge = sizeError(() => {
    const isPublic = request.caller.principal === null;
    if (variables) rules.charge(request, costOfVariables(variablesWithin(variables, rules.limits, isPublic)));
    const size = knownOperation ? undefined : readWithin(query, rules.limits);
    if (size) rules.charge(request, costOfDocument(size));
  });
  if (tooLarge) return tooLarge;
  if (knownOperation && request.method === 'GET' && !isQuery(knownOperation)) return MUTATION_BY_GET;
  return {
    query,
    operationName,
    variables,
    knownOperation,
    asksForTrace: extensions?.trace === true,
    // without a registration, Apollo Server would look up a document that it does not have
    extensions: isRegistration ? extensions : undefined,
  };
}

/** The rejection of a request that exceeds a size limit. */
function sizeError(check: () => void): Refusal | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
    const { http: _http, ...extensions } = error.extensions;
    return { status: 400, error: { message: error.message, extensions } };
  }
}

const isQuery = ({ document, operationName }: KnownOperation): boolean =>
  getOperationAST(document, operationName)?.operation === OperationTypeNode.QUERY;
