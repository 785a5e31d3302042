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
  likelihood: enumInput(() => RiskLevel, 'How likely harm is.'),
  impact: enumInput(() => RiskLevel, 'How grave it would be.'),
  confidence: enumInput(() => Confidence, 'How sure your agency is.'),
  rationale: longTextInput('Why. It stays with your agency and oversight.'),
  sectors: optional(sectorsInput),
  techniques: optional(techniquesInput),
};

/** Adds a revision, the first or the next. */
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
  description: 'Assesses one risk of a model. Its level follows from likelihood and impact by NIST SP 800-30.',
  by: ['AGENCY'],
  input: {
    submissionId: idInput('The submission.'),
    domain: enumInput(() => RiskDomain, 'Which risk.'),
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
        `Your agency has assessed this risk: revise ${current.id} with reviseRiskAssessment`,
        ['input', 'domain'],
      );
    return addRevision(dossier, domain, input, null);
  },
});

const reviseRiskAssessment = mutation({
  name: 'reviseRiskAssessment',
  description: 'Assesses a risk anew. The revision before is kept.',
  by: ['AGENCY'],
  input: { id: idInput('The current revision, which the new one replaces.'), ...content },
  returns: ['riskAssessment', () => RiskAssessment],
  async run(work: Work, { id, ...input }) {
    const { dossier, object: before } = await Dossier.of(work, RiskAssessment, 'risk assessment', id, {
      mayKnow: ({ agencyKey }) => agencyKey === work.principal.agency,
    });
    if (!before.current)
      throw new InputError(
        `Revision ${before.revision} was replaced already: a revision follows the current one, so that they make one chain`,
        ['input', 'id'],
      );
    await work.database.update(RiskAssessment, id, { current: false, currentKey: null });
    return addRevision(dossier, before.domain, input, before);
  },
});

export const assessmentMutations = [assessRisk, reviseRiskAssessment];
