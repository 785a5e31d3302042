import type { FastifyRequest } from 'fastify';
import { getOperationAST, OperationTypeNode } from 'graphql';
import type { KnownOperation, ServedGraph } from '../graph/served-graph';
import { LimitError, type Limits, readWithin, variablesWithin } from '../policy/limits';
import { costOfDocument, costOfVariables } from '../policy/work';
import { type DocumentSource, resolveDocument } from './documents';
import { type Parameters, parametersOf } from './parameters';
import { MUTATION_BY_GET, type Refusal, unsupported } from './unsupported';

/** What requests are held against before an operation is parsed. */
export interface AdmissionRules {
  readonly served: ServedGraph;
  readonly limits: Limits;
  /** Where documents come from that requests name by an id. */
  readonly documents: DocumentSource;
  /** Takes what looking at a request costs from its caller's budget. */
  readonly charge: (request: FastifyRequest, cost: number) => void;
}

/** A request that may be executed, once its operation is known to be valid. */
export interface Admitted extends Omit<Parameters, 'documentId'> {
  readonly query: string;
  /** The operation, where it has been executed before. */
  readonly known?: KnownOperation;
}

/** Lets a request in, or says why not; nothing has been parsed or executed then. */
export function admit(request: FastifyRequest, rules: AdmissionRules): Admitted | Refusal {
  const refused = unsupported(request);
  if (refused) return refused;
  const parameters = parametersOf(request);
  if ('error' in parameters) return parameters;
  const document = resolveDocument(request, parameters, rules.documents);
  if ('error' in document) return document;
  const { query, isRegistration } = document;
  const { operationName, variables, extensions } = parameters;
  const known = isRegistration ? undefined : rules.served.known(query, operationName);
  const tooLarge = sizeError(() => {
    if (variables) rules.charge(request, costOfVariables(variablesWithin(variables, rules.limits)));
    const size = known ? undefined : readWithin(query, rules.limits);
    if (size) rules.charge(request, costOfDocument(size));
  });
  if (tooLarge) return tooLarge;
  if (known && request.method === 'GET' && !isQuery(known)) return MUTATION_BY_GET;
  return {
    query,
    operationName,
    variables,
    known,
    // Apollo Server would look for a document that it does not have
    extensions: isRegistration ? extensions : undefined,
  };
}

/** What is wrong with the size of a request. */
function sizeError(look: () => void): Refusal | undefined {
  try {
    look();
    return undefined;
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
    const { http: _http, ...extensions } = error.extensions;
    return { status: 400, error: { message: error.message, extensions } };
  }
}

const isQuery = ({ document, operationName }: KnownOperation): boolean =>
  getOperationAST(document, operationName)?.operation === OperationTypeNode.QUERY;
