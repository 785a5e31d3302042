import { civilDate } from '#base/civil';
import { REVIEWING_AGENCIES } from '#domain/agency/reviewing-agencies';
import { addBusinessDays } from '#domain/business-days';
import { exerciseDeveloper, exerciseDevelopersAt } from '#domain/exercise/developers';
import type { Random } from '#domain/exercise/random';
import {
  after,
  daysFrom,
  type ExerciseRows,
  type ExerciseWorld,
  earliest,
  type InquiryStory,
  latest,
  numbered,
  officeTime,
  randomOf,
  rows,
  type SubmissionStory,
} from '#domain/exercise/story';
import { stableId } from '#kit/ids';
import type { Link } from '#kit/model/links';
import { DeveloperOrganization } from '../developer/developer-organization';
import { AIModel } from '../model/ai-model';
import { ModelVersion } from '../model/model-version';
import { PartnerProposal } from '../partner/partner-proposal';
import { TrustedPartner, TrustedPartnerSector } from '../partner/trusted-partner';
import { AccessGrant } from '../submission/access-grant';
import { accessChanges, NO_ACCESS } from '../submission/access-hours';
import { Artifact } from '../submission/artifact';
import { CapabilityArea, Declaration, SelfEvaluation } from '../submission/declaration';
import { InformationRequest } from '../submission/information-request';
import { LaunchPlan } from '../submission/launch-plan';
import { FIRST_EXERCISE_NUMBER, numberOf } from '../submission/number-series';
import { Submission, SubmissionAgency, SubmissionSector } from '../submission/submission';
import { SubmissionEvent } from '../submission/submission-event';
import { reviewWindow } from '../submission/window';
import { Inquiries } from './inquiries';
import { PARTNER_SECTORS, PARTNERS, PROPOSED_PARTNERS } from './partners';

const COUNTRIES = ['US', 'US', 'US', 'GB', 'CA', 'FR', 'JP', 'KR'];
const SECTORS = [
  'financial-services',
  'energy',
  'healthcare-public',
  'communications',
  'it',
  'water',
  'dib',
  'transport',
];
const EVALUATIONS = ['cybench', 'gdm_intercode_ctf', 'swe_bench', 'gpqa', 'agentharm'];

/** Days covered by the exercise: slightly less than two years. */
const STORY_DAYS = 720;
/** Share of recent submissions, so that dashboards of the current state have data. */
const RECENT_DAYS = 60;
const RECENT_SHARE = 0.45;

/** Exercise data of the submissions program, and the stories from which other programs generate theirs. */
export function submissionsExercise(world: ExerciseWorld): {
  rows: ExerciseRows[];
  stories: SubmissionStory[];
  inquiries: InquiryStory[];
} {
  const random = randomOf(world, 'submissions');
  const tables = new Tables(new Inquiries(world));
  const developers = Array.from({ length: exerciseDevelopersAt(world.scale) }, (_, index) =>
    developer(index, random.fork(`developer ${index}`)),
  );
  tables.developers.push(...developers);
  const stories: SubmissionStory[] = [];
  const count = 40 * world.scale;
  const drafts = Array.from({ length: count }, (_, index) => {
    const draftRandom = random.fork(`submission ${index}`);
    return {
      index,
      draftRandom,
      draftedAt: officeTime(
        after(world.asOf, -1 - draftRandom.next() * (draftRandom.chance(RECENT_SHARE) ? RECENT_DAYS : STORY_DAYS)),
        draftRandom,
      ),
    };
  }).sort((a, b) => (a.draftedAt < b.draftedAt ? -1 : 1));
  const numbers = new Map<string, number>();
  for (const { index, draftRandom, draftedAt } of drafts) {
    const year = civilDate(draftedAt).slice(0, 4);
    const running = numbers.get(year) ?? FIRST_EXERCISE_NUMBER;
    numbers.set(year, running + 1);
    const number = numberOf(year, running);
    const story = new SubmissionPlot(
      world,
      draftRandom,
      draftRandom.pick(developers),
      index,
      number,
      draftedAt,
    ).writeTo(tables);
    if (story) stories.push(story);
  }
  return { rows: tables.rows(), stories, inquiries: tables.inquiries.stories };
}

