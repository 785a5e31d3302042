import { InputError, RequestError } from '#base/errors';
import { enumInput, type InputOf, idInput, longTextInput, optional } from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { Dossier } from '../dossier';
import { Confidence } from '../finding/finding';
import { sectorsInput, techniquesInput, writeSectors, writeTechniques } from '../named';
import { RiskDomain, RiskLevel, riskLevel } from '../risk';
import { RiskAssessment, RiskAssessmentSector, RiskAssessmentTechnique } from './risk-assessment';

const content = {
  likelihood: enumInput(() => RiskLevel, 'Likelihood of harm.'),
  impact: enumInput(() => RiskLevel, 'Severity of the harm.'),
  confidence: enumInput(() => Confidence, 'Confidence of your agency in the assessment.'),
  rationale: longTextInput('Reasons for the assessment. Only your agency and oversight can read them.'),
  sectors: optional(sectorsInput),
  techniques: optional(techniquesInput),
};

/** Adds the first or the next revision. */
async function addRevision(
  dossier: Dossier,
  domain: RiskDomain,
  { sectors, techniques, ...input }: InputOf<typeof content>,
  before: RiskAssessment | null,
): Promise<string> {
  const { work, notice } = dossier;
  const { database, principal, now } = work;
  const id = work.newId('ras');
  const level = riskLevel(input.likelihood, input.impact);
  const agencyKey = principal.agency!;
  await database.insert(RiskAssessment, [
    {
      ...input,
      id,
      submissionId: notice.id,
      agencyKey,
      domain,
      level,
      assessedAt: now,
      revision: (before?.revision ?? 0) + 1,
      current: true,
      currentKey: `${notice.id}:${agencyKey}:${domain}`,
      supersedesId: before?.id ?? null,
      exercise: notice.exercise,
    },
  ]);
  await writeSectors(work, RiskAssessmentSector, id, sectors ?? []);
  await writeTechniques(work, RiskAssessmentTechnique, id, techniques ?? []);
  dossier.happen({
    kind: 'RISK_ASSESSED',
    agencyKey,
    objectId: id,
    fromState: before?.level ?? null,
    toState: level,
    detail: `${domain}: ${level}`,
  });
  await dossier.save();
  return id;
}

const assessRisk = mutation({
  name: 'assessRisk',
  description:
    'Assesses one risk of a model. Its level follows from likelihood and impact, by the matrix of NIST SP 800-30.',
  by: ['AGENCY'],
  input: {
    submissionId: idInput('Submission id.'),
    domain: enumInput(() => RiskDomain, 'Area of the risk.'),
    ...content,
  },
  returns: ['riskAssessment', () => RiskAssessment],
  async run(work, { submissionId, domain, ...input }) {
    const dossier = await Dossier.open(work, submissionId);
    const [current] = await work.database.findBy(RiskAssessment, 'currentKey', [
      `${submissionId}:${work.principal.agency}:${domain}`,
    ]);
    if (current)
      throw new RequestError(
        'ALREADY_EXISTS',
        `Your agency has already assessed this risk: revise ${current.id} with reviseRiskAssessment`,
        ['input', 'domain'],
      );
    return addRevision(dossier, domain, input, null);
  },
});

const reviseRiskAssessment = mutation({
  name: 'reviseRiskAssessment',
  description: 'Adds a revision to a risk assessment. Earlier revisions stay.',
  by: ['AGENCY'],
  input: { id: idInput('Id of the current revision, which the new one replaces.'), ...content },
  returns: ['riskAssessment', () => RiskAssessment],
  async run(work: Work, { id, ...input }) {
    const { dossier, object: before } = await Dossier.of(work, RiskAssessment, 'risk assessment', id, {
      mayKnow: ({ agencyKey }) => agencyKey === work.principal.agency,
    });
    if (!before.current)
      throw new InputError(`Revision ${before.revision} is not the current one: revise the current revision`, [
        'input',
        'id',
      ]);
    await work.database.update(RiskAssessment, id, { current: false, currentKey: null });
    return addRevision(dossier, before.domain, input, before);
  },
});

export const assessmentMutations = [assessRisk, reviseRiskAssessment];
