import { type ChangeableType, itsAgency, ofOwnAgency } from '#domain/change-set';
import { targetInput, verb } from '#domain/verbs';
import { enumInput, longTextInput, sha256Input } from '#kit/mutation/input';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { ForensicTriage, ForensicTriageOutcome, type ForensicTriageStatus } from './forensic-triage';
import { triageLifecycle } from './triage-lifecycle';

/** Triages as mutations change them: those of the caller's agency. */
const TRIAGES: ChangeableType<ForensicTriage, ForensicTriageStatus, object> = {
  type: ForensicTriage,
  machine: triageLifecycle,
  state: 'status',
  timeline: InfrastructureEvent,
  subject: 'TRIAGE',
  isOpenTo: ofOwnAgency,
  agencyOf: itsAgency,
  since: ({ requiredAt }) => requiredAt,
};

const shared = {
  of: TRIAGES,
  returns: ['triage', () => ForensicTriage] as const,
  target: targetInput('the triage'),
};

const recordScoping = verb({
  ...shared,
  name: 'recordScoping',
  description: 'Records that the assets that a forensic triage is about are determined.',
  input: { assets: longTextInput('The affected assets.') },
  step: (_triage, { assets }) => ({
    kind: 'TRIAGE_SCOPED',
    detail: assets,
    change(next, occurredAt) {
      next.scopedAt = occurredAt;
    },
  }),
});

const recordEvidence = verb({
  ...shared,
  name: 'recordEvidence',
  description: 'Records that volatile evidence of the affected assets is preserved.',
  input: {
    evidence: sha256Input('SHA-256 of the evidence, which your agency keeps.'),
    summary: longTextInput('What was preserved, and where it is kept.'),
  },
  step: (_triage, { evidence, summary }) => ({
    kind: 'EVIDENCE_PRESERVED',
    detail: summary,
    change(next, occurredAt) {
      next.evidenceAt = occurredAt;
      next.evidenceSha256 = evidence;
    },
  }),
});

const decideTriage = verb({
  ...shared,
  name: 'decideTriage',
  description: 'Decides whether the assets of a forensic triage are compromised.',
  input: {
    outcome: enumInput(() => ForensicTriageOutcome, 'Outcome.'),
    summary: longTextInput('What the outcome rests on.'),
  },
  step: (_triage, { outcome, summary }) => ({
    kind: 'TRIAGE_DECIDED',
    detail: `${outcome}. ${summary}`,
    change(next, occurredAt) {
      next.decidedAt = occurredAt;
      next.outcome = outcome;
    },
  }),
});

export const triageMutations = [recordScoping, recordEvidence, decideTriage];
