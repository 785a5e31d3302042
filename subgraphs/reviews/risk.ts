import { enumeration, type ValueOf } from '#kit/model/enumeration';

export const RiskDomain = enumeration('RiskDomain', 'Area of a risk. The order names the first three.', {
  CYBERSECURITY_MISUSE: 'Misuse to attack networks or software.',
  CRITICAL_INFRASTRUCTURE: 'Harm to critical infrastructure.',
  NATIONAL_DEFENSE: 'Harm to national defense.',
  FINANCIAL_STABILITY: 'Harm to the financial system.',
  CBRN: 'Chemical, biological, radiological or nuclear harm.',
  AUTONOMY: 'Loss of control over autonomous systems.',
  MODEL_SECURITY: 'Theft of, or tampering with, the model itself.',
  OTHER: 'Any other risk.',
});
export type RiskDomain = ValueOf<typeof RiskDomain>;

export const RiskLevel = enumeration('RiskLevel', 'Five-level scale of NIST SP 800-30.', {
  VERY_LOW: 'Very low.',
  LOW: 'Low.',
  MODERATE: 'Moderate.',
  HIGH: 'High.',
  VERY_HIGH: 'Very high.',
});
export type RiskLevel = ValueOf<typeof RiskLevel>;

const LEVELS: readonly RiskLevel[] = ['VERY_LOW', 'LOW', 'MODERATE', 'HIGH', 'VERY_HIGH'];

/** Rows: likelihood; columns: impact; both from very low to very high (NIST SP 800-30 rev. 1, table I-2). */
const MATRIX: readonly (readonly RiskLevel[])[] = [
  ['VERY_LOW', 'VERY_LOW', 'VERY_LOW', 'LOW', 'LOW'],
  ['VERY_LOW', 'LOW', 'LOW', 'LOW', 'MODERATE'],
  ['VERY_LOW', 'LOW', 'MODERATE', 'MODERATE', 'HIGH'],
  ['VERY_LOW', 'LOW', 'MODERATE', 'HIGH', 'VERY_HIGH'],
  ['VERY_LOW', 'LOW', 'MODERATE', 'HIGH', 'VERY_HIGH'],
];

/** Risk level for a likelihood and an impact. */
export function riskLevel(likelihood: RiskLevel, impact: RiskLevel): RiskLevel {
  return MATRIX[LEVELS.indexOf(likelihood)]![LEVELS.indexOf(impact)]!;
}

/** Position on the scale; 0 is the lowest. */
export function levelRank(level: RiskLevel): number {
  return LEVELS.indexOf(level);
}
