import { Int } from 'type-graphql';
import { Index } from 'typeorm';
import { civilDate, daysBetween } from '#base/civil';
import { Actor } from '#domain/actor';
import { addBusinessDays } from '#domain/business-days';
import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  computed,
  dateTime,
  exerciseFlag,
  generatedId,
  longText,
  oneOf,
  revisionNumber,
  text,
  url,
} from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import { kept } from '#kit/model/record';
import { GraphQLCivilDate, GraphQLInstant, GraphQLUrl } from '#kit/model/scalars';
import { part, valueObject } from '#kit/model/value-object';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { DeveloperOrganization } from '../developer/developer-organization';
import { AIModel } from '../model/ai-model';
import { ModelVersion } from '../model/model-version';
import { Sector } from '../sector';
import { AccessGrant } from './access-grant';
import { Artifact } from './artifact';
import { Declaration, SelfEvaluation } from './declaration';
import { DestructionObligation } from './destruction-obligation';
import { InformationRequest } from './information-request';
import { LaunchPlan } from './launch-plan';
import { SharedFinding } from './shared-finding';
import { SubmissionEvent } from './submission-event';

export const SubmissionLifecycle = enumeration(
  'SubmissionLifecycle',
  'The stored state of a submission. No state waits for the government.',
  {
    DRAFT: 'Being written; the government does not see it.',
    DISCARDED: 'A draft that was thrown away.',
    FILED: 'Shared with the government.',
    LAUNCHED: 'The model is launched.',
    NOT_RELEASED: 'The developer declared that the model will not be released.',
    WITHDRAWN: 'The developer took the submission back.',
    CLOSED: 'Launched, and the file is closed.',
  },
);

export const IntakeStatus = enumeration(
  'IntakeStatus',
  'Whether intake finds a submission complete. It stops no clock and hides nothing.',
  {
    UNCHECKED: 'Not looked at yet, or answered since.',
    COMPLETE: 'Complete.',
    INFORMATION_REQUESTED: 'Intake has asked for information.',
  },
);

export const SharingPreference = enumeration(
  'SharingPreference',
  'Which agencies a developer shares a submission with.',
  {
    NAMED_AGENCIES_ONLY: 'Only those it names.',
    ALL_REVIEWING_AGENCIES: 'All agencies that review models.',
  },
);

export const LaunchScope = enumeration('LaunchScope', 'To whom a model was launched.', {
  LIMITED: 'To some.',
  GENERAL: 'To everyone.',
});

export const LaunchSource = enumeration('LaunchSource', 'How a launch became known.', {
  DEVELOPER: 'The developer reported it.',
  PUBLIC_OBSERVATION: 'It was seen in public.',
});

export const WindowPhase = enumeration(
  'WindowPhase',
  'Where a submission stands in its 30 days. Worked out from the clock, never stored.',
  {
    NONE: 'There is no window: a draft, withdrawn, or not to be released.',
    NOT_YET_OPEN: 'More than 30 days before the planned launch.',
    OPEN: 'Within the 30 days before the planned launch.',
    LAUNCH_DUE: 'The planned launch has passed and no launch is recorded.',
    LAUNCHED: 'Launched.',
  },
);

/** Business days within which intake hopes to look at a submission. */
const INTAKE_BUSINESS_DAYS = 2;

const filed = (column: (property: string) => string) => `${column('lifecycle')} = 'FILED'`;

@valueObject('A launch, as a fact that was reported.')
export class LaunchRecord {
  @part(() => GraphQLInstant, 'When the model was launched.', { sensitivity: 'PUBLIC' }) launchedAt!: string;
  @part(() => LaunchScope, 'To whom.', { sensitivity: 'PUBLIC' }) scope!: ValueOf<typeof LaunchScope>;
  @part(() => GraphQLInstant, 'When it was recorded.') recordedAt!: string;
  @part(() => Actor, 'Party that recorded it: the developer or the intake office.') recordedBy!: Actor;
  @part(() => LaunchSource, 'How it became known.') source!: ValueOf<typeof LaunchSource>;
  @part(() => GraphQLUrl, 'Public evidence.', { nullable: true }) evidence!: string | null;
}

@valueObject('A withdrawal. It needs no reason and nobody’s agreement.')
export class Withdrawal {
  @part(() => GraphQLInstant, 'When.', { sensitivity: 'PROPIN' }) withdrawnAt!: string;
  @part(() => WindowPhase, 'The phase the submission was in.', {
    sensitivity: 'PROPIN',
    derivedFrom: ['LaunchPlan.plannedLaunchAt'],
  })
  phase!: ValueOf<typeof WindowPhase>;
  @part(() => String, 'Why, if the developer says so.', { nullable: true, sensitivity: 'PROPIN' }) reason!:
    | string
    | null;
}

