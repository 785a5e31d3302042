import type { Principal } from '#base/identity/principal';
import type { Role } from '#base/identity/roles';

/** Capacities in which callers change objects, as state machines name them, by role. */
export type Actors = Readonly<Partial<Record<Role, string>>>;

/** Actors as which a principal can make changes. */
export const actorsOf = ({ roles }: Principal, actors: Actors): readonly string[] =>
  roles.flatMap((role) => actors[role] ?? []);
