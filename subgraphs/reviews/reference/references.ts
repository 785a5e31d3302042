import type { ReferenceTable } from '../../../shared/subgraph/references';
import { AtlasTactic } from '../atlas/atlas';

const tactic = (id: string, name: string, ordinal: number): Partial<AtlasTactic> => ({
  id,
  name,
  ordinal,
  description: null,
  attackId: null,
});

/** The tactics of MITRE ATLAS by id and name; the import of ATLAS adds techniques, texts and case studies. */
export const tactics: readonly Partial<AtlasTactic>[] = [
  tactic('AML.TA0002', 'Reconnaissance', 1),
  tactic('AML.TA0003', 'Resource Development', 2),
  tactic('AML.TA0004', 'Initial Access', 3),
  tactic('AML.TA0000', 'AI Model Access', 4),
  tactic('AML.TA0005', 'Execution', 5),
  tactic('AML.TA0006', 'Persistence', 6),
  tactic('AML.TA0012', 'Privilege Escalation', 7),
  tactic('AML.TA0007', 'Defense Evasion', 8),
  tactic('AML.TA0013', 'Credential Access', 9),
  tactic('AML.TA0008', 'Discovery', 10),
  tactic('AML.TA0015', 'Lateral Movement', 11),
  tactic('AML.TA0009', 'Collection', 12),
  tactic('AML.TA0001', 'AI Attack Staging', 13),
  tactic('AML.TA0014', 'Command and Control', 14),
  tactic('AML.TA0010', 'Exfiltration', 15),
  tactic('AML.TA0011', 'Impact', 16),
];

export const references: readonly ReferenceTable[] = [{ target: AtlasTactic, rows: tactics }];
