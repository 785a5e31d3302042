import { SubgraphError } from './errors';
import type { SubgraphResponse } from './transport';

/** A GraphQL response has data, errors, or both; anything else is not one. @throws SubgraphError */
export function readResponse(name: string, status: number, text: string): SubgraphResponse {
  const bad = (what: string) => new SubgraphError('SUBGRAPH_BAD_RESPONSE', name, what, { retryable: false });
  let answer: SubgraphResponse | null | unknown[];
  try {
    answer = JSON.parse(text);
  } catch {
    throw bad(`answered HTTP ${status} without a GraphQL response`);
  }
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer))
    throw bad(`answered HTTP ${status} without a GraphQL response`);
  const { data, errors } = answer;
  if (data === undefined && !Array.isArray(errors)) throw bad(`answered HTTP ${status} without a GraphQL response`);
  if (data !== undefined && (typeof data !== 'object' || Array.isArray(data)))
    throw bad('answered with data that is no object');
  if (errors !== undefined && !(Array.isArray(errors) && errors.every(isError)))
    throw bad('answered with errors that are none');
  if (data === null && !errors?.length) throw bad('answered with no data and no error');
  return answer;
}

function isError(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { path } = value as { path?: unknown };
  return path === undefined || path === null || Array.isArray(path);
}
