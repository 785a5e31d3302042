import { type Actors, EVERY_CALLER } from '#kit/mutation/actors';

/** Capacities in which callers change saved questions, released clients, and schemas. */
export const REGISTRY_ACTORS: Actors = {
  operator: 'OPERATOR',
  'schema-publisher': 'PUBLISHER',
  [EVERY_CALLER]: 'AUTHOR',
};
