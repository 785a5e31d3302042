import type { SubgraphAnswer } from './transport';

/** What Apollo Server makes the answer's `Cache-Control` of. */
interface CachePolicy {
  restrict(hint: { maxAge?: number; scope?: 'PUBLIC' | 'PRIVATE' }): void;
}

/** An answer may be kept as long as the shortest-lived of its parts, and only privately if one is private; without hints not at all. */
export function restrictCaching(policy: CachePolicy, answered: readonly SubgraphAnswer['headers'][]): void {
  for (const { 'cache-control': given } of answered) policy.restrict(hintOf(given));
}

function hintOf(given: string | string[] | undefined): { maxAge: number; scope?: 'PRIVATE' } {
  if (given === undefined) return { maxAge: 0 };
  const directives = String(given)
    .toLowerCase()
    .split(',')
    .map((directive) => directive.trim());
  if (directives.includes('no-store') || directives.includes('no-cache')) return { maxAge: 0 };
  const seconds = directives.map((one) => /^max-age=(\d+)$/.exec(one)?.[1]).find((one) => one !== undefined);
  return {
    maxAge: Number(seconds ?? 0),
    ...(directives.includes('private') ? { scope: 'PRIVATE' as const } : {}),
  };
}
