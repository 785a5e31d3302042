import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { belongsTo, date, integer, key, longText, oneOf, text } from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';

@model('Tactic of MITRE ATLAS: a goal of adversaries of AI systems.', { order: ['ordinal'] })
export class AtlasTactic {
  @key('ATLAS id, such as "AML.TA0002".', { as: 'atlasId', length: 20 }) id!: string;
  @text('Name.', { search: true, filter: true, order: true }) name!: string;
  @longText('Description of the tactic.', { nullable: true }) description!: string | null;
  @integer('Position in the matrix.', { order: true }) ordinal!: number;
  @text('Tactic of MITRE ATT&CK that this one is modeled on.', { nullable: true, length: 20 }) attackId!: string | null;
}

@model('Technique of MITRE ATLAS: a method of adversaries of AI systems.', { order: ['id'] })
export class AtlasTechnique {
  @key('ATLAS id, such as "AML.T0051", or "AML.T0051.000" for a sub-technique.', { as: 'atlasId', length: 20 })
  id!: string;
  @text('Name.', { search: true, filter: true, order: true }) name!: string;
  @longText('Description of the technique.', { nullable: true }) description!: string | null;
  @belongsTo(() => AtlasTechnique, 'Technique that this one is a sub-technique of.', {
    as: 'parent',
    length: 20,
    nullable: true,
    filter: true,
  })
  parentId!: string | null;
  @text('Maturity of the technique, as rated by ATLAS.', { nullable: true, length: 40, filter: true }) maturity!:
    | string
    | null;
  @text('Technique of MITRE ATT&CK that this one is modeled on.', { nullable: true, length: 20 }) attackId!:
    | string
    | null;
  @hasMany(() => AtlasTechnique, 'parentId', 'Sub-techniques.') subtechniques!: unknown;
}
export const TechniqueTactic = links(
  () => AtlasTechnique,
  'tactics',
  () => AtlasTactic,
  { description: 'Tactics that the technique serves.' },
);

@model('Mitigation of MITRE ATLAS.', { order: ['id'] })
export class AtlasMitigation {
  @key('ATLAS id, such as "AML.M0005".', { as: 'atlasId', length: 20 }) id!: string;
  @text('Name.', { search: true, filter: true, order: true }) name!: string;
  @longText('Description of the mitigation.', { nullable: true }) description!: string | null;
}
export const MitigationTechnique = links(
  () => AtlasMitigation,
  'techniques',
  () => AtlasTechnique,
  {
    description: 'Techniques that the mitigation counters.',
  },
);

export const CaseStudyType = enumeration('CaseStudyType', 'Origin of a case study.', {
  INCIDENT: 'Attack by an adversary.',
  EXERCISE: 'Exercise by researchers.',
});
export type CaseStudyType = ValueOf<typeof CaseStudyType>;

@model('Case study of MITRE ATLAS: an attack on an AI system, step by step.', { order: ['-incidentOn'] })
export class AtlasCaseStudy {
  @key('ATLAS id, such as "AML.CS0003".', { as: 'atlasId', length: 20 }) id!: string;
  @text('Name.', { search: true, filter: true, order: true }) name!: string;
  @longText('Summary of the attack.', { nullable: true }) summary!: string | null;
  @oneOf(() => CaseStudyType, 'Origin of the case study; null if the source does not state it.', {
    nullable: true,
    filter: true,
  })
  type!: CaseStudyType | null;
  @date('Date of the attack, as precise as the source states it.', { nullable: true, filter: true, order: true })
  incidentOn!: string | null;
  @text('Attacker.', { nullable: true, length: 1000 }) actor!: string | null;
  @text('Target of the attack.', { nullable: true, length: 1000 }) target!: string | null;
}
export const CaseStudyTechnique = links(
  () => AtlasCaseStudy,
  'techniques',
  () => AtlasTechnique,
  {
    description: 'Techniques used in the attack.',
  },
);
