import { Directive, Int } from 'type-graphql';
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
import { PartnerProposal } from '../partner/partner-proposal';
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
  'Stored state of a submission. No state waits for the government.',
  {
    DRAFT: 'In preparation; the government cannot see it.',
    DISCARDED: 'Draft that the developer discarded.',
    FILED: 'Filed and shared with the government.',
    LAUNCHED: 'The model has launched.',
    NOT_RELEASED: 'The developer declared that it will not release the model.',
    WITHDRAWN: 'The developer withdrew the submission.',
    CLOSED: 'Launched, and the intake office closed the file.',
  },
);
export type SubmissionLifecycle = ValueOf<typeof SubmissionLifecycle>;

export const IntakeStatus = enumeration(
  'IntakeStatus',
  'Result of the intake check for completeness. The check stops no clock and hides nothing from agencies.',
  {
    UNCHECKED: 'Not checked yet, or the developer answered since the last check.',
    COMPLETE: 'Complete.',
    INFORMATION_REQUESTED: 'The intake office requested information.',
  },
);
export type IntakeStatus = ValueOf<typeof IntakeStatus>;

export const SharingPreference = enumeration(
  'SharingPreference',
  'Agencies with which a developer shares a submission.',
  {
    NAMED_AGENCIES_ONLY: 'Only the agencies that the developer names.',
    ALL_REVIEWING_AGENCIES: 'All reviewing agencies.',
  },
);
export type SharingPreference = ValueOf<typeof SharingPreference>;

export const LaunchScope = enumeration('LaunchScope', 'Audience of a launch.', {
  LIMITED: 'Released to a limited audience.',
  GENERAL: 'Released to the general public.',
});
export type LaunchScope = ValueOf<typeof LaunchScope>;

export const LaunchSource = enumeration('LaunchSource', 'Source of a launch report.', {
  DEVELOPER: 'Report by the developer.',
  PUBLIC_OBSERVATION: 'Public evidence, recorded by the intake office.',
});
export type LaunchSource = ValueOf<typeof LaunchSource>;

export const WindowPhase = enumeration(
  'WindowPhase',
  'Position of a submission relative to its 30-day window. Computed from the clock, never stored.',
  {
    NONE: 'No window: a draft, discarded, withdrawn, or not to be released.',
    NOT_YET_OPEN: 'More than 30 days before the planned launch.',
    OPEN: 'Within the 30 days before the planned launch.',
    LAUNCH_DUE: 'The planned launch has passed, and no launch is recorded.',
    LAUNCHED: 'The model has launched.',
  },
);
export type WindowPhase = ValueOf<typeof WindowPhase>;

/** Target for the intake check. */
const INTAKE_BUSINESS_DAYS = 2;

const filed = (column: (property: string) => string) => `${column('lifecycle')} = 'FILED'`;

@valueObject('Launch of a model, recorded as a fact.')
export class LaunchRecord {
  @part(() => GraphQLInstant, 'Time of the launch.', { sensitivity: 'PUBLIC' }) launchedAt!: string;
  @part(() => LaunchScope, 'Audience of the launch.', { sensitivity: 'PUBLIC' }) scope!: LaunchScope;
  @part(() => GraphQLInstant, 'Time the launch was recorded.') recordedAt!: string;
  @part(() => Actor, 'Party that recorded the launch: the developer or the intake office.') recordedBy!: Actor;
  @part(() => LaunchSource, 'Source of the launch report.') source!: LaunchSource;
  @part(() => GraphQLUrl, 'Address of public evidence; required when the intake office records the launch.', {
    nullable: true,
  })
  evidence!: string | null;
}

@valueObject('Withdrawal of a submission. It requires no reason and no consent.')
export class Withdrawal {
  @part(() => GraphQLInstant, 'Time of the withdrawal.', { sensitivity: 'PROPIN' }) withdrawnAt!: string;
  @part(() => WindowPhase, 'Phase at withdrawal.', {
    sensitivity: 'PROPIN',
    derivedFrom: ['LaunchPlan.plannedLaunchAt'],
  })
  phase!: WindowPhase;
  @part(() => String, 'Reason, if the developer gave one.', { nullable: true, sensitivity: 'PROPIN' }) reason!:
    | string
    | null;
}

