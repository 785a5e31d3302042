import type { Link } from '#kit/model/links';
import type { ReferenceTable } from '#kit/subgraph/references';
import { AtlasTactic, AtlasTechnique, TechniqueTactic } from '../atlas/atlas';

const tactic = (id: string, name: string, ordinal: number): Partial<AtlasTactic> => ({
  id,
  name,
  ordinal,
  description: null,
  attackId: null,
});

/** Tactics of MITRE ATLAS by id and name; the import of ATLAS adds techniques, texts, and case studies. */
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

const technique = (id: string, name: string): Partial<AtlasTechnique> => ({
  id,
  name,
  description: null,
  parentId: null,
  maturity: null,
  attackId: null,
});

/** Techniques that exercise findings refer to. */
export const techniques: readonly Partial<AtlasTechnique>[] = [
  technique('AML.T0000', 'Search Open Technical Databases'),
  technique('AML.T0012', 'Valid Accounts'),
  technique('AML.T0015', 'Evade AI Model'),
  technique('AML.T0020', 'Poison Training Data'),
  technique('AML.T0024', 'Exfiltration via AI Inference API'),
  technique('AML.T0029', 'Denial of AI Service'),
  technique('AML.T0040', 'AI Model Inference API Access'),
  technique('AML.T0043', 'Craft Adversarial Data'),
  technique('AML.T0048', 'External Harms'),
  technique('AML.T0051', 'LLM Prompt Injection'),
  technique('AML.T0054', 'LLM Jailbreak'),
  technique('AML.T0057', 'LLM Data Leakage'),
];

const serves = (ownerKey: string, ...tacticIds: string[]): Link[] =>
  tacticIds.map((targetKey) => ({ ownerKey, targetKey }));

const techniqueTactics: readonly Link[] = [
  ...serves('AML.T0000', 'AML.TA0002'),
  ...serves('AML.T0012', 'AML.TA0004', 'AML.TA0012'),
  ...serves('AML.T0015', 'AML.TA0004', 'AML.TA0007', 'AML.TA0011'),
  ...serves('AML.T0020', 'AML.TA0003', 'AML.TA0006'),
  ...serves('AML.T0024', 'AML.TA0010'),
  ...serves('AML.T0029', 'AML.TA0011'),
  ...serves('AML.T0040', 'AML.TA0000'),
  ...serves('AML.T0043', 'AML.TA0001'),
  ...serves('AML.T0048', 'AML.TA0011'),
  ...serves('AML.T0051', 'AML.TA0005'),
  ...serves('AML.T0054', 'AML.TA0012', 'AML.TA0007'),
  ...serves('AML.T0057', 'AML.TA0010'),
];

export const references: readonly ReferenceTable[] = [
  { target: AtlasTactic, rows: tactics },
  { target: AtlasTechnique, rows: techniques },
  { target: TechniqueTactic, rows: techniqueTactics },
];
