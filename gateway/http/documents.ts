import type { FastifyRequest } from 'fastify';
import { type TrustedDocuments, withoutAlgorithm } from '../policy/trusted-documents';
import type { TrustedQuestions } from '../policy/trusted-questions';
import type { PageDocuments } from './page-documents';
import type { Parameters } from './parameters';
import { type PersistedQueries, persistedQueryError } from './persisted-query';
import { type Refusal, refusal } from './unsupported';

/**
 * Documents that requests may reference by id: those in manifests, or those that clients have registered; and trusted saved questions, and those of the
 * gateway's pages.
 */
export type DocumentSource = {
  readonly pages?: PageDocuments;
  readonly questions: TrustedQuestions;
  readonly own: OwnDocuments;
} & (
  | { readonly trusted: TrustedDocuments; readonly registered?: undefined }
  | { readonly trusted?: undefined; readonly registered: PersistedQueries }
);

/**
 * Documents that the gateway makes itself of documents that a caller may send, such as those that ask for one page of a list. Each is allowed
 * in one request of its own.
 */
export class OwnDocuments {
  private readonly texts = new Map<string, string>();

  /** @param requestId random, so that no other request has it */
  allow(requestId: string, text: string): void {
    this.texts.set(requestId, text);
  }

  end(requestId: string): void {
    this.texts.delete(requestId);
  }

  has(requestId: string, text: string): boolean {
    return this.texts.get(requestId) === text;
  }
}

/** The text of a request's document. */
export interface Resolved {
  readonly query: string;
  /** Whether to register the document once it is validated. */
  readonly isRegistration?: boolean;
}

/** Finds the text of a request's document, or rejects the request. */
export function resolveDocument(
  request: FastifyRequest,
  parameters: Parameters,
  source: DocumentSource,
): Resolved | Refusal {
  const ofPage = parameters.query === undefined ? pageDocument(parameters, source.pages) : undefined;
  if (ofPage !== undefined) return { query: ofPage };
  return source.trusted
    ? resolveTrusted(request, parameters, { ...source, trusted: source.trusted })
    : resolveRegistered(parameters, source.registered, source.questions);
}

function resolveTrusted(
  { id: requestId, caller: { principal } }: FastifyRequest,
  parameters: Parameters,
  { trusted, questions, own }: Pick<DocumentSource, 'questions' | 'own'> & { readonly trusted: TrustedDocuments },
): Resolved | Refusal {
  const { query } = parameters;
  const { id, isAutomatic } = referenceOf(parameters);
  // with manifests, clients register nothing: ignore an id sent along with a text
  if (query !== undefined)
    return trusted.allows(query, principal) || questions.has(query) || own.has(requestId, query)
      ? { query }
      : NOT_TRUSTED;
  if (id === undefined) return NO_DOCUMENT;
  const text = trusted.textOf(id) ?? questions.textOf(id);
  if (text !== undefined) return { query: text };
  // makes the client send the text, which this caller may do
  return isAutomatic && trusted.allowsAdHoc(principal) ? NOT_REGISTERED : NOT_FOUND;
}

function resolveRegistered(
  parameters: Parameters,
  registered: PersistedQueries,
  questions: TrustedQuestions,
): Resolved | Refusal {
  const { query, extensions } = parameters;
  const error = persistedQueryError(query, extensions);
  if (error) return { status: 400, error };
  const { id, isAutomatic } = referenceOf(parameters);
  const text = id === undefined ? undefined : (registered.textOf(withoutAlgorithm(id)) ?? questions.textOf(id));
  if (query !== undefined) return { query, isRegistration: isAutomatic && text === undefined };
  if (id === undefined) return NO_DOCUMENT;
  if (text !== undefined) return { query: text };
  return isAutomatic ? NOT_REGISTERED : NOT_FOUND;
}

function pageDocument(parameters: Parameters, pages: PageDocuments | undefined): string | undefined {
  const { id } = referenceOf(parameters);
  return id === undefined ? undefined : pages?.textOf(id);
}

/** The document id in a request: as Apollo Client and urql send it, or as the GraphQL over HTTP draft defines it. */
function referenceOf({ extensions, documentId }: Parameters): { id?: string; isAutomatic: boolean } {
  const { persistedQuery } = (extensions ?? {}) as { persistedQuery?: { sha256Hash?: unknown } | null };
  const hash = persistedQuery?.sha256Hash;
  return typeof hash === 'string' ? { id: hash, isAutomatic: true } : { id: documentId, isAutomatic: false };
}

const NO_DOCUMENT = refusal(400, 'BAD_REQUEST', 'The request has no document: send "query" or a document id');

/** Clients match this message and then send the text. */
const NOT_REGISTERED = refusal(200, 'PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');

const NOT_FOUND = refusal(400, 'DOCUMENT_NOT_FOUND', 'Unknown document id: deploy the manifest that contains it first');

const NOT_TRUSTED = refusal(
  403,
  'DOCUMENT_NOT_TRUSTED',
  'Only documents in the manifests and trusted saved questions are allowed; ad hoc operations require one of the roles of --ad-hoc-role',
);