@model('Voluntary filing of an AI model by its developer before launch. The government sees it once it is filed.', {
  order: ['-createdAt'],
  sensitivity: 'PROPIN',
})
export class Submission {
  @generatedId('sub') id!: string;
  @text('File number, such as AIS-2026-748213: calendar year and six random digits.', {
    length: 20,
    unique: true,
    filter: true,
    order: true,
  })
  number!: string;
  @belongsTo(() => DeveloperOrganization, 'Developer that shares the model.', {
    as: 'developer',
    length: 60,
    filter: true,
  })
  developerKey!: string;
  @belongsTo(() => AIModel, 'Model that the submission is about.', { as: 'model', filter: true }) modelId!: string;
  @belongsTo(() => ModelVersion, 'Version of the model that the submission is about.', { as: 'version', filter: true })
  versionId!: string;
  @oneOf(() => SubmissionLifecycle, 'Stored state.', { filter: true, order: true, index: true })
  lifecycle!: SubmissionLifecycle;
  @oneOf(() => IntakeStatus, 'Result of the intake check.', { filter: true }) intakeStatus!: ValueOf<
    typeof IntakeStatus
  >;
  @dateTime('Time the draft was created.', { filter: true, order: true }) createdAt!: string;
  @dateTime('Time of filing; null for drafts.', { nullable: true, filter: true, order: true, index: true })
  filedAt!: string | null;
  @dateTime('Planned launch in the current launch plan.', {
    filter: true,
    order: true,
    index: true,
    derivedFrom: ['LaunchPlan.plannedLaunchAt'],
  })
  plannedLaunchAt!: string;
  @dateTime('Time the window opens: 30 civil days before the planned launch.', {
    filter: true,
    order: true,
    derivedFrom: ['LaunchPlan.plannedLaunchAt'],
  })
  windowOpensAt!: string;
  @dateTime('Time the window closes: the planned launch.', {
    filter: true,
    order: true,
    derivedFrom: ['LaunchPlan.plannedLaunchAt'],
  })
  windowClosesAt!: string;
  @oneOf(() => SharingPreference, 'Agencies with which the developer shares the submission.', { filter: true })
  sharingPreference!: SharingPreference;
  @longText('Mitigations declared by the developer.', { nullable: true }) mitigationsDeclared!: string | null;
  @dateTime('', { nullable: true, hidden: true, index: true }) launchedAt!: string | null;
  @oneOf(() => LaunchScope, '', { nullable: true, hidden: true }) launchScope!: LaunchScope | null;
  @dateTime('', { nullable: true, hidden: true }) launchRecordedAt!: string | null;
  @oneOf(() => Actor, '', { nullable: true, hidden: true, lowerCase: true, length: 255 })
  launchRecordedBy!: Actor | null;
  @oneOf(() => LaunchSource, '', { nullable: true, hidden: true }) launchSource!: LaunchSource | null;
  @url('', { nullable: true, hidden: true }) launchEvidence!: string | null;
  @dateTime('', { nullable: true, hidden: true, index: true }) withdrawnAt!: string | null;
  @oneOf(() => WindowPhase, '', { nullable: true, hidden: true }) withdrawalPhase!: WindowPhase | null;
  @longText('', { nullable: true, hidden: true }) withdrawalReason!: string | null;
  @dateTime('Time the intake office closed the file after launch.', { nullable: true }) closedAt!: string | null;
  @dateTime('Time the draft was discarded or the model was declared not to be released.', { nullable: true }) endedAt!:
    | string
    | null;
  @kept({ type: 'int', default: 1 }) planVersion!: number;
  /** Plan versions with their window opening, or due launch, already on the timeline. */
  @kept({ type: 'int', default: 0 }) windowNotedVersion!: number;
  @kept({ type: 'int', default: 0 }) dueNotedVersion!: number;
  /** Seconds of access before launch so far, and start of the current stretch: see access-hours.ts. */
  @kept({ type: 'int', default: 0 }) accessSeconds!: number;
  @kept({ length: 24, nullable: true }) accessSince!: string | null;
  /** End of the time already written to the timeline, and the next instant at which something falls due. */
  @kept({ length: 24, default: '' }) settledAt!: string;
  @kept({ length: 24, nullable: true }) @Index() nextDueAt!: string | null;
  /** Version while filed: its unique index makes the database refuse a second filed submission (I2). */
  @kept({ length: 30, nullable: true }) @Index({ unique: true }) filedVersionId!: string | null;
  /** Time the content of a discarded draft was erased. */
  @kept({ length: 24, nullable: true }) erasedAt!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => LaunchPlan, 'submissionId', 'Versions of the launch plan, oldest first.') planHistory!: unknown;
  @hasMany(() => AccessGrant, 'submissionId', 'Access grants to agencies, in any status.') accessGrants!: unknown;
  @hasMany(() => PartnerProposal, 'submissionId', 'Trusted partners proposed for the model.')
  partnerProposals!: unknown;
  @hasMany(() => Declaration, 'submissionId', 'Capabilities declared by the developer.')
  declaredCapabilities!: unknown;
  @hasMany(() => SelfEvaluation, 'submissionId', 'Evaluation results measured by the developer.')
  selfEvaluations!: unknown;
  @hasMany(() => Artifact, 'submissionId', 'Documents attached to the submission.') artifacts!: unknown;
  @hasMany(() => InformationRequest, 'submissionId', 'Information requests of the intake office.')
  informationRequests!: unknown;
  @hasMany(
    () => DestructionObligation,
    'submissionId',
    'Destruction obligations after a withdrawal, one for each holder.',
  )
  destructionList!: unknown;
  @hasMany(() => SharedFinding, 'submissionId', 'Findings that agencies shared with the developer.')
  sharedFindings!: unknown;
  @hasMany(() => SubmissionEvent, 'submissionId', 'Events of the submission in the intake program, oldest first.')
  timeline!: unknown;

  @computed(() => LaunchPlan, 'Current launch plan.')
  async launchPlan({ loaders }: Context): Promise<LaunchPlan> {
    return (await loaders.allBy(LaunchPlan, 'submissionId').load(this.id)).at(-1)!;
  }

  @computed(() => WindowPhase, 'Current position relative to the 30-day window.', {
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
  windowPhase({ clock }: Pick<Context, 'clock'>): WindowPhase {
    const now = clock.now().toISOString();
    if (this.lifecycle === 'LAUNCHED' || this.lifecycle === 'CLOSED') return WindowPhase.LAUNCHED;
    if (this.lifecycle !== 'FILED') return WindowPhase.NONE;
    if (now < this.windowOpensAt) return WindowPhase.NOT_YET_OPEN;
    return now < this.windowClosesAt ? WindowPhase.OPEN : WindowPhase.LAUNCH_DUE;
  }

  @computed(() => Int, 'Civil days until the planned launch; negative once it has passed.', {
    derivedFrom: ['Submission.plannedLaunchAt'],
  })
  // weight: it computes with a calendar
  @Directive('@cost(weight: 1)')
  daysToLaunch({ clock }: Context): number {
    return daysBetween(civilDate(clock.now()), civilDate(this.plannedLaunchAt));
  }

  @computed(
    () => GraphQLCivilDate,
    'Target date for the intake check: two business days after filing. Missing it has no consequence.',
    { nullable: true, derivedFrom: ['Submission.filedAt'] },
  )
  // weight: it computes with a calendar
  @Directive('@cost(weight: 1)')
  intakeTargetOn(): string | null {
    return this.filedAt === null ? null : addBusinessDays(civilDate(this.filedAt), INTAKE_BUSINESS_DAYS);
  }

  @computed(() => LaunchRecord, 'Launch, once recorded.', { nullable: true })
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

  @computed(() => Withdrawal, 'Withdrawal, if the developer withdrew the submission.', { nullable: true })
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
  { remote: true, description: 'Critical-infrastructure sectors that the developer names as possibly affected.' },
);
export const SubmissionAssignedAgency = links(
  () => Submission,
  'assignedAgencies',
  () => Agency,
  {
    description: 'Agencies assigned by the intake office, where the developer shares with all reviewing agencies.',
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