function developer(index: number, random: Random): Partial<DeveloperOrganization> {
  const { key, name } = exerciseDeveloper(index);
  const status = random.weighted({ IN_FORCE: 5, IN_DISCUSSION: 2, NONE: 2, ENDED: 1 });
  return {
    key,
    legalName: `Exercise Developer ${name}`,
    country: random.pick(COUNTRIES),
    category: random.weighted({ INDUSTRY: 8, ACADEMIA: 1, OTHER: 1 }),
    kevVendorNames: [],
    alsoKnownAs: [],
    pointOfContact: 'Office of model safety',
    agreementStatus: status,
    agreementRef: status === 'IN_FORCE' ? `EX-AGR-${String(index + 1).padStart(4, '0')}` : null,
    revision: 1,
    exercise: true,
  };
}

class Tables {
  constructor(readonly inquiries: Inquiries) {}

  readonly developers: Partial<DeveloperOrganization>[] = [];
  readonly models: Partial<AIModel>[] = [];
  readonly versions: Partial<ModelVersion>[] = [];
  readonly submissions: Partial<Submission>[] = [];
  readonly sectors: Link[] = [];
  readonly agencies: Link[] = [];
  readonly plans: Partial<LaunchPlan>[] = [];
  readonly proposals: Partial<PartnerProposal>[] = [];
  readonly grants: Partial<AccessGrant>[] = [];
  readonly artifacts: Partial<Artifact>[] = [];
  readonly declarations: Partial<Declaration>[] = [];
  readonly evaluations: Partial<SelfEvaluation>[] = [];
  readonly requests: Partial<InformationRequest>[] = [];
  readonly events: Partial<SubmissionEvent>[] = [];

  rows(): ExerciseRows[] {
    return [
      rows(DeveloperOrganization, this.developers),
      rows(AIModel, this.models),
      rows(ModelVersion, this.versions),
      ...this.inquiries.rows(),
      rows(TrustedPartner, PARTNERS),
      rows(TrustedPartnerSector, PARTNER_SECTORS),
      rows(Submission, this.submissions),
      rows(SubmissionSector, this.sectors),
      rows(SubmissionAgency, this.agencies),
      rows(PartnerProposal, this.proposals),
      rows(LaunchPlan, this.plans),
      rows(AccessGrant, this.grants),
      rows(Artifact, this.artifacts),
      rows(Declaration, this.declarations),
      rows(SelfEvaluation, this.evaluations),
      rows(InformationRequest, this.requests),
      rows(SubmissionEvent, this.events),
    ];
  }
}

type Happening = Omit<Partial<SubmissionEvent>, 'id' | 'sequence' | 'submissionId'> & {
  occurredAt: string;
  kind: SubmissionEvent['kind'];
};

/** Story of one submission, from draft to its end or `asOf`. */
class SubmissionPlot {
  private readonly id: string;
  private readonly events: Happening[] = [];
  private readonly asOf: string;

  constructor(
    private readonly world: ExerciseWorld,
    private readonly random: Random,
    private readonly developer: Partial<DeveloperOrganization>,
    private readonly index: number,
    private readonly number: string,
    private readonly draftedAt: string,
  ) {
    this.id = stableId('sub', world.seed, index);
    this.asOf = world.asOf;
  }

