import type { ReferenceTable } from '#kit/subgraph/references';
import { OccupationalSeries } from '../role/occupational-series';
import { WorkRole } from '../role/work-role';

const role =
  (element: string) =>
  (code: string, name: string): Partial<WorkRole> => ({
    code,
    name,
    framework: 'DCWF',
    element,
    description: null,
    niceIds: [],
    url: null,
  });
const ai = role('AI/Data');
const security = role('Cybersecurity');
const software = role('Software Engineering');
const leadership = role('Leadership');

/** The roles that the programs of the order hire for; the import of DCWF adds the others, texts and statements. */
export const workRoles: readonly Partial<WorkRole>[] = [
  ai('422', 'Data Analyst'),
  ai('423', 'Data Scientist'),
  ai('623', 'AI/ML Specialist'),
  ai('672', 'AI Test & Evaluation Specialist'),
  ai('733', 'AI Risk & Ethics Specialist'),
  ai('753', 'AI Adoption Specialist'),
  security('212', 'Cyber Defense Forensics Analyst'),
  security('511', 'Cyber Defense Analyst'),
  security('521', 'Cyber Defense Infrastructure Support Specialist'),
  security('531', 'Cyber Defense Incident Responder'),
  security('541', 'Vulnerability Assessment Analyst'),
  security('612', 'Security Control Assessor'),
  security('652', 'Security Architect'),
  security('722', 'Information Systems Security Manager'),
  software('461', 'Systems Security Analyst'),
  leadership('752', 'Cyber Policy and Strategy Planner'),
];

export const occupationalSeries: readonly Partial<OccupationalSeries>[] = [
  { code: '0854', title: 'Computer Engineering' },
  { code: '1515', title: 'Operations Research' },
  { code: '1550', title: 'Computer Science' },
  { code: '1560', title: 'Data Science' },
  { code: '2210', title: 'Information Technology Management' },
];

export const references: readonly ReferenceTable[] = [
  { target: WorkRole, rows: workRoles },
  { target: OccupationalSeries, rows: occupationalSeries },
];
