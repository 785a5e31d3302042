import type { Sensitivity } from '#base/sensitivity';

/** What the gateway tells its pages: `gateway/http/pages.ts` writes it into them. */
export interface PageConfig {
  /** Identities of the development issuer, with their tokens; undefined for other issuers. */
  readonly callers?: readonly { readonly name: string; readonly token: string }[];
  /** Where people sign in; undefined if they cannot. */
  readonly signIn?: { readonly issuer: string; readonly clientId: string; readonly scope: string };
  /** Marking of documents by the strictest class in them, such as `CUI//SP-PROPIN`. */
  readonly markings: Readonly<Record<Sensitivity, string>>;
}

/** The configuration in this page. */
export const config: PageConfig = JSON.parse(document.getElementById('config')!.textContent!);
