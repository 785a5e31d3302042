import { exactly } from '../transport/exact-json';

type Variables = Readonly<Record<string, unknown>>;

/** Variables with numbers that no double holds, by the same as `JSON.parse` gives them, which all that looks into variables sees. */
const exactOf = new WeakMap<object, Variables>();

/** Remembers the variables of a request's body as they were sent, where `JSON.parse` has changed their numbers. */
export function rememberExactly(body: unknown, text: string): void {
  if (!isObject(body) || !isObject(body.variables)) return;
  const exact = exactly(body, text, false);
  if (exact !== body) exactOf.set(body.variables, (exact as { variables: Record<string, unknown> }).variables);
}

/** Variables as the client sent them: what is passed on to subgraphs. */
export const exactVariables = (variables: Variables): Variables => exactOf.get(variables) ?? variables;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
