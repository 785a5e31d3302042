import { Index } from 'typeorm';
import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  computed,
  dateTime,
  exerciseFlag,
  generatedId,
  oneOf,
  refersTo,
  revisionNumber,
  sha256,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { VulnerabilityFinding } from '../vulnerability/vulnerability-finding';
import { lateStepsOf, TriageStep } from './triage-targets';

export const ForensicTriageStatus = enumeration('ForensicTriageStatus', 'Last completed step of a forensic triage.', {
  DUE: 'Required, not started.',
  SCOPED: 'Affected assets determined.',
  EVIDENCE_PRESERVED: 'Volatile evidence preserved.',
  DECIDED: 'Decided whether the assets are compromised.',
});
export type ForensicTriageStatus = ValueOf<typeof ForensicTriageStatus>;

export const ForensicTriageOutcome = enumeration('ForensicTriageOutcome', 'Outcome of a forensic triage.', {
  NO_EVIDENCE: 'No evidence of compromise.',
  SUSPECTED: 'Compromise suspected.',
  CONFIRMED: 'Compromise confirmed.',
});
export type ForensicTriageOutcome = ValueOf<typeof ForensicTriageOutcome>;

/** Id of the triage of a finding, which has one at most. */
export const triageIdOf = (findingId: string): string => `ftr_${findingId.slice('vfn_'.length)}`;

@model('Examination of whether an asset with an exploited vulnerability is already compromised.', {
  order: ['-requiredAt'],
  sensitivity: 'ISVI',
})
// for groups and medians, which so read the index alone
@Index(['agencyKey', 'requiredAt', 'decidedAt', 'outcome', 'scopedAt', 'evidenceAt'])
export class ForensicTriage {
  @generatedId('ftr') id!: string;
  @belongsTo(() => VulnerabilityFinding, 'Finding that requires it.', { as: 'finding', filter: true })
  findingId!: string;
  @refersTo(() => Agency, 'Agency that owns the system.', { as: 'agency', index: false }) agencyKey!: string;
  @oneOf(() => ForensicTriageStatus, 'Last completed step.', { filter: true, order: true, index: true })
  status!: ForensicTriageStatus;
  @oneOf(() => ForensicTriageOutcome, 'Outcome. Null until decided.', { nullable: true, filter: true })
  outcome!: ForensicTriageOutcome | null;
  @dateTime('Time from which it was required.', { filter: true, order: true }) requiredAt!: string;
  @dateTime('Time the affected assets were determined. The target is 2 hours, a setting.', {
    nullable: true,
    filter: true,
  })
  scopedAt!: string | null;
  @dateTime('Time volatile evidence was preserved. The target is 24 hours, a setting, and before remediation.', {
    nullable: true,
    filter: true,
  })
  evidenceAt!: string | null;
  @dateTime('Time of the decision. The target is 72 hours, a setting.', { nullable: true, filter: true }) decidedAt!:
    | string
    | null;
  @sha256(
    'SHA-256 of the preserved evidence, which the agency keeps. Null until it is preserved, or if not recorded.',
    {
      nullable: true,
    },
  )
  evidenceSha256!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => InfrastructureEvent, 'subjectId', 'Events of the triage, oldest first.') timeline!: unknown;

  @computed(() => [TriageStep], 'Steps that missed their targets, done or not. They hold up nothing.', {
    derivedFrom: [
      'ForensicTriage.requiredAt',
      'ForensicTriage.scopedAt',
      'ForensicTriage.evidenceAt',
      'ForensicTriage.decidedAt',
      'VulnerabilityFinding.remediatedAt',
    ],
  })
  async lateSteps({ loaders, clock }: Context): Promise<readonly TriageStep[]> {
    const finding = await loaders.byKey(VulnerabilityFinding).load(this.findingId);
    return lateStepsOf(this, finding?.remediatedAt ?? null, clock.now().toISOString());
  }
}
