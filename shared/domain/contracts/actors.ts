import type { Actors } from '#kit/mutation/actors';

/** Capacities in the voluntary framework: in submissions and reviews, developers, intake, and agencies act on the same cases. */
export const VOLUNTARY_ACTORS: Actors = {
  'developer-submitter': 'DEVELOPER',
  'intake-officer': 'INTAKE',
  'agency-reviewer': 'AGENCY',
};
