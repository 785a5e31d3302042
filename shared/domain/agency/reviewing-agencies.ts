/** Agencies that review models: who is meant when a developer shares with all of them. */
export const REVIEWING_AGENCIES = ['nsa', 'treasury', 'cisa', 'dod', 'doe', 'nist'] as const;
