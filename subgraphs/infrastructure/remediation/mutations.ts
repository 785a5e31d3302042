import { poamMutations } from '../risk/poam-item.mutations';
import { acceptanceMutations } from '../risk/risk-acceptance.mutations';
import { findingMutations } from '../vulnerability/finding.mutations';
import { triageMutations } from './forensic-triage.mutations';

/** Mutations of findings, and of what follows from them. */
export const remediationMutations = [...findingMutations, ...triageMutations, ...acceptanceMutations, ...poamMutations];