  writeTo(tables: Tables): SubmissionStory | undefined {
    const { random, id, asOf, draftedAt } = this;
    const filed = after(draftedAt, 1 + random.next() * 9);
    const filedAt = filed <= asOf ? filed : null;
    const plans = this.plans(filedAt ?? draftedAt, filedAt === null);
    const plannedLaunchAt = plans.at(-1)!.plannedLaunchAt!;
    const window = reviewWindow({ at: plannedLaunchAt });
    const fate = filedAt === null ? ({ lifecycle: 'DRAFT' } as Fate) : this.fate(filedAt, plans.at(-1)!);
    const model = this.model(fate);
    const version = this.version(model, draftedAt);
    const agencyKeys = filedAt === null ? [] : random.some(REVIEWING_AGENCIES, random.integer(1, 4));
    const sectorKeys = random.some(SECTORS, random.integer(0, 3));
    const all = random.chance(0.3);
    const shared: readonly string[] = all && filedAt !== null ? REVIEWING_AGENCIES : agencyKeys;

    this.happen({ occurredAt: draftedAt, kind: 'DRAFTED', actor: 'DEVELOPER', toState: 'DRAFT' });
    if (filedAt !== null)
      this.happen({ occurredAt: filedAt, kind: 'FILED', actor: 'DEVELOPER', fromState: 'DRAFT', toState: 'FILED' });
    const proposals = filedAt === null ? [] : this.proposals(filedAt, plans, fate);
    for (const plan of plans.slice(1))
      this.happen({
        occurredAt: plan.changedAt!,
        kind: 'PLAN_CHANGED',
        actor: 'DEVELOPER',
        detail: `Launch now planned for ${plan.plannedLaunchAt}`,
      });
    const requests = filedAt === null ? [] : this.requests(filedAt, fate);
    const grants = filedAt === null ? [] : this.grants(shared, filedAt, window, fate);
    this.end(fate);

    const access = accessOf(grants, earliest(fate.launchedAt, fate.endedAt, asOf), fate.lifecycle === 'FILED');

    tables.models.push(model);
    tables.inquiries.ask(this.index, model, draftedAt);
    tables.proposals.push(...proposals);
    tables.versions.push(version);
    tables.submissions.push({
      id,
      number: this.number,
      developerKey: this.developer.key,
      modelId: model.id,
      versionId: version.id,
      lifecycle: fate.lifecycle,
      intakeStatus: requests.some(({ status }) => status === 'OPEN')
        ? 'INFORMATION_REQUESTED'
        : filedAt !== null && daysFrom(filedAt, asOf) > 2
          ? 'COMPLETE'
          : 'UNCHECKED',
      createdAt: draftedAt,
      filedAt,
      plannedLaunchAt,
      windowOpensAt: window.opens,
      windowClosesAt: window.closes,
      sharingPreference: all ? 'ALL_REVIEWING_AGENCIES' : 'NAMED_AGENCIES_ONLY',
      mitigationsDeclared: random.chance(0.7)
        ? 'Refusal training, rate limits, monitoring of misuse (exercise).'
        : null,
      ...access,
      planVersion: plans.length,
      windowNotedVersion: filedAt !== null && window.opens <= asOf ? plans.length : 0,
      dueNotedVersion: filedAt !== null && window.closes <= asOf ? plans.length : 0,
      settledAt: asOf,
      nextDueAt: fate.lifecycle === 'FILED' || grants.some(({ statusUntil }) => statusUntil) ? asOf : null,
      filedVersionId: fate.lifecycle === 'FILED' ? version.id : null,
      endedAt: fate.endedAt ?? null,
      erasedAt: null,
      launchedAt: fate.launchedAt ?? null,
      launchScope: fate.launchedAt ? random.weighted({ GENERAL: 3, LIMITED: 1 }) : null,
      launchRecordedAt: fate.launchedAt ? earliest(after(fate.launchedAt, random.next() * 5), asOf) : null,
      launchRecordedBy: fate.launchedAt ? 'DEVELOPER' : null,
      launchSource: fate.launchedAt ? 'DEVELOPER' : null,
      withdrawnAt: fate.lifecycle === 'WITHDRAWN' ? fate.endedAt! : null,
      withdrawalPhase: fate.lifecycle === 'WITHDRAWN' ? phaseAt(fate.endedAt!, window) : null,
      withdrawalReason: null,
      closedAt: fate.closedAt ?? null,
      revision: 1 + plans.length,
      exercise: true,
    });
    tables.agencies.push(...agencyKeys.map((targetKey) => ({ ownerKey: id, targetKey })));
    tables.sectors.push(...sectorKeys.map((targetKey) => ({ ownerKey: id, targetKey })));
    tables.plans.push(...plans);
    tables.grants.push(...grants);
    tables.requests.push(...requests);
    this.documents(tables);
    for (const event of numbered(this.events.filter(({ occurredAt }) => occurredAt <= asOf)))
      tables.events.push({ ...event, id: stableId('evt', id, event.sequence), submissionId: id, exercise: true });
    if (filedAt === null) return undefined;
    return {
      id,
      number: this.number,
      developerKey: this.developer.key!,
      versionId: version.id!,
      lifecycle: fate.lifecycle as SubmissionStory['lifecycle'],
      filedAt,
      plannedLaunchAt,
      windowOpensAt: window.opens,
      launchedAt: fate.launchedAt ?? null,
      endedAt: fate.endedAt ?? null,
      agencyKeys: shared,
      sectorKeys,
      grants: grants.map((grant) => ({
        id: grant.id!,
        agencyKey: grant.agencyKey!,
        mode: grant.mode!,
        status: grant.recordedStatus!,
        startsAt: grant.startsAt!,
        endsAt: grant.endsAt!,
        postLaunchConsent: grant.postLaunchConsent!,
      })),
    };
  }

