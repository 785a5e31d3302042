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

@model('Assessment of one risk of a model by one agency. Each revision is a new object; earlier ones stay.', {
  order: ['-assessedAt'],
  sensitivity: 'GOV',
})
// for groups of the assessments of a level
@Index(['level', 'assessedAt', 'submissionId', 'id'])
export class RiskAssessment {
  @generatedId('ras') id!: string;
  @refersTo(() => Submission, 'Submission that the assessment is about.', {
    as: 'submission',
    length: 30,
    sensitivity: 'PROPIN',
  })
  submissionId!: string;
  @refersTo(() => Agency, 'Agency that made the assessment.', { as: 'agency' }) agencyKey!: string;
  @oneOf(() => RiskDomain, 'Area of the risk.', { filter: true, order: true }) domain!: RiskDomain;
  @oneOf(() => RiskLevel, 'Likelihood of harm.', { filter: true }) likelihood!: RiskLevel;
  @oneOf(() => RiskLevel, 'Severity of the harm.', { filter: true }) impact!: RiskLevel;
  @oneOf(() => RiskLevel, 'Risk level, from likelihood and impact by the matrix of NIST SP 800-30.', {
    filter: true,
    derivedFrom: ['RiskAssessment.likelihood', 'RiskAssessment.impact'],
  })
  level!: RiskLevel;
  @oneOf(() => Confidence, 'Confidence of the agency in the assessment.', { filter: true }) confidence!: ValueOf<
    typeof Confidence
  >;
  @longText('Reasons for the assessment.', { nullable: true, sensitivity: 'GOV_DELIB' }) rationale!: string | null;
  @dateTime('Time of the assessment.', { filter: true, order: true }) assessedAt!: string;
  @integer('Revision number, from 1.', { filter: true }) revision!: number;
  @flag('Whether this is the current revision.', { filter: true }) current!: boolean;
  @belongsTo(() => RiskAssessment, 'Revision that this one replaces.', {
    as: 'supersedes',
    nullable: true,
    index: false,
  })
  supersedesId!: string | null;
  /** Submission, agency, and risk of a current revision: its unique index makes the database refuse a second one. */
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
    description: 'MITRE ATLAS techniques that the risk involves.',
  },
);
