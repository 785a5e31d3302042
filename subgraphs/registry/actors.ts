import { type Actors, EVERY_CALLER } from '#kit/mutation/actors';

/** Capacities in which callers change saved questions. */
export const REGISTRY_ACTORS: Actors = { operator: 'OPERATOR', [EVERY_CALLER]: 'AUTHOR' };