  private happen(event: Happening): void {
    this.events.push(event);
  }

  private plans(filedAt: string, draft: boolean): Partial<LaunchPlan>[] {
    const { random, id, asOf } = this;
    const plan = (planVersion: number, plannedLaunchAt: string, changedAt: string): Partial<LaunchPlan> => ({
      id: stableId('lpl', id, planVersion),
      submissionId: id,
      planVersion,
      plannedLaunchAt,
      plannedLaunchDate: null,
      partnerProposalId: null,
      statedLaunchAt: null,
      reference: 'PUBLIC_LAUNCH',
      changedAt,
      changedBy: 'DEVELOPER',
      reason: planVersion > 1 ? 'Release engineering (exercise).' : null,
      exercise: true,
    });
    const plans = [plan(1, officeTime(after(filedAt, 8 + random.next() * 47), random), this.draftedAt)];
    if (draft || !random.chance(0.3)) return plans;
    const first = plans[0]!.plannedLaunchAt!;
    const changedAt = after(filedAt, daysFrom(filedAt, first) * (0.2 + random.next() * 0.5));
    const moved = random.chance(0.7)
      ? after(first, 3 + random.next() * 25)
      : after(first, -daysFrom(changedAt, first) * 0.4);
    if (changedAt <= asOf) plans.push(plan(2, moved, changedAt));
    return plans;
  }

  /**
   * A proposed partner: of submissions whose launch moved, and of every other one. Where it moved, the developer had agreed to the
   * partner, and the plan dates the release to it.
   */
  private proposals(filedAt: string, plans: Partial<LaunchPlan>[], fate: Fate): Partial<PartnerProposal>[] {
    const { id, index, asOf } = this;
    const moved = plans[1];
    if (!moved && index % 2 !== 0) return [];
    const random = randomOf(this.world, `partner ${index}`);
    const stop = earliest(moved?.changedAt, fate.endedAt, fate.launchedAt, plans[0]!.plannedLaunchAt, asOf);
    const proposedAt = after(filedAt, daysFrom(filedAt, stop) * 0.3);
    if (proposedAt >= stop) return [];
    const proposalId = stableId('ppr', id);
    const proposedBy = random.weighted({ DEVELOPER: 2, GOVERNMENT: 1 });
    const actor = proposedBy === 'DEVELOPER' ? 'DEVELOPER' : 'INTAKE';
    const happen = (kind: Happening['kind'], occurredAt: string, by: Happening['actor'], from?: string, to?: string) =>
      this.happen({ kind, occurredAt, actor: by, objectId: proposalId, fromState: from, toState: to });
    happen('PARTNER_PROPOSED', proposedAt, actor, undefined, 'PROPOSED');
    const proposal = {
      id: proposalId,
      submissionId: id,
      partnerKey: random.pick(PROPOSED_PARTNERS).key,
      proposedBy,
      proposedAt,
      accessFrom: moved?.plannedLaunchAt ?? null,
      agreedAt: null,
      exercise: true,
    } as const;
    if (moved) {
      happen('PARTNER_AGREED', moved.changedAt!, 'DEVELOPER', 'PROPOSED', 'AGREED');
      for (const plan of plans) plan.reference = 'TRUSTED_PARTNER_RELEASE';
      Object.assign(moved, { partnerProposalId: proposalId, statedLaunchAt: plans[0]!.plannedLaunchAt });
      return [{ ...proposal, status: 'AGREED', agreedAt: moved.changedAt!, revision: 2 }];
    }
    const decidedAt = after(proposedAt, daysFrom(proposedAt, stop) * 0.6);
    const lot = random.weighted({ open: 2, aside: 1, withdrawn: 1 });
    if (lot === 'aside') {
      happen('PARTNER_NOT_PURSUED', decidedAt, 'DEVELOPER', 'PROPOSED', 'NOT_PURSUED');
      return [{ ...proposal, status: 'NOT_PURSUED', revision: 2 }];
    }
    if (lot === 'withdrawn') {
      happen('PARTNER_PROPOSAL_WITHDRAWN', decidedAt, actor, 'PROPOSED', 'WITHDRAWN');
      return [{ ...proposal, status: 'WITHDRAWN', revision: 2 }];
    }
    const over = fate.endedAt ?? fate.closedAt;
    if (over === undefined) return [{ ...proposal, status: 'PROPOSED', revision: 1 }];
    happen('PARTNER_NOT_PURSUED', over, 'SYSTEM', 'PROPOSED', 'NOT_PURSUED');
    return [{ ...proposal, status: 'NOT_PURSUED', revision: 2 }];
  }

