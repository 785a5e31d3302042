import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { sensitivity } from '#kit/model/fields';
import type { Context } from '#kit/subgraph/context';
import { AgencyAuthorization, CloudOffering } from './cloud-offering';

/** Without a foreign key, since published authorizations also name offerings that are no longer listed. */
@Resolver(() => AgencyAuthorization)
export class AuthorizedOfferingResolver {
  @FieldResolver(() => CloudOffering, {
    nullable: true,
    description: 'Authorized cloud offering. Null if it is no longer listed.',
  })
  @sensitivity('PUBLIC')
  offering(@Root() authorization: AgencyAuthorization, @Ctx() { loaders }: Context): Promise<CloudOffering | null> {
    return loaders.byKey(CloudOffering).load(authorization.fedrampId);
  }
}
