import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  date,
  exerciseFlag,
  flag,
  generatedId,
  integer,
  key,
  oneOf,
  refersTo,
  text,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from '../agency';
import { Directive } from '../directive/directive';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { TechnicalImpact } from '../vulnerability/vulnerability';

export const DueBasis = enumeration('DueBasis', 'What set the deadline of a finding.', {
  KEV_CATALOG: 'Due date of the KEV catalog.',
  TABLE_1_ROW: 'Row of Table 1 of BOD 26-04.',
  AGENCY_STRICTER: 'Stricter policy of the agency.',
  NONE: 'No deadline: fix with the next upgrade of the system, or no policy applies.',
});
export type DueBasis = ValueOf<typeof DueBasis>;

export const PolicyBasis = enumeration('PolicyBasis', 'How a remediation policy sets deadlines.', {
  KEV_CATALOG: 'By the due dates of the KEV catalog.',
  TABLE_1: 'By the rows of Table 1 of BOD 26-04.',
  AGENCY_STRICTER: "By the agency's own rows, where they are stricter.",
});
export type PolicyBasis = ValueOf<typeof PolicyBasis>;

@model('Policy that sets deadlines for remediation from a day on. A later policy of the same scope replaces it.', {
  order: ['-effectiveFrom'],
})
export class RemediationPolicy {
  @key('Directive, or agency, and effective date, such as "BOD 26-04/2026-12-07".', { as: 'name', length: 60 })
  id!: string;
  @belongsTo(() => Directive, 'Directive behind the policy. Null for a policy of an agency.', {
    as: 'directive',
    length: 40,
    nullable: true,
    filter: true,
  })
  directiveId!: string | null;
  @refersTo(() => Agency, 'Agency that adopted it for its own systems. Null for a policy of a directive.', {
    as: 'agency',
    nullable: true,
  })
  agencyKey!: string | null;
  @text('Title of the policy.', { filter: true, order: true }) title!: string;
  @oneOf(() => PolicyBasis, 'How it sets deadlines.', { filter: true, order: true }) basis!: PolicyBasis;
  @date('First day on which it applies.', { filter: true, order: true }) effectiveFrom!: string;
  @integer(
    'Days to remediate a vulnerability outside the KEV catalog for which no SSVC value is published. Null to use the strictest row.',
    { nullable: true },
  )
  unratedDays!: number | null;
  @date(
    'Vulnerabilities added to the KEV catalog before this day keep its due date. Null if the rows apply to all of them.',
    { nullable: true },
  )
  kevCatalogBefore!: string | null;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => RemediationRow, 'policyId', 'Rows of the table of timelines.') rows!: unknown;
  @hasMany(() => InfrastructureEvent, 'subjectId', 'Events of the policy, oldest first.') timeline!: unknown;
}

@model('Row of a table of remediation timelines.', { entity: false, order: ['policyId', 'row'] })
export class RemediationRow {
  @generatedId('rrw') id!: string;
  @belongsTo(() => RemediationPolicy, 'Policy with the table.', { as: 'policy', length: 60, filter: true })
  policyId!: string;
  @integer('Number of the row, 1 to 16.', { filter: true, order: true }) row!: number;
  @flag('Whether the asset is exposed to public networks.', { filter: true }) publiclyExposed!: boolean;
  @flag('Whether the vulnerability is in the KEV catalog.', { filter: true }) inKev!: boolean;
  @flag('Whether exploitation can be automated.', { filter: true }) automatable!: boolean;
  @oneOf(() => TechnicalImpact, 'Technical impact of exploitation.', { filter: true, order: true })
  technicalImpact!: TechnicalImpact;
  @integer('Calendar days to remediate. Null to fix with the next upgrade of the system.', {
    nullable: true,
    filter: true,
    order: true,
  })
  dueInDays!: number | null;
  @flag('Whether forensic triage is required.', { filter: true }) forensicTriage!: boolean;
  @exerciseFlag() exercise!: boolean;
}
