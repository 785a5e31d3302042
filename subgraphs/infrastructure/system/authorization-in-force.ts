import { Arg, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { civilDate } from '#base/civil';
import type { Database } from '#kit/database/database';
import { marks } from '#kit/database/marks';
import { sensitivity } from '#kit/model/fields';
import { GraphQLInstant } from '#kit/model/scalars';
import type { Context } from '#kit/subgraph/context';
import { FederalSystem } from './federal-system';
import { SystemAuthorization } from './system-authorization';

/** SQL condition: a decision `a` authorizes its system on a civil day, which it takes four times as a parameter. */
export const IN_FORCE_SQL = `a.kind <> 'NOT_AUTHORIZED' AND a.decided_on <= ? AND (a.expires_on IS NULL OR a.expires_on >= ?)
  AND (a.revoked_on IS NULL OR a.revoked_on > ?) AND (a.superseded_on IS NULL OR a.superseded_on > ?)`;

/** Ids of the authorizations in force on a civil day, by system. */
export async function authorizationOn(
  database: Database,
  systemIds: readonly string[],
  day: string,
): Promise<ReadonlyMap<string, string>> {
  if (systemIds.length === 0) return new Map();
  const rows = await database.query<{ id: string; systemId: string }>(
    `SELECT a.id AS id, a.system_id AS systemId FROM system_authorization a
     WHERE a.system_id IN (${marks(systemIds)}) AND ${IN_FORCE_SQL} ORDER BY a.decided_on, a.id`,
    [...systemIds, day, day, day, day],
  );
  return new Map(rows.map(({ id, systemId }) => [systemId, id]));
}

@Resolver(() => FederalSystem)
export class AuthorizationInForceResolver {
  @FieldResolver(() => SystemAuthorization, {
    nullable: true,
    description: 'Authorization in force at a time. Null if the system was not authorized to operate.',
  })
  @sensitivity('GOV')
  async authorizationInForce(
    @Root() system: FederalSystem,
    @Ctx() { loaders, database, clock }: Context,
    @Arg('asOf', () => GraphQLInstant, { nullable: true, description: 'Time to describe; now by default.' })
    asOf?: string,
  ): Promise<SystemAuthorization | null> {
    const day = civilDate(asOf ?? clock.now());
    const id = await loaders
      .batched<string | null>(FederalSystem, `authorization on ${day}`, async (keys) => {
        const inForce = await authorizationOn(database, keys, day);
        return keys.map((key) => inForce.get(key) ?? null);
      })
      .load(system.id);
    return id === null ? null : loaders.byKey(SystemAuthorization).load(id);
  }
}
