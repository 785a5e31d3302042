import { Int } from 'type-graphql';
import { gapRecorded } from '#domain/contracts/events';
import { noticeId } from '#domain/staffing/staffing-notice';
import { type EventHandler, on } from '#kit/events/inbox';
import { stub, stubKey, stubOf } from '#kit/model/model';
import { kept, record } from '#kit/model/record';
import { GraphQLCivilDate } from '#kit/model/scalars';
import { part, valueObject } from '#kit/model/value-object';

@stub('Outcome of the NIST Cybersecurity Framework 2.0.', { key: 'code', resolvable: false })
export class CapabilityDimension {
  @stubKey('Id in the framework, such as "DE.CM".') code!: string;
}

/** Copy of an assessment below its target. Events of the infrastructure program write it, and remove it once the target is reached. */
@record('capability_gap', { index: [['agencyKey']] })
export class CapabilityGap {
  @kept({ primary: true, length: 70 }) id!: string;
  @kept({ length: 60 }) agencyKey!: string;
  @kept({ length: 20 }) dimensionId!: string;
  @kept({ type: 'int' }) tier!: number;
  @kept({ type: 'int' }) target!: number;
  /** Work roles that contribute to the outcome. */
  @kept({ type: 'simple-json' }) roleCodes!: string[];
  @kept({ length: 10 }) assessedOn!: string;
  @kept({ type: 'boolean' }) exercise!: boolean;
}

const OF_ASSESSMENT = { sensitivity: 'GOV' } as const;

@valueObject('Capability below its target, to which a work role contributes.')
export class StaffingGap {
  @part(() => CapabilityDimension, 'Outcome that the agency assessed.', OF_ASSESSMENT) dimension!: CapabilityDimension;
  @part(() => Int, 'Implementation tier reached, 1 (partial) to 4 (adaptive).', OF_ASSESSMENT) tier!: number;
  @part(() => Int, 'Target tier, 1 to 4.', OF_ASSESSMENT) target!: number;
  @part(() => GraphQLCivilDate, 'Date of the assessment.', OF_ASSESSMENT) assessedOn!: string;
}

/** The gap as the API shows it. */
export const staffingGap = ({ dimensionId, tier, target, assessedOn }: CapabilityGap): StaffingGap =>
  Object.assign(new StaffingGap(), {
    dimension: stubOf(CapabilityDimension, dimensionId)!,
    tier,
    target,
    assessedOn,
  });

/** Reactions of the workforce program to assessments of capability. */
export const workforceHandlers: readonly EventHandler[] = [
  on(gapRecorded, async ({ database }, _subject, { dimensionId, ...gap }) => {
    const id = noticeId(`${gap.agencyKey}:${dimensionId}`, gap.exercise);
    if (gap.tier >= gap.target) await database.query('DELETE FROM capability_gap WHERE id = ?', [id]);
    else await database.upsert(CapabilityGap, [{ ...gap, id, dimensionId }]);
  }),
];
