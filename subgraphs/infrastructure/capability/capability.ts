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
  text,
  textList,
} from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { AgencyWorkRole, WorkRole } from '../entities';

export const DimensionLevel = enumeration(
  'DimensionLevel',
  'Where an outcome of the Cybersecurity Framework stands in its tree.',
  {
    FUNCTION: 'A function.',
    CATEGORY: 'A category of a function.',
    SUBCATEGORY: 'An outcome of a category.',
  },
);

@model('An outcome of the NIST Cybersecurity Framework 2.0: what capability is assessed by.', { order: ['id'] })
export class CapabilityDimension {
  @key('Id in the framework, such as "DE", "DE.CM" or "PR.AA-01".', { as: 'code', length: 20 }) id!: string;
  @oneOf(() => DimensionLevel, 'Where it stands in the tree.', { filter: true, order: true }) level!: ValueOf<
    typeof DimensionLevel
  >;
  @text('Title.', { filter: true, order: true }) title!: string;
  @longText('What is to be achieved.', { nullable: true }) statement!: string | null;
  @belongsTo(() => CapabilityDimension, 'The one it is part of.', {
    as: 'parent',
    length: 20,
    nullable: true,
    filter: true,
  })
  parentId!: string | null;
  @hasMany(() => CapabilityDimension, 'parentId', 'Its parts.') children!: unknown;
  @hasMany(() => CapabilityAssessment, 'dimensionId', 'How agencies stand in it.') assessments!: unknown;
}

export const DimensionWorkRole = links(
  () => CapabilityDimension,
  'workRoles',
  () => WorkRole,
  { remote: true, description: 'Work roles that achieve it, by the reference table of this program.' },
);

@model('How far an agency is in one dimension of the Cybersecurity Framework.', {
  order: ['dimensionId', 'agencyKey'],
  sensitivity: 'GOV',
})
export class CapabilityAssessment {
  @generatedId('cas') id!: string;
  @refersTo(() => Agency, 'The agency.', { as: 'agency' }) agencyKey!: string;
  @belongsTo(() => CapabilityDimension, 'The dimension.', { as: 'dimension', length: 20, filter: true })
  dimensionId!: string;
  @integer('Tier, 1 to 4.', { filter: true, order: true }) tier!: number;
  @integer('Tier aimed at, 1 to 4.', { filter: true, order: true }) target!: number;
  @date('Day of the assessment.', { filter: true, order: true }) assessedOn!: string;
  @text('Who assessed it.') assessor!: string;
  @flag('Whether it is the newest of its agency and dimension.', { filter: true }) current!: boolean;
  @exerciseFlag() exercise!: boolean;

  @computed(() => Boolean, 'Whether the tier is below the one aimed at.', {
    conditions: {
      true: (column) => `${column('tier')} < ${column('target')}`,
      false: (column) => `${column('tier')} >= ${column('target')}`,
    },
  })
  belowTarget(): boolean {
    return this.tier < this.target;
  }

  @computed(() => [AgencyWorkRole], 'The work roles that would close the gap, at this agency.')
  async staffing({ loaders }: Context): Promise<AgencyWorkRole[]> {
    const roles = await loaders.links(DimensionWorkRole).load(this.dimensionId);
    return roles.map(({ targetKey }) => Object.assign(new AgencyWorkRole(), { key: `${this.agencyKey}:${targetKey}` }));
  }
}

@model('A control of NIST SP 800-53.', { order: ['id'] })
export class Control {
  @key('OSCAL id, such as "ac-2" or "ac-2.1".', { as: 'oscalId', length: 20 }) id!: string;
  @text('Label, such as "AC-02(01)".', { filter: true, order: true, length: 20 }) label!: string;
  @text('Title.', { filter: true, order: true }) title!: string;
  @text('Family.', { filter: true, order: true, length: 10 }) family!: string;
  @text('Title of the family.', { filter: true, length: 100 }) familyTitle!: string;
  @belongsTo(() => Control, 'The control it enhances.', { as: 'enhances', length: 20, nullable: true, filter: true })
  enhancesId!: string | null;
  @textList('Baselines it stands in: LOW, MODERATE, HIGH, PRIVACY.') baselines!: string[];
  @longText('What it asks for.', { nullable: true }) statement!: string | null;
  @hasMany(() => Control, 'enhancesId', 'Enhancements of it.') enhancements!: unknown;
}
