import type { Principal } from '#base/identity/principal';
import type { Role } from '#base/identity/roles';

/** Stands for every authenticated caller, whatever its roles. */
export const EVERY_CALLER = '@everyone';

/** Capacities in which callers change objects, as state machines name them, by role. */
export type Actors = Readonly<Partial<Record<Role | typeof EVERY_CALLER, string>>>;

/** Actors as which a principal can make changes. */
export function actorsOf({ roles }: Principal, actors: Actors): readonly string[] {
  const capacities: readonly (keyof Actors)[] = [...roles, EVERY_CALLER];
  return capacities.flatMap((capacity) => actors[capacity] ?? []);
}