@model('A model shared voluntarily before launch, or announced for sharing.', {
  order: ['-createdAt'],
  sensitivity: 'PROPIN',
})
export class Submission {
  @generatedId('sub') id!: string;
  @text('Number of the file, such as AIS-2026-000123: the calendar year and a running number.', {
    length: 20,
    unique: true,
    filter: true,
    order: true,
  })
  number!: string;
  @belongsTo(() => DeveloperOrganization, 'Who shares it.', { as: 'developer', length: 60, filter: true })
  developerKey!: string;
  @belongsTo(() => AIModel, 'Which model.', { as: 'model', filter: true }) modelId!: string;
  @belongsTo(() => ModelVersion, 'Which version of it.', { as: 'version', filter: true }) versionId!: string;
  @oneOf(() => SubmissionLifecycle, 'The stored state.', { filter: true, order: true, index: true })
  lifecycle!: ValueOf<typeof SubmissionLifecycle>;
  @oneOf(() => IntakeStatus, 'Whether intake finds it complete.', { filter: true }) intakeStatus!: ValueOf<
    typeof IntakeStatus
  >;
  @dateTime('When the draft was made.', { filter: true, order: true }) createdAt!: string;
  @dateTime('When it was filed; null for a draft.', { nullable: true, filter: true, order: true, index: true })
  filedAt!: string | null;
  @dateTime('Planned launch by the current plan.', {
    filter: true,
    order: true,
    index: true,
    derivedFrom: ['LaunchPlan.plannedLaunchAt'],
  })
  plannedLaunchAt!: string;
  @dateTime('When its window opens: 30 civil days before the planned launch.', {
    filter: true,
    order: true,
    derivedFrom: ['LaunchPlan.plannedLaunchAt'],
  })
  windowOpensAt!: string;
  @dateTime('When its window closes: at the planned launch.', {
    filter: true,
    order: true,
    derivedFrom: ['LaunchPlan.plannedLaunchAt'],
  })
  windowClosesAt!: string;
  @oneOf(() => SharingPreference, 'Which agencies it is shared with.', { filter: true })
  sharingPreference!: ValueOf<typeof SharingPreference>;
  @longText('Mitigations that the developer declares.', { nullable: true }) mitigationsDeclared!: string | null;
  @dateTime('', { nullable: true, hidden: true, index: true }) launchedAt!: string | null;
  @oneOf(() => LaunchScope, '', { nullable: true, hidden: true }) launchScope!: ValueOf<typeof LaunchScope> | null;
  @dateTime('', { nullable: true, hidden: true }) launchRecordedAt!: string | null;
  @oneOf(() => Actor, '', { nullable: true, hidden: true, lowerCase: true, length: 255 })
  launchRecordedBy!: Actor | null;
  @oneOf(() => LaunchSource, '', { nullable: true, hidden: true }) launchSource!: ValueOf<typeof LaunchSource> | null;
  @url('', { nullable: true, hidden: true }) launchEvidence!: string | null;
  @dateTime('', { nullable: true, hidden: true, index: true }) withdrawnAt!: string | null;
  @oneOf(() => WindowPhase, '', { nullable: true, hidden: true }) withdrawalPhase!: ValueOf<typeof WindowPhase> | null;
  @longText('', { nullable: true, hidden: true }) withdrawalReason!: string | null;
  @dateTime('When the file was closed after launch.', { nullable: true }) closedAt!: string | null;
  @dateTime('When a draft was discarded, or the model declared not to be released.', { nullable: true }) endedAt!:
    | string
    | null;
  /** Version of the current launch plan. */
  @kept({ type: 'int', default: 1 }) planVersion!: number;
  /** Plan version whose opening of the window, and whose due launch, are on the timeline. */
  @kept({ type: 'int', default: 0 }) windowNotedVersion!: number;
  @kept({ type: 'int', default: 0 }) dueNotedVersion!: number;
  /** Access before launch so far, and since when some agency has it: see access-hours.ts. */
  @kept({ type: 'int', default: 0 }) accessSeconds!: number;
  @kept({ length: 24, nullable: true }) accessSince!: string | null;
  /** Up to when what time brings is on the timeline, and when something falls due next. */
  @kept({ length: 24, default: '' }) settledAt!: string;
  @kept({ length: 24, nullable: true }) @Index() nextDueAt!: string | null;
  /** The version while it is filed, so that the database refuses a second filed submission of it (I2). */
  @kept({ length: 30, nullable: true }) @Index({ unique: true }) filedVersionId!: string | null;
  /** When what a discarded draft said was erased. */
  @kept({ length: 24, nullable: true }) erasedAt!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => LaunchPlan, 'submissionId', 'All versions of the launch plan, the first first.') planHistory!: unknown;
  @hasMany(() => AccessGrant, 'submissionId', 'Access that was offered or given to agencies.') accessGrants!: unknown;
  @hasMany(() => Declaration, 'submissionId', 'Capabilities that the developer declares.')
  declaredCapabilities!: unknown;
  @hasMany(() => SelfEvaluation, 'submissionId', 'Results that the developer measured itself.')
  selfEvaluations!: unknown;
  @hasMany(() => Artifact, 'submissionId', 'Documents.') artifacts!: unknown;
  @hasMany(() => InformationRequest, 'submissionId', 'Questions of the intake office.') informationRequests!: unknown;
  @hasMany(() => DestructionObligation, 'submissionId', 'After a withdrawal: who is to destroy what it holds, by when.')
  destructionList!: unknown;
  @hasMany(() => SharedFinding, 'submissionId', 'Findings that agencies shared with the developer.')
  sharedFindings!: unknown;
  @hasMany(
    () => SubmissionEvent,
    'submissionId',
    'Everything that happened to it in the intake program, in time order.',
  )
  timeline!: unknown;

  @computed(() => LaunchPlan, 'The current launch plan.')
  async launchPlan({ loaders }: Context): Promise<LaunchPlan> {
    return (await loaders.allBy(LaunchPlan, 'submissionId').load(this.id)).at(-1)!;
  }

  @computed(() => WindowPhase, 'Where it stands in its 30 days now.', {
    values: () => WindowPhase,
    derivedFrom: ['Submission.lifecycle', 'Submission.windowOpensAt', 'Submission.windowClosesAt'],
    conditions: {
      NONE: (column) => `${column('lifecycle')} IN ('DRAFT', 'DISCARDED', 'WITHDRAWN', 'NOT_RELEASED')`,
      LAUNCHED: (column) => `${column('lifecycle')} IN ('LAUNCHED', 'CLOSED')`,
      NOT_YET_OPEN: (column, now) => `${filed(column)} AND ${column('windowOpensAt')} > ${now}`,
      OPEN: (column, now) =>
        `${filed(column)} AND ${column('windowOpensAt')} <= ${now} AND ${column('windowClosesAt')} > ${now}`,
      LAUNCH_DUE: (column, now) => `${filed(column)} AND ${column('windowClosesAt')} <= ${now}`,
    },
  })
  windowPhase({ clock }: Pick<Context, 'clock'>): ValueOf<typeof WindowPhase> {
    const now = clock.now().toISOString();
    if (this.lifecycle === 'LAUNCHED' || this.lifecycle === 'CLOSED') return WindowPhase.LAUNCHED;
    if (this.lifecycle !== 'FILED') return WindowPhase.NONE;
    if (now < this.windowOpensAt) return WindowPhase.NOT_YET_OPEN;
    return now < this.windowClosesAt ? WindowPhase.OPEN : WindowPhase.LAUNCH_DUE;
  }

  @computed(() => Int, 'Civil days until the planned launch; negative once it has passed.', {
    derivedFrom: ['Submission.plannedLaunchAt'],
  })
  daysToLaunch({ clock }: Context): number {
    return daysBetween(civilDate(clock.now()), civilDate(this.plannedLaunchAt));
  }

  @computed(
    () => GraphQLCivilDate,
    'The day by which intake hopes to have looked at it: two business days after filing. A goal; nothing follows when it is missed.',
    { nullable: true, derivedFrom: ['Submission.filedAt'] },
  )
  intakeTargetOn(): string | null {
    return this.filedAt === null ? null : addBusinessDays(civilDate(this.filedAt), INTAKE_BUSINESS_DAYS);
  }

  @computed(() => LaunchRecord, 'The launch, once it is recorded.', { nullable: true })
  launch(): LaunchRecord | null {
    if (this.launchedAt === null) return null;
    return Object.assign(new LaunchRecord(), {
      launchedAt: this.launchedAt,
      scope: this.launchScope,
      recordedAt: this.launchRecordedAt,
      recordedBy: this.launchRecordedBy,
      source: this.launchSource,
      evidence: this.launchEvidence,
    });
  }

  @computed(() => Withdrawal, 'The withdrawal, if the developer withdrew.', { nullable: true })
  withdrawal(): Withdrawal | null {
    if (this.withdrawnAt === null) return null;
    return Object.assign(new Withdrawal(), {
      withdrawnAt: this.withdrawnAt,
      phase: this.withdrawalPhase,
      reason: this.withdrawalReason,
    });
  }
}

export const SubmissionSector = links(
  () => Submission,
  'sectorsOfConcern',
  () => Sector,
  { remote: true, description: 'Critical-infrastructure sectors that the developer names.' },
);
export const SubmissionAssignedAgency = links(
  () => Submission,
  'assignedAgencies',
  () => Agency,
  {
    description: 'Agencies that the intake office assigned within what the developer prefers.',
  },
);
export const SubmissionAgency = links(
  () => Submission,
  'requestedAgencies',
  () => Agency,
  {
    description: 'Agencies that the developer names.',
  },
);