  private fate(filedAt: string, plan: Partial<LaunchPlan>): Fate {
    const { random, asOf } = this;
    const planned = plan.plannedLaunchAt!;
    const settled = latest(filedAt, plan.changedAt!);
    const lot = random.weighted({ launch: 76, early: 6, withdraw: 13, notReleased: 5 });
    const between = after(settled, daysFrom(settled, planned) * (0.1 + random.next() * 0.85));
    if (lot === 'withdraw')
      return between <= asOf ? { lifecycle: 'WITHDRAWN', endedAt: between } : { lifecycle: 'FILED' };
    if (lot === 'notReleased')
      return between <= asOf ? { lifecycle: 'NOT_RELEASED', endedAt: between } : { lifecycle: 'FILED' };
    const launchedAt = lot === 'early' ? between : after(planned, random.chance(0.6) ? 0 : random.next() * 4);
    if (launchedAt > asOf) return { lifecycle: 'FILED' };
    const closedAt = after(launchedAt, 80 + random.next() * 20);
    return closedAt <= asOf ? { lifecycle: 'CLOSED', launchedAt, closedAt } : { lifecycle: 'LAUNCHED', launchedAt };
  }

  private end({ lifecycle, launchedAt, endedAt, closedAt }: Fate): void {
    if (launchedAt)
      this.happen({
        occurredAt: launchedAt,
        kind: 'LAUNCHED',
        actor: 'DEVELOPER',
        fromState: 'FILED',
        toState: 'LAUNCHED',
      });
    if (closedAt)
      this.happen({ occurredAt: closedAt, kind: 'CLOSED', actor: 'INTAKE', fromState: 'LAUNCHED', toState: 'CLOSED' });
    if (endedAt && lifecycle === 'WITHDRAWN')
      this.happen({
        occurredAt: endedAt,
        kind: 'WITHDRAWN',
        actor: 'DEVELOPER',
        fromState: 'FILED',
        toState: 'WITHDRAWN',
      });
    if (endedAt && lifecycle === 'NOT_RELEASED')
      this.happen({
        occurredAt: endedAt,
        kind: 'NOT_RELEASED',
        actor: 'DEVELOPER',
        fromState: 'FILED',
        toState: 'NOT_RELEASED',
      });
  }

  private model({ launchedAt }: Fate): Partial<AIModel> {
    const { random, index } = this;
    const exponent = random.integer(23, 26);
    return {
      id: stableId('mdl', this.world.seed, index),
      developerKey: this.developer.key,
      organizations: [this.developer.legalName!],
      codename: `exercise-${String(index + 1).padStart(5, '0')}`,
      publicName: launchedAt ? `Exercise Model ${index + 1}` : null,
      family: null,
      modalities: random.some(['TEXT', 'IMAGE', 'AUDIO', 'VIDEO', 'CODE', 'ACTION'] as const, random.integer(1, 3)),
      domains: [],
      parameterCount: `${random.integer(7, 2000)}e9`,
      trainingComputeFlop: `${random.integer(10, 99) / 10}e${exponent}`,
      weightsOpen: random.chance(0.2),
      frontier: exponent >= 25,
      releaseStatus: launchedAt ? 'GENERAL' : 'UNRELEASED',
      releasedOn: launchedAt ? civilDate(launchedAt) : null,
      knownPublicSource: null,
      revision: 1,
      exercise: true,
    };
  }

