import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { sensitivity } from '#kit/model/fields';
import type { Context } from '#kit/subgraph/context';
import { AgencyAuthorization, CloudOffering } from './cloud-offering';

/** No foreign key: the publisher's authorizations also name offerings that it no longer lists. */
@Resolver(() => AgencyAuthorization)
export class AuthorizedOfferingResolver {
  @FieldResolver(() => CloudOffering, {
    nullable: true,
    description: 'The offering; null when it is no longer listed.',
  })
  @sensitivity('PUBLIC')
  offering(@Root() authorization: AgencyAuthorization, @Ctx() { loaders }: Context): Promise<CloudOffering | null> {
    return loaders.byKey(CloudOffering).load(authorization.fedrampId);
  }
}
