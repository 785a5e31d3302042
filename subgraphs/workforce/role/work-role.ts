import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { key, longText, oneOf, text, textList, url } from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import { CapacitySnapshot } from '../goal/capacity-snapshot';
import { HiringGoal } from '../goal/hiring-goal';

export const WorkforceFramework = enumeration('WorkforceFramework', 'A catalog of work roles.', {
  DCWF: 'The DoD Cyber Workforce Framework, whose codes OPM uses for positions.',
  NICE: 'The NICE Workforce Framework for Cybersecurity of NIST.',
});

export const KsatKind = enumeration('KsatKind', 'What a statement of a work role describes.', {
  TASK: 'A task.',
  KNOWLEDGE: 'Knowledge.',
  SKILL: 'A skill.',
  ABILITY: 'An ability.',
});

@model('A role of the cyber and AI workforce.', { key: 'code', order: ['code'] })
export class WorkRole {
  @key('Three-digit code of DCWF and OPM, such as "672"; for roles of NICE their id, such as "PD-WRL-003".', {
    length: 20,
  })
  code!: string;
  @text('Name.', { filter: true, order: true }) name!: string;
  @oneOf(() => WorkforceFramework, 'The catalog it is of.', { filter: true, order: true }) framework!: ValueOf<
    typeof WorkforceFramework
  >;
  @text('Element (DCWF) or category (NICE) it stands in.', { filter: true, order: true, length: 80 }) element!: string;
  @longText('What the role does.', { nullable: true }) description!: string | null;
  @textList('Ids of older NICE editions.') niceIds!: string[];
  @url('Page about it.', { nullable: true }) url!: string | null;

  @hasMany(() => HiringGoal, 'workRoleCode', 'Hiring goals for the role.') hiringGoals!: unknown;
  @hasMany(() => CapacitySnapshot, 'workRoleCode', 'How agencies staff the role.') capacity!: unknown;
}

@model('A task, or a piece of knowledge, skill or ability, that work roles need.', { order: ['id'] })
export class Ksat {
  @key('Id in its catalog.', { as: 'code', length: 20 }) id!: string;
  @oneOf(() => KsatKind, 'What it describes.', { filter: true, order: true }) kind!: ValueOf<typeof KsatKind>;
  @longText('The statement.') description!: string;
}

export const WorkRoleCoreKsat = links(
  () => WorkRole,
  'coreKsats',
  () => Ksat,
  { description: 'What everyone in the role needs.' },
);
export const WorkRoleAdditionalKsat = links(
  () => WorkRole,
  'additionalKsats',
  () => Ksat,
  {
    description: 'What some in the role need.',
  },
);
export const WorkRoleCounterpart = links(
  () => WorkRole,
  'counterparts',
  () => WorkRole,
  {
    description: 'The same role in the other catalog.',
  },
);
