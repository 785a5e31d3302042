import type { Principal } from '#base/identity/principal';

/** `Cache-Control` of what is for one caller. */
export const PRIVATE = 'private, no-store';

/** Whether nobody but the caller may be given an answer: what known callers see, and all that is not of the class PUBLIC. */
export const isOnlyFor = (
  principal: Principal | null | undefined,
  extensions: { readonly sensitivity?: { readonly class: string } } | undefined,
): boolean => (principal ?? null) !== null || (extensions?.sensitivity ?? ALL_PUBLIC).class !== 'PUBLIC';

/** Of supergraphs that do not say how sensitive their fields are. */
const ALL_PUBLIC = { class: 'PUBLIC' } as const;
