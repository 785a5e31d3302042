import { Arg, Ctx, Directive, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import type { Principal, Role } from '#base/identity/principal';
import type { Found } from '#kit/audit/search';
import { pageSize } from '#kit/collection/page';
import { sensitivity } from '#kit/model/fields';
import { stubOf } from '#kit/model/model';
import { GraphQLInstant } from '#kit/model/scalars';
import { part, valueObject } from '#kit/model/value-object';
import { FieldForbiddenError } from '#kit/policy/enforcement';
import { GOVERNMENT } from '#kit/policy/rule';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { Artifact } from './artifact';
import { Declaration, SelfEvaluation } from './declaration';
import { LaunchPlan } from './launch-plan';
import { Submission } from './submission';

/** Days that are looked back when it is not said since when. */
const DAYS = 30;

const propin = { sensitivity: 'PROPIN' } as const;

@valueObject(
  'That somebody in government read proprietary fields, or listed the objects. Which agency and office, and when; not who.',
)
export class GovernmentRead {
  @part(() => GraphQLInstant, 'When.', propin) at!: string;
  @part(() => Agency, 'For which agency; null for offices that serve all.', { ...propin, nullable: true })
  agency!: Agency | null;
  @part(() => [String], 'In which roles.', propin) roles!: readonly Role[];
  @part(() => [String], 'Of which types, such as Submission or Artifact.', propin) types!: readonly string[];
}

/** The developer itself, and those who oversee who reads what. */
function mayKnow(who: Principal | null, { developerKey }: Submission): boolean {
  if (who?.roles.includes('inspector')) return true;
  return who?.roles.includes('developer-submitter') === true && who.organization === developerKey;
}

@Resolver(() => Submission)
export class GovernmentReadsResolver {
  @FieldResolver(() => [GovernmentRead], {
    nullable: true,
    description:
      'Who in government read what is proprietary in it, its documents and its model, newest first: for its developer and oversight.',
  })
  @sensitivity('PROPIN')
  // it searches the record
  @Directive('@cost(weight: 500)')
  async governmentReads(
    @Root() submission: Submission,
    @Ctx() { loaders, clock, principal, accessLog }: Context,
    @Arg('first', () => Int, { nullable: true, description: 'How many: 1 to 500, 25 by default.' }) first?: number,
    @Arg('since', () => GraphQLInstant, {
      nullable: true,
      description: `From when on; ${DAYS} days ago by default.`,
    })
    since?: string,
    @Arg('until', () => GraphQLInstant, { nullable: true, description: 'Before when; now by default.' }) until?: string,
  ): Promise<GovernmentRead[]> {
    if (!mayKnow(principal, submission)) throw new FieldForbiddenError('Submission', 'governmentReads', 'PROPIN');
    const { id, modelId, versionId } = submission;
    const parts = await Promise.all(
      [LaunchPlan, Artifact, Declaration, SelfEvaluation].map((of) =>
        loaders.facts.allBy<{ id: string }>(of, 'submissionId').load(id),
      ),
    );
    const from = since ?? new Date(clock.now().getTime() - DAYS * 86_400_000).toISOString();
    const objects = new Set([id, modelId, versionId, ...parts.flat().map((one) => one.id)].filter(Boolean));
    const found = await accessLog(
      { kind: 'read', objects, roles: ROLES_OF_GOVERNMENT, from, until },
      { most: pageSize('first', first ?? undefined) },
    );
    return found.map(readOf);
  }
}

const ROLES_OF_GOVERNMENT: ReadonlySet<Role> = new Set(GOVERNMENT);

function readOf({ entry, types }: Found): GovernmentRead {
  return Object.assign(new GovernmentRead(), {
    at: entry.at,
    agency: entry.who?.agency ? stubOf(Agency, entry.who.agency) : null,
    roles: entry.who?.roles.filter((role) => ROLES_OF_GOVERNMENT.has(role)) ?? [],
    types: types.toSorted(),
  });
}
