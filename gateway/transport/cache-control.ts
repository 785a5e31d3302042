import type { SubgraphAnswer } from './transport';

/** How long an answer may be kept, in seconds, and by whom. */
export interface CacheHint {
  readonly maxAge: number;
  readonly scope: 'PUBLIC' | 'PRIVATE';
}

/** An answer may be kept as long as the shortest-lived of its parts, and only privately if one is private; without hints not at all. */
export function cacheHintOf(answered: readonly SubgraphAnswer['headers'][]): CacheHint {
  let maxAge = answered.length === 0 ? 0 : Number.POSITIVE_INFINITY;
  let scope: CacheHint['scope'] = 'PUBLIC';
  for (const { 'cache-control': given } of answered) {
    const hint = hintOf(given);
    maxAge = Math.min(maxAge, hint.maxAge);
    if (hint.scope === 'PRIVATE') scope = 'PRIVATE';
  }
  return { maxAge, scope };
}

/** The value of `Cache-Control` that says so. */
export const cacheControlText = ({ maxAge, scope }: CacheHint): string =>
  maxAge > 0 ? `max-age=${maxAge}, ${scope.toLowerCase()}` : 'no-store';

function hintOf(given: string | string[] | undefined): CacheHint {
  if (given === undefined) return { maxAge: 0, scope: 'PUBLIC' };
  const directives = String(given)
    .toLowerCase()
    .split(',')
    .map((directive) => directive.trim());
  const scope = directives.includes('private') ? 'PRIVATE' : 'PUBLIC';
  if (directives.includes('no-store') || directives.includes('no-cache')) return { maxAge: 0, scope };
  const seconds = directives.map((one) => /^max-age=(\d+)$/.exec(one)?.[1]).find((one) => one !== undefined);
  return { maxAge: Number(seconds ?? 0), scope };
}
