import type { SubgraphAnswer } from './transport';

/** Maximum age of an answer in seconds, and which caches may store it. */
export interface CacheHint {
  readonly maxAge: number;
  readonly scope: 'PUBLIC' | 'PRIVATE';
}

/** An answer may be cached as long as its shortest-lived part, privately if one part is private, and not at all without hints. */
export function cacheHintOf(answered: readonly SubgraphAnswer['headers'][]): CacheHint {
  let maxAge = answered.length === 0 ? 0 : Number.POSITIVE_INFINITY;
  let scope: CacheHint['scope'] = 'PUBLIC';
  for (const { 'cache-control': header } of answered) {
    const hint = hintOf(header);
    maxAge = Math.min(maxAge, hint.maxAge);
    if (hint.scope === 'PRIVATE') scope = 'PRIVATE';
  }
  return { maxAge, scope };
}

/** The value of `Cache-Control` for a hint. */
export const cacheControlText = ({ maxAge, scope }: CacheHint): string =>
  maxAge > 0 ? `max-age=${maxAge}, ${scope.toLowerCase()}` : 'no-store';

function hintOf(header: string | string[] | undefined): CacheHint {
  if (header === undefined) return { maxAge: 0, scope: 'PUBLIC' };
  const directives = String(header)
    .toLowerCase()
    .split(',')
    .map((directive) => directive.trim());
  const scope = directives.includes('private') ? 'PRIVATE' : 'PUBLIC';
  if (directives.includes('no-store') || directives.includes('no-cache')) return { maxAge: 0, scope };
  const seconds = directives.map((text) => /^max-age=(\d+)$/.exec(text)?.[1]).find((age) => age !== undefined);
  return { maxAge: Number(seconds ?? 0), scope };
}
