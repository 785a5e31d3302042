import { Index } from 'typeorm';
import type { ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  dateTime,
  exerciseFlag,
  flag,
  generatedId,
  integer,
  longText,
  oneOf,
  refersTo,
} from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import { kept } from '#kit/model/record';
import { Agency } from '../agency';
import { AtlasTechnique } from '../atlas/atlas';
import { Confidence } from '../finding/finding';
import { RiskDomain, RiskLevel } from '../risk';
import { Sector } from '../sector';
import { Submission } from '../submission';

@model("An agency's assessment of one risk of a model. Revisions keep their predecessors.", {
  order: ['-assessedAt'],
  sensitivity: 'GOV',
})
export class RiskAssessment {
  @generatedId('ras') id!: string;
  @refersTo(() => Submission, 'The submission it is about.', { as: 'submission', length: 30, sensitivity: 'PROPIN' })
  submissionId!: string;
  @refersTo(() => Agency, 'Whose it is.', { as: 'agency' }) agencyKey!: string;
  @oneOf(() => RiskDomain, 'Which risk.', { filter: true, order: true }) domain!: RiskDomain;
  @oneOf(() => RiskLevel, 'How likely harm is.', { filter: true }) likelihood!: RiskLevel;
  @oneOf(() => RiskLevel, 'How grave it would be.', { filter: true }) impact!: RiskLevel;
  @oneOf(() => RiskLevel, 'The level that likelihood and impact give by the matrix of NIST SP 800-30.', {
    filter: true,
    index: true,
    derivedFrom: ['RiskAssessment.likelihood', 'RiskAssessment.impact'],
  })
  level!: RiskLevel;
  @oneOf(() => Confidence, 'How sure the agency is.', { filter: true }) confidence!: ValueOf<typeof Confidence>;
  @longText('Why.', { nullable: true, sensitivity: 'GOV_DELIB' }) rationale!: string | null;
  @dateTime('When it was made.', { filter: true, order: true }) assessedAt!: string;
  @integer('Revision, from 1.', { filter: true }) revision!: number;
  @flag('Whether it is the newest revision.', { filter: true }) current!: boolean;
  @belongsTo(() => RiskAssessment, 'The revision it replaces.', { as: 'supersedes', nullable: true, index: false })
  supersedesId!: string | null;
  /** Submission, agency and risk while it is the newest revision: the database refuses a second. */
  @kept({ length: 140, nullable: true }) @Index({ unique: true }) currentKey!: string | null;
  @exerciseFlag() exercise!: boolean;
}

export const RiskAssessmentSector = links(
  () => RiskAssessment,
  'sectors',
  () => Sector,
  { remote: true, description: 'Critical-infrastructure sectors at risk.' },
);
export const RiskAssessmentTechnique = links(
  () => RiskAssessment,
  'techniques',
  () => AtlasTechnique,
  {
    description: 'ATLAS techniques it thinks of.',
  },
);