  private version(model: Partial<AIModel>, draftedAt: string): Partial<ModelVersion> {
    return {
      id: stableId('mdv', model.id!),
      modelId: model.id,
      label: `${model.codename} release candidate ${this.random.integer(1, 5)}`,
      publicLabel: null,
      checkpointHash: digest(this.random),
      frozenAt: after(draftedAt, -this.random.next() * 20),
      releasedOn: model.releasedOn,
      safeguardsLevel: this.random.weighted({ FULL: 5, REDUCED: 4, NONE: 1 }),
      exercise: true,
    };
  }

  private grants(
    agencies: readonly string[],
    filedAt: string,
    window: { opens: string; closes: string },
    fate: Fate,
  ): Partial<AccessGrant>[] {
    const { random, id, asOf } = this;
    return agencies.flatMap((agencyKey): Partial<AccessGrant>[] => {
      if (!random.chance(0.65)) return [];
      const offeredAt = after(filedAt, 0.05 + random.next() * 2);
      const startsAt = after(latest(window.opens, offeredAt), 0.1 + random.next() * 2);
      const stop = earliest(fate.endedAt, fate.launchedAt, window.closes);
      if (offeredAt > asOf || offeredAt >= stop || startsAt >= window.closes) return [];
      const consent = random.chance(0.25);
      const declined = random.chance(0.08);
      const consentedEnd = after(window.closes, 14);
      const begun = !declined && startsAt <= asOf && startsAt < stop;
      const endsAt = consent ? consentedEnd : window.closes;
      const status = declined
        ? 'DECLINED'
        : fate.endedAt
          ? begun
            ? 'ENDED'
            : 'RESCINDED'
          : fate.launchedAt
            ? consent && begun && asOf < consentedEnd
              ? 'ACTIVE'
              : begun
                ? 'ENDED'
                : 'RESCINDED'
            : !begun
              ? 'OFFERED'
              : asOf >= window.closes && !consent
                ? 'PAUSED'
                : 'ACTIVE';
      const ended =
        status === 'ENDED' ? earliest(fate.endedAt, consent ? consentedEnd : fate.launchedAt, endsAt) : null;
      this.happen({ occurredAt: offeredAt, kind: 'ACCESS_OFFERED', actor: 'DEVELOPER', agencyKey });
      if (begun) this.happen({ occurredAt: startsAt, kind: 'ACCESS_STARTED', actor: 'AGENCY', agencyKey });
      if (status === 'PAUSED')
        this.happen({ occurredAt: window.closes, kind: 'ACCESS_PAUSED', actor: 'SYSTEM', agencyKey });
      if (ended) this.happen({ occurredAt: ended, kind: 'ACCESS_ENDED', actor: 'SYSTEM', agencyKey });
      return [
        {
          id: stableId('grt', id, agencyKey),
          submissionId: id,
          agencyKey,
          mode: random.weighted({ API: 5, HOSTED_SANDBOX: 3, ON_PREM_WEIGHTS: 1 }),
          basis: consent ? ('CAISI_AGREEMENT' as const) : ('ORDER' as const),
          terms: 'Evaluation only (exercise).',
          startsAt,
          endsAt: ended ?? latest(endsAt, startsAt),
          recordedStatus: status,
          pausedBy: status === 'PAUSED' ? ('SYSTEM' as const) : null,
          ...(status === 'ACTIVE' && !consent && fate.lifecycle === 'FILED'
            ? { statusUntil: window.closes, statusThen: 'PAUSED' as const }
            : status === 'ACTIVE' || (status === 'PAUSED' && consent)
              ? { statusUntil: endsAt, statusThen: 'ENDED' as const }
              : { statusUntil: null, statusThen: null }),
          endsAtLaunch: !consent,
          postLaunchConsent: consent,
          consentRecordedAt: consent ? offeredAt : null,
          offeredAt,
          acceptedAt: begun ? startsAt : null,
          revokedAt: null,
          revokedBy: null,
          revision: 1,
          exercise: true,
        },
      ];
    });
  }

