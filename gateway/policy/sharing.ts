import type { Principal } from '#base/identity/principal';

/** `Cache-Control` of answers for one caller only. */
export const PRIVATE = 'private, no-store';

/** Whether only the caller may get an answer: if the caller is authenticated or the class is not PUBLIC. */
export const isOnlyFor = (
  principal: Principal | null | undefined,
  extensions: { readonly sensitivity?: { readonly class: string } } | undefined,
): boolean => (principal ?? null) !== null || (extensions?.sensitivity ?? ALL_PUBLIC).class !== 'PUBLIC';

/** Handling for supergraphs without sensitivity classes. */
const ALL_PUBLIC = { class: 'PUBLIC' } as const;
