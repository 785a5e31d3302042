import { Arg, Ctx, Directive, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import type { Role } from '#base/identity/roles';
import type { SearchHit } from '#kit/audit/search';
import { pageSize } from '#kit/collection/page';
import { sensitivity } from '#kit/model/fields';
import { stubOf } from '#kit/model/model';
import { GraphQLInstant } from '#kit/model/scalars';
import { part, valueObject } from '#kit/model/value-object';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { Artifact } from './artifact';
import { Declaration, SelfEvaluation } from './declaration';
import { LaunchPlan } from './launch-plan';
import { Submission } from './submission';

/** Default period of the list, in days. */
const DAYS = 30;

const propin = { sensitivity: 'PROPIN' } as const;

@valueObject(
  'Read of proprietary fields by a government office, or a list query that returned the objects. It names the agency, roles, and time, but no person.',
)
export class GovernmentRead {
  @part(() => GraphQLInstant, 'Time of the read.', propin) at!: string;
  @part(() => Agency, 'Agency of the reader; null for offices that serve all agencies.', { ...propin, nullable: true })
  agency!: Agency | null;
  @part(() => [String], 'Roles of the reader.', propin) roles!: readonly Role[];
  @part(() => [String], 'Types read, such as Submission or Artifact.', propin) types!: readonly string[];
}

@Resolver(() => Submission)
export class GovernmentReadsResolver {
  @FieldResolver(() => [GovernmentRead], {
    nullable: true,
    description:
      'Government reads of proprietary data in this submission, its documents, and its model, newest first. Only the developer and oversight may query it.',
  })
  @sensitivity('PROPIN')
  // weight: it searches the record
  @Directive('@cost(weight: 500)')
  async governmentReads(
    @Root() submission: Submission,
    @Ctx() { loaders, clock, accessLog }: Context,
    @Arg('first', () => Int, { nullable: true, description: 'Page size, 0 to 500; 25 by default.' }) first?: number,
    @Arg('since', () => GraphQLInstant, {
      nullable: true,
      description: `Start of the period, inclusive; ${DAYS} days ago by default.`,
    })
    since?: string,
    @Arg('until', () => GraphQLInstant, {
      nullable: true,
      description: 'End of the period, exclusive; now by default.',
    })
    until?: string,
  ): Promise<GovernmentRead[]> {
    const { id, modelId, versionId } = submission;
    const parts = await Promise.all(
      [LaunchPlan, Artifact, Declaration, SelfEvaluation].map((of) =>
        loaders.facts.allBy<{ id: string }>(of, 'submissionId').load(id),
      ),
    );
    const from = since ?? new Date(clock.now().getTime() - DAYS * 86_400_000).toISOString();
    const objects = new Set([id, modelId, versionId, ...parts.flat().map(({ id }) => id)].filter(Boolean));
    const reads = await accessLog(
      { kind: 'read', objects, byGovernment: true, from, until },
      { limit: pageSize('first', first ?? undefined) },
    );
    return reads.map(readOf);
  }
}

function readOf({ entry, types }: SearchHit): GovernmentRead {
  return Object.assign(new GovernmentRead(), {
    at: entry.at,
    agency: entry.who?.agency ? stubOf(Agency, entry.who.agency) : null,
    roles: entry.who?.governmentRoles ?? entry.who?.roles ?? [],
    types: types.toSorted(),
  });
}
