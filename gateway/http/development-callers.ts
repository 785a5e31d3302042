import { parsePrincipal } from '#base/identity/principal';
import { type DevelopmentIssuer, LOOPBACK } from '../identity/development-issuer';

/** Lifetime of tokens in pages, in hours: a working day. */
export const HOURS = 12;

/** Identities that pages offer: each role, in the exercise's organizations and agencies. */
const CALLERS: readonly [name: string, principal: string][] = [
  ['Analyst', 'role=analyst; subject=explorer'],
  ['Developer (exercise-alder)', 'role=developer-submitter; organization=exercise-alder; subject=explorer'],
  ['Developer (exercise-birch)', 'role=developer-submitter; organization=exercise-birch; subject=explorer'],
  ['Intake officer', 'role=intake-officer; subject=explorer'],
  ['Reviewer (NSA)', 'role=agency-reviewer; agency=nsa; subject=explorer'],
  ['Reviewer (Treasury)', 'role=agency-reviewer; agency=treasury; subject=explorer'],
  ['Hiring manager (Treasury)', 'role=hiring-manager; agency=treasury; subject=explorer'],
  ['HR specialist (Treasury)', 'role=hr-specialist; agency=treasury; subject=explorer'],
  ['Records officer (Treasury)', 'role=records-officer; agency=treasury; subject=explorer'],
  ['Infrastructure officer (Treasury)', 'role=infrastructure-officer; agency=treasury; subject=explorer'],
  ['Coordinator (CISA)', 'role=coordinator; agency=cisa; subject=explorer'],
  ['Inspector general', 'role=inspector; case=explorer; subject=explorer'],
  ['Platform operator', 'role=operator; subject=explorer'],
];

/** Answer to requests for pages by other names of this machine. */
export const ONLY_LOCALHOST = 'This graph runs in development mode: open it as localhost\n';

/** Whether a request named this machine in its `Host`, which pages of other sites cannot choose, unlike what a proxy may add. */
export const isLoopback = (host: string | undefined): boolean =>
  LOOPBACK.has((host ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1'));

/** The identities that pages of a development graph offer, with a token each. */
export const developmentCallers = (issuer: DevelopmentIssuer): Promise<{ name: string; token: string }[]> =>
  Promise.all(
    CALLERS.map(async ([name, principal]) => ({
      name,
      token: await issuer.token(parsePrincipal(principal), HOURS * 3_600),
    })),
  );
