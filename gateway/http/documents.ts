import type { FastifyRequest } from 'fastify';
import { type TrustedDocuments, withoutAlgorithm } from '../policy/trusted-documents';
import { type Parameters, withDocument } from './parameters';
import { type PersistedQueries, persistedQueryError } from './persisted-query';
import { type Refusal, refusal } from './unsupported';

/** The documents that requests may name by an id: those of manifests, or those that clients have registered. */
export type DocumentSource =
  | { readonly trusted: TrustedDocuments; readonly registered?: undefined }
  | { readonly trusted?: undefined; readonly registered: PersistedQueries };

/** A request with the text of its document. */
interface Resolved {
  readonly parameters: Parameters;
  /** Whether Apollo Server has to register the document. */
  readonly isRegistration?: boolean;
}

/** Puts the text of a document in the place of its id, or says why the request's document cannot be executed. */
export function resolveDocument(
  request: FastifyRequest,
  parameters: Parameters,
  source: DocumentSource,
): Resolved | Refusal {
  return source.trusted
    ? resolveTrusted(request, parameters, source.trusted)
    : resolveRegistered(request, parameters, source.registered);
}

function resolveTrusted(
  request: FastifyRequest,
  parameters: Parameters,
  trusted: TrustedDocuments,
): Resolved | Refusal {
  const query = parameters.query ?? undefined;
  const { principal } = request.caller;
  const { id, isAutomatic } = referenceOf(parameters);
  if (query === undefined && id !== undefined) {
    const text = trusted.textOf(id);
    if (text !== undefined) return { parameters: withDocument(request, parameters, text) };
    // the client then sends the text, which this caller may
    return isAutomatic && trusted.allowsAdHoc(principal) ? NOT_REGISTERED : NOT_FOUND;
  }
  // Apollo Server rejects what is not a text
  if (typeof query !== 'string') return { parameters };
  if (!trusted.allows(query, principal)) return NOT_TRUSTED;
  // nothing is registered beside the manifests: the reference is of no use
  return { parameters: isAutomatic ? withDocument(request, parameters, query) : parameters };
}

function resolveRegistered(
  request: FastifyRequest,
  parameters: Parameters,
  registered: PersistedQueries,
): Resolved | Refusal {
  // some clients send null for what they leave out
  const query = parameters.query ?? undefined;
  const error = persistedQueryError(query, parameters.extensions);
  if (error) return { status: 400, error };
  const { id, isAutomatic } = referenceOf(parameters);
  if (id === undefined) return { parameters };
  const text = registered.textOf(withoutAlgorithm(id));
  if (query !== undefined) return { parameters, isRegistration: isAutomatic && text === undefined };
  if (text !== undefined) return { parameters: withDocument(request, parameters, text) };
  return isAutomatic ? NOT_REGISTERED : NOT_FOUND;
}

/** The id by which a request names its document: as Apollo Client and urql, the draft of GraphQL over HTTP, and Relay send it. */
function referenceOf({ extensions, documentId, doc_id }: Parameters): { id?: string; isAutomatic: boolean } {
  const { persistedQuery } = (extensions ?? {}) as { persistedQuery?: { sha256Hash?: unknown } | null };
  const hash = persistedQuery?.sha256Hash;
  if (typeof hash === 'string') return { id: hash, isAutomatic: true };
  const id = [documentId, doc_id].find((one) => typeof one === 'string');
  return { id: id as string | undefined, isAutomatic: false };
}

/** In the words of the protocol: clients look for them, and send the text. */
const NOT_REGISTERED = refusal(200, 'PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');

const NOT_FOUND = refusal(
  400,
  'DOCUMENT_NOT_FOUND',
  'This graph knows no document of this id; deploy the manifest that has it first',
);

const NOT_TRUSTED = refusal(
  403,
  'DOCUMENT_NOT_TRUSTED',
  'Only documents of the manifests are allowed; ad hoc operations require one of the roles of --ad-hoc-role',
);
