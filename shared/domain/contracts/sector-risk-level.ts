import { enumeration, type ValueOf } from '#kit/model/enumeration';

/** Shared, because a finding shows the risk of the sectors that it affects. From the lowest to the highest. */
export const SectorRiskLevel = enumeration('SectorRiskLevel', 'Risk level of a sector.', {
  LOW: 'Low risk.',
  GUARDED: 'General risk.',
  ELEVATED: 'Significant risk.',
  HIGH: 'High risk.',
});
export type SectorRiskLevel = ValueOf<typeof SectorRiskLevel>;
