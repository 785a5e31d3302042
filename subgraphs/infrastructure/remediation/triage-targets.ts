import { readSettings } from '#base/settings';
import { triageSettings } from '#domain/settings';
import { enumeration, type ValueOf } from '#kit/model/enumeration';

export const TriageStep = enumeration('TriageStep', 'Step of a forensic triage.', {
  SCOPE: 'Determine the affected assets.',
  EVIDENCE: 'Preserve volatile evidence, before remediation.',
  DECISION: 'Decide whether the assets are compromised.',
});
export type TriageStep = ValueOf<typeof TriageStep>;

/** Hours from the time a triage is required, for each step. */
export type TriageHours = Readonly<Record<TriageStep, number>>;

const { scopeHours, evidenceHours, decisionHours } = readSettings(triageSettings);
const TARGETS: TriageHours = { SCOPE: scopeHours, EVIDENCE: evidenceHours, DECISION: decisionHours };

/** Times of the steps of a triage; null until done. */
interface TriageTimes {
  readonly requiredAt: string;
  readonly scopedAt: string | null;
  readonly evidenceAt: string | null;
  readonly decidedAt: string | null;
}

/**
 * Steps that were done after their targets, or are not done and past them.
 * @param remediatedAt of the finding: evidence is late after it, too
 */
export function lateStepsOf(
  { requiredAt, scopedAt, evidenceAt, decidedAt }: TriageTimes,
  remediatedAt: string | null,
  now: string,
  hours: TriageHours = TARGETS,
): TriageStep[] {
  const targetOf = (step: TriageStep) => new Date(Date.parse(requiredAt) + hours[step] * 3_600_000).toISOString();
  const done = { SCOPE: scopedAt, EVIDENCE: evidenceAt, DECISION: decidedAt };
  const targets = { SCOPE: targetOf('SCOPE'), EVIDENCE: targetOf('EVIDENCE'), DECISION: targetOf('DECISION') };
  if (remediatedAt !== null && remediatedAt < targets.EVIDENCE) targets.EVIDENCE = remediatedAt;
  return Object.values(TriageStep).filter((step) => (done[step] ?? now) > targets[step]);
}
