import { Ctx, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { instant } from '#base/clock';
import { sensitivity } from '#kit/model/fields';
import type { Context } from '#kit/subgraph/context';
import { AccessGrant } from './access-grant';
import { AccessLedger } from './access-ledger';
import { Submission } from './submission';

@Resolver(() => Submission)
export class AccessHoursResolver {
  @FieldResolver(() => Int, {
    description: 'Seconds of access before launch that agencies have used so far, 720 hours at most.',
  })
  @sensitivity('PROPIN')
  async preLaunchAccessSeconds(@Root() submission: Submission, @Ctx() { loaders, clock }: Context): Promise<number> {
    // however many aliases ask: it replays all access of the submission
    return loaders.once(submission, 'preLaunchAccessSeconds', async () => {
      const grants = await loaders.facts.allBy(AccessGrant, 'submissionId').load(submission.id);
      return AccessLedger.secondsUsed(submission, grants, instant(clock.now()));
    });
  }
}
