import { StateMachine } from '#kit/state/state-machine';
import type { ForensicTriageStatus } from './forensic-triage';

const by = ['CISO'] as const;

/** Lifecycle of a forensic triage. It reads nothing of the remediation, which never waits for it. */
export const triageLifecycle = new StateMachine<ForensicTriageStatus>(
  'forensic triage',
  ['DUE', 'SCOPED', 'EVIDENCE_PRESERVED', 'DECIDED'],
  [
    { trigger: 'triageRequired', from: null, to: 'DUE', by: ['SYSTEM'] },
    { trigger: 'recordScoping', from: 'DUE', to: 'SCOPED', by },
    { trigger: 'recordEvidence', from: 'SCOPED', to: 'EVIDENCE_PRESERVED', by },
    { trigger: 'decideTriage', from: 'EVIDENCE_PRESERVED', to: 'DECIDED', by },
  ],
);