  private requests(filedAt: string, fate: Fate): Partial<InformationRequest>[] {
    const { random, id, asOf } = this;
    if (!random.chance(0.4)) return [];
    return Array.from({ length: random.integer(1, 2) }, (_, place) => place).flatMap(
      (place): Partial<InformationRequest>[] => {
        const askedAt = after(filedAt, 1 + random.next() * 3);
        const stop = earliest(fate.endedAt, fate.launchedAt, asOf);
        if (askedAt >= stop) return [];
        const answered = after(askedAt, 1 + random.next() * 9);
        const answeredAt = answered < stop && random.chance(0.8) ? answered : null;
        const over = fate.endedAt !== undefined || fate.launchedAt !== undefined;
        this.happen({ occurredAt: askedAt, kind: 'INFORMATION_REQUESTED', actor: 'INTAKE' });
        if (answeredAt) this.happen({ occurredAt: answeredAt, kind: 'INFORMATION_PROVIDED', actor: 'DEVELOPER' });
        return [
          {
            id: stableId('inf', id, place),
            submissionId: id,
            question:
              place === 0
                ? 'Which safeguards run in the version shared?'
                : 'Which evaluations were run by third parties?',
            askedAt,
            dueOn: addBusinessDays(civilDate(askedAt), 5),
            answeredAt,
            answer: answeredAt ? 'See the attached report (exercise).' : null,
            status: answeredAt ? 'ANSWERED' : over ? 'CLOSED' : 'OPEN',
            overdueNoted: false,
            revision: 1,
            exercise: true,
          },
        ];
      },
    );
  }

  private documents(tables: Tables): void {
    const { random, id, draftedAt } = this;
    for (const kind of random.some(
      ['MODEL_CARD', 'SAFETY_CASE', 'EVAL_REPORT', 'ENDPOINT_SPEC'] as const,
      random.integer(1, 3),
    ))
      tables.artifacts.push({
        id: stableId('art', id, kind),
        submissionId: id,
        kind,
        sha256: digest(random),
        bytes: String(random.integer(20_000, 9_000_000)),
        storage: 'REFERENCE',
        storedWhere: 'exercise store',
        fileName: null,
        contentRemoved: false,
        createdAt: draftedAt,
        destroyedAt: null,
        destructionAttestedBy: null,
        exercise: true,
      });
    for (const area of random.some(Object.values(CapabilityArea), random.integer(1, 3)))
      tables.declarations.push({
        id: stableId('art', id, 'declaration', area),
        submissionId: id,
        area,
        statement: 'As described in the model card (exercise).',
        exercise: true,
      });
    for (const evaluation of random.some(EVALUATIONS, random.integer(1, 3)))
      tables.evaluations.push({
        id: stableId('art', id, 'evaluation', evaluation),
        submissionId: id,
        evaluation,
        score: random.integer(50, 950) / 1000,
        method: 'Mean of three runs',
        exercise: true,
      });
  }
}

interface Fate {
  lifecycle: Submission['lifecycle'];
  launchedAt?: string;
  endedAt?: string;
  closedAt?: string;
}

function phaseAt(
  instant: string,
  window: { opens: string; closes: string },
): NonNullable<Submission['withdrawalPhase']> {
  if (instant < window.opens) return 'NOT_YET_OPEN';
  return instant < window.closes ? 'OPEN' : 'LAUNCH_DUE';
}

/** Access before launch, as the program stores it: the time in which at least one agency had access. */
function accessOf(
  grants: readonly Partial<AccessGrant>[],
  bound: string,
  filed: boolean,
): Pick<Submission, 'accessSeconds' | 'accessSince'> {
  const instants = new Map<string, number>();
  for (const { acceptedAt, startsAt, endsAt, recordedStatus } of grants) {
    if (acceptedAt == null || startsAt! >= bound) continue;
    const stop = recordedStatus === 'ACTIVE' && filed ? null : earliest(endsAt!, bound);
    instants.set(startsAt!, (instants.get(startsAt!) ?? 0) + 1);
    if (stop !== null) instants.set(stop, (instants.get(stop) ?? 0) - 1);
  }
  let hours = NO_ACCESS;
  let active = 0;
  for (const at of [...instants.keys()].sort()) {
    active += instants.get(at)!;
    hours = accessChanges(hours, active > 0, at);
  }
  return { accessSeconds: hours.seconds, accessSince: hours.since };
}

function digest(random: Random): string {
  return Array.from({ length: 64 }, () => random.integer(0, 15).toString(16)).join('');
}
