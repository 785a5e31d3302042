import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { belongsTo, date, integer, key, longText, oneOf, text } from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';

@model('A tactic of MITRE ATLAS: what an adversary of an AI system wants.', { order: ['ordinal'] })
export class AtlasTactic {
  @key('ATLAS id, such as "AML.TA0002".', { as: 'atlasId', length: 20 }) id!: string;
  @text('Name.', { filter: true, order: true }) name!: string;
  @longText('What it means.', { nullable: true }) description!: string | null;
  @integer('Its place in the matrix.', { order: true }) ordinal!: number;
  @text('Tactic of MITRE ATT&CK it is modeled on.', { nullable: true, length: 20 }) attackId!: string | null;
}

@model('A technique of MITRE ATLAS: how an adversary of an AI system goes about it.', { order: ['id'] })
export class AtlasTechnique {
  @key('ATLAS id, such as "AML.T0051" or, of a sub-technique, "AML.T0051.000".', { as: 'atlasId', length: 20 })
  id!: string;
  @text('Name.', { filter: true, order: true }) name!: string;
  @longText('What it means.', { nullable: true }) description!: string | null;
  @belongsTo(() => AtlasTechnique, 'The technique it is a variant of.', {
    as: 'parent',
    length: 20,
    nullable: true,
    filter: true,
  })
  parentId!: string | null;
  @text('How mature its use is.', { nullable: true, length: 40, filter: true }) maturity!: string | null;
  @text('Technique of MITRE ATT&CK it is modeled on.', { nullable: true, length: 20 }) attackId!: string | null;
  @hasMany(() => AtlasTechnique, 'parentId', 'Its variants.') subtechniques!: unknown;
}
export const TechniqueTactic = links(
  () => AtlasTechnique,
  'tactics',
  () => AtlasTactic,
  { description: 'Tactics it serves.' },
);

@model('A mitigation of MITRE ATLAS.', { order: ['id'] })
export class AtlasMitigation {
  @key('ATLAS id, such as "AML.M0005".', { as: 'atlasId', length: 20 }) id!: string;
  @text('Name.', { filter: true, order: true }) name!: string;
  @longText('What it means.', { nullable: true }) description!: string | null;
}
export const MitigationTechnique = links(
  () => AtlasMitigation,
  'techniques',
  () => AtlasTechnique,
  {
    description: 'Techniques it helps against.',
  },
);

export const CaseStudyType = enumeration('CaseStudyType', 'Whether a case study tells of an attack or of research.', {
  INCIDENT: 'It happened.',
  EXERCISE: 'Researchers did it.',
});

@model('A case study of MITRE ATLAS: an attack on an AI system, step by step.', { order: ['-incidentOn'] })
export class AtlasCaseStudy {
  @key('ATLAS id, such as "AML.CS0003".', { as: 'atlasId', length: 20 }) id!: string;
  @text('Name.', { filter: true, order: true }) name!: string;
  @longText('What happened.', { nullable: true }) summary!: string | null;
  @oneOf(() => CaseStudyType, 'Attack or research; null when its source does not say.', {
    nullable: true,
    filter: true,
  })
  type!: ValueOf<typeof CaseStudyType> | null;
  @date('When it happened, as precisely as its source says.', { nullable: true, filter: true, order: true })
  incidentOn!: string | null;
  @text('Who did it.', { nullable: true, length: 1000 }) actor!: string | null;
  @text('What was attacked.', { nullable: true, length: 1000 }) target!: string | null;
}
export const CaseStudyTechnique = links(
  () => AtlasCaseStudy,
  'techniques',
  () => AtlasTechnique,
  {
    description: 'Techniques that were used.',
  },
);
