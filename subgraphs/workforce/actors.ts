import type { Actors } from '#kit/mutation/actors';

/** Capacities in which callers change objects of the workforce program. */
export const WORKFORCE_ACTORS: Actors = {
  'hr-specialist': 'HR',
  'hiring-manager': 'HIRING_MANAGER',
  'records-officer': 'RECORDS_OFFICER',
};
