import { latest, staffingChanges } from '#domain/staffing/staffing-notice';
import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  computed,
  date,
  exerciseFlag,
  flag,
  generatedId,
  integer,
  key,
  longText,
  oneOf,
  refersTo,
  revisionNumber,
  text,
  textList,
} from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import { GraphQLCivilDate } from '#kit/model/scalars';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { AgencyWorkRole, WorkRole } from '../entities';
import { InfrastructureEvent } from '../timeline/infrastructure-event';

export const DimensionLevel = enumeration(
  'DimensionLevel',
  'Level of an outcome in the NIST Cybersecurity Framework.',
  {
    FUNCTION: 'Function, such as DETECT.',
    CATEGORY: 'Category within a function.',
    SUBCATEGORY: 'Outcome within a category.',
  },
);
export type DimensionLevel = ValueOf<typeof DimensionLevel>;

@model('Outcome of the NIST Cybersecurity Framework 2.0, against which agencies assess capability.', { order: ['id'] })
export class CapabilityDimension {
  @key('Id in the framework, such as "DE", "DE.CM" or "PR.AA-01".', { as: 'code', length: 20 }) id!: string;
  @oneOf(() => DimensionLevel, 'Level of the outcome: function, category, or subcategory.', {
    filter: true,
    order: true,
  })
  level!: DimensionLevel;
  @text('Title of the outcome.', { search: true, filter: true, order: true }) title!: string;
  @longText('Outcome to achieve, as the framework words it.', { nullable: true }) statement!: string | null;
  @belongsTo(() => CapabilityDimension, 'Function or category that contains this outcome.', {
    as: 'parent',
    length: 20,
    nullable: true,
    filter: true,
  })
  parentId!: string | null;
  @hasMany(() => CapabilityDimension, 'parentId', 'Categories or subcategories within this outcome.')
  children!: unknown;
  @hasMany(() => CapabilityAssessment, 'dimensionId', 'Assessments of agencies against this outcome.')
  assessments!: unknown;
}

export const DimensionWorkRole = links(
  () => CapabilityDimension,
  'workRoles',
  () => WorkRole,
  { remote: true, description: 'Work roles that contribute to the outcome, from the reference table of this program.' },
);

export const AssessmentStatus = enumeration('AssessmentStatus', 'Status of a capability assessment.', {
  RECORDED: 'In effect.',
  CORRECTED: 'Replaced by a correction. It counts in no figure.',
});
export type AssessmentStatus = ValueOf<typeof AssessmentStatus>;

@model("Assessment of an agency's capability against one outcome of the NIST Cybersecurity Framework.", {
  order: ['dimensionId', 'agencyKey'],
  sensitivity: 'GOV',
})
export class CapabilityAssessment {
  @generatedId('cas') id!: string;
  @refersTo(() => Agency, 'Assessed agency.', { as: 'agency' }) agencyKey!: string;
  @belongsTo(() => CapabilityDimension, 'Outcome assessed.', { as: 'dimension', length: 20, filter: true })
  dimensionId!: string;
  @integer('Implementation tier reached, 1 (partial) to 4 (adaptive).', { filter: true, order: true }) tier!: number;
  @integer('Target tier, 1 to 4.', { filter: true, order: true }) target!: number;
  @date('Date of the assessment.', { filter: true, order: true }) assessedOn!: string;
  @text('Assessor, such as "Self-assessment".') assessor!: string;
  @flag('Whether this is the latest assessment of the agency and outcome.', { filter: true }) current!: boolean;
  @oneOf(() => AssessmentStatus, 'Status of the assessment.', { filter: true, default: 'RECORDED' })
  status!: AssessmentStatus;
  @belongsTo(() => CapabilityAssessment, 'Earlier assessment that this one corrects.', {
    as: 'corrects',
    nullable: true,
    index: false,
  })
  correctsId!: string | null;
  @revisionNumber({ default: 1 }) revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => InfrastructureEvent, 'subjectId', 'Events of the assessment, oldest first.') timeline!: unknown;

  @computed(() => Boolean, 'Whether the tier reached is below the target.', {
    conditions: {
      true: (column) => `${column('tier')} < ${column('target')}`,
      false: (column) => `${column('tier')} >= ${column('target')}`,
    },
  })
  belowTarget(): boolean {
    return this.tier < this.target;
  }

  @computed(
    () => GraphQLCivilDate,
    'Day of the last entry on duty, reassignment, or separation in a contributing work role, as the workforce program reported it: after the assessment, it may be outdated. Null without a report.',
    { nullable: true, derivedFrom: ['HiringRequest.enteredOnDutyAt', 'Position.status'] },
  )
  async staffingChangedOn({ loaders, database }: Context): Promise<string | null> {
    const roles = await loaders.links(DimensionWorkRole).load(this.dimensionId);
    const changes = await Promise.all(
      roles.map(({ targetKey }) => staffingChanges(loaders, database, `${this.agencyKey}:${targetKey}`)),
    );
    return changes.flatMap(({ enteredOn, vacatedOn }) => [enteredOn, vacatedOn]).reduce(latest, null);
  }

  @computed(() => [AgencyWorkRole], "The agency's staffing of the work roles that contribute to the outcome.")
  async staffing({ loaders }: Context): Promise<AgencyWorkRole[]> {
    const roles = await loaders.links(DimensionWorkRole).load(this.dimensionId);
    return roles.map(({ targetKey }) => Object.assign(new AgencyWorkRole(), { key: `${this.agencyKey}:${targetKey}` }));
  }
}

@model('Security or privacy control of NIST SP 800-53 Rev. 5.', { order: ['id'] })
export class Control {
  @key('OSCAL id, such as "ac-2" or "ac-2.1".', { as: 'oscalId', length: 20 }) id!: string;
  @text('Display label, such as "AC-02(01)".', { filter: true, order: true, length: 20 }) label!: string;
  @text('Title of the control.', { search: true, filter: true, order: true }) title!: string;
  @text('Control family identifier.', { filter: true, order: true, length: 10 }) family!: string;
  @text('Title of the control family, such as "Access Control".', { filter: true, length: 100 }) familyTitle!: string;
  @belongsTo(() => Control, 'Base control that this enhancement extends. Null for a base control.', {
    as: 'enhances',
    length: 20,
    nullable: true,
    filter: true,
  })
  enhancesId!: string | null;
  @textList('Baselines that include the control: LOW, MODERATE, HIGH, PRIVACY.') baselines!: string[];
  @longText('Control requirement, as published.', { nullable: true }) statement!: string | null;
  @hasMany(() => Control, 'enhancesId', 'Enhancements of the control.') enhancements!: unknown;
}
