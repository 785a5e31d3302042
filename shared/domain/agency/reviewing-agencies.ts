/** Agencies that review models. A developer who shares with all agencies shares with these. */
export const REVIEWING_AGENCIES = ['nsa', 'treasury', 'cisa', 'dod', 'doe', 'nist'] as const;

/** Agency whose director designates covered models. */
export const DESIGNATING_AGENCY = 'nsa';
