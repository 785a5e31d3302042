import { type Answer, type Ask, GraphError, type Patience, patiently } from './ask';
import type { PagedOperation } from './paged-operation';

export interface Page {
  readonly objects: readonly unknown[];
  /** Cursor of the next page; null after the last one. */
  readonly next: string | null;
  readonly extensions: Readonly<Record<string, unknown>>;
  /** Length of its answer. */
  readonly bytes: number;
}

export interface PageOptions extends Patience {
  readonly ask: Ask;
  /** Where the first page begins; null for the begin of the list. */
  readonly cursor: string | null;
}

/** The page of an operation's list after `cursor`. @throws GraphError */
export async function pageAfter(
  operation: PagedOperation,
  variables: Readonly<Record<string, unknown>>,
  { ask, cursor, ...patience }: PageOptions,
): Promise<Page> {
  const { query, operationName, cursorVariable } = operation;
  const request = { query, operationName, variables: { ...variables, [cursorVariable]: cursor } };
  return pageIn(await patiently(() => ask(request), patience), operation);
}

/**
 * The pages of an operation's list, from `cursor` on. Objects are neither skipped nor repeated while others come and go: a cursor is a place in
 * the order of the list. Waits for a budget, and for a graph that is away for a short time. The next page, and no more, is asked for while the
 * caller works on one.
 * @throws GraphError if a page has errors: a table that lacks values would not show it
 */
export async function* pagesOf(
  operation: PagedOperation,
  variables: Readonly<Record<string, unknown>>,
  options: PageOptions,
): AsyncGenerator<Page> {
  let page = await pageAfter(operation, variables, options);
  for (let cursor = options.cursor; ; ) {
    if (page.next === null) {
      yield page;
      return;
    }
    if (page.next === cursor)
      throw new GraphError('The list has the same cursor twice', 'Report this to the agency that owns the list');
    cursor = page.next;
    const next = pageAfter(operation, variables, { ...options, cursor });
    // a failure is the caller's when it comes for that page
    next.catch(() => {});
    yield page;
    page = await next;
  }
}

const FIXES: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: 'Sign in again: the same command continues where it stopped',
  INVALID_CURSOR: 'Delete the unfinished file and its position, and begin again',
};

function pageIn(answer: Answer, { path, shape }: PagedOperation): Page {
  const { data, errors = [], extensions = {}, bytes = 0 } = answer;
  const [error] = errors;
  if (error) {
    const code = error.extensions?.code;
    const more = errors.length > 1 ? `, and ${errors.length - 1} more errors` : '';
    throw new GraphError(
      `${code ?? 'The graph failed'}${error.path ? ` at ${error.path.join('.')}` : ''}: ${error.message}${more}`,
      FIXES[code ?? ''] ?? 'Correct the question, or leave out what it may not read',
      answer,
    );
  }
  const list = path.reduce<unknown>((value, name) => (value as Record<string, unknown> | null)?.[name], data);
  if (list === null || list === undefined)
    throw new GraphError(
      `The answer has no list at ${path.join('.')}`,
      'Check the variables of the question, and your rights',
    );
  const { nodes, edges, pageInfo } = list as {
    nodes?: unknown;
    edges?: unknown;
    pageInfo?: { readonly hasNextPage: boolean; readonly endCursor: string | null } | null;
  };
  const objects = shape === 'nodes' ? nodes : edges;
  // @skip and aliases can put something else in their places
  if (!Array.isArray(objects) || !pageInfo)
    throw new GraphError(
      `The answer has no ${Array.isArray(objects) ? 'pageInfo' : shape} at ${path.join('.')}`,
      'Select "nodes" or "edges", and "pageInfo", without aliases and conditions',
    );
  return {
    objects: shape === 'nodes' ? objects : objects.map((edge: { readonly node: unknown } | null) => edge?.node ?? null),
    next: pageInfo.hasNextPage ? pageInfo.endCursor : null,
    extensions,
    bytes,
  };
}
