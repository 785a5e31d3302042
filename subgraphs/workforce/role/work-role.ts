import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { key, longText, oneOf, text, textList, url } from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import { CapacitySnapshot } from '../goal/capacity-snapshot';
import { HiringGoal } from '../goal/hiring-goal';

export const WorkforceFramework = enumeration('WorkforceFramework', 'Framework that defines a work role.', {
  DCWF: 'DoD Cyber Workforce Framework. OPM codes positions with its work roles.',
  NICE: 'NIST NICE Workforce Framework for Cybersecurity.',
});
export type WorkforceFramework = ValueOf<typeof WorkforceFramework>;

export const KsatKind = enumeration('KsatKind', 'Kind of task, knowledge, skill, or ability statement.', {
  TASK: 'Work that the role performs.',
  KNOWLEDGE: 'Concepts and facts that the work requires.',
  SKILL: 'Learned capacity that the work requires.',
  ABILITY: 'General capability that the work requires.',
});
export type KsatKind = ValueOf<typeof KsatKind>;

@model('Work role of the cyber and AI workforce.', { key: 'code', order: ['code'] })
export class WorkRole {
  @key('Role code: the three-digit DCWF and OPM code, such as "672", or the NICE id, such as "PD-WRL-003".', {
    length: 20,
  })
  code!: string;
  @text('Name of the work role, such as "Data Scientist".', { search: true, filter: true, order: true }) name!: string;
  @oneOf(() => WorkforceFramework, 'Framework that defines the role.', { filter: true, order: true })
  framework!: WorkforceFramework;
  @text('DCWF element or NICE category of the role.', { filter: true, order: true, length: 80 }) element!: string;
  @longText('Description of the work, as published by the framework.', { nullable: true }) description!: string | null;
  @textList('Ids of the role in earlier NICE editions.') niceIds!: string[];
  @url("The framework's web page about the role.", { nullable: true }) url!: string | null;

  @hasMany(() => HiringGoal, 'workRoleCode', 'Hiring goals for the role, by agency and fiscal year.')
  hiringGoals!: unknown;
  @hasMany(() => CapacitySnapshot, 'workRoleCode', 'Staffing snapshots of the role, by agency and date.')
  capacity!: unknown;
}

@model('Task, knowledge, skill, or ability (KSAT) statement that describes work roles.', { order: ['id'] })
export class Ksat {
  @key('Id of the statement in the DCWF.', { as: 'code', length: 20 }) id!: string;
  @oneOf(() => KsatKind, 'Whether the statement describes a task, knowledge, a skill, or an ability.', {
    filter: true,
    order: true,
  })
  kind!: KsatKind;
  @longText('Text of the statement.') description!: string;
}

export const WorkRoleCoreKsat = links(
  () => WorkRole,
  'coreKsats',
  () => Ksat,
  { description: 'KSATs that everyone in the role needs.' },
);
export const WorkRoleAdditionalKsat = links(
  () => WorkRole,
  'additionalKsats',
  () => Ksat,
  {
    description: 'KSATs that some positions in the role need.',
  },
);
export const WorkRoleCounterpart = links(
  () => WorkRole,
  'counterparts',
  () => WorkRole,
  {
    description: 'Equivalent roles in the other framework.',
  },
);
