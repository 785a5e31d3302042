import { exactly } from '../transport/exact-json';

export type Variables = Readonly<Record<string, unknown>>;

/** Exact variables, with numbers that no double holds, by the rounded variables from `JSON.parse`. */
const exactOf = new WeakMap<object, Variables>();

/** Stores the exact variables of a request body if `JSON.parse` rounded their numbers. */
export function rememberExactly(body: unknown, text: string): void {
  if (!isObject(body) || !isObject(body.variables)) return;
  const exact = exactly(body, text, false);
  if (exact !== body) exactOf.set(body.variables, (exact as { variables: Record<string, unknown> }).variables);
}

/** Stores the exact variables of an operation that is made of another one. */
export const rememberExact = (variables: Variables, exact: Variables): void => void exactOf.set(variables, exact);

/** Variables exactly as the client sent them, for subgraphs. */
export const exactVariables = (variables: Variables): Variables => exactOf.get(variables) ?? variables;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
