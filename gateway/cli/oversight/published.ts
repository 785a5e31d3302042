import type { Stage } from '../voluntary/stage';

/** Invented files in the forms of their publishers. No name in them is that of a real vendor, product, or duty. */

/** Vendor that the exercises have in catalogs, too. */
export const VENDOR = 'Lantern Works';
const OTHER_VENDOR = 'Quarry Systems';
const TREASURY = 'Department of the Treasury';
const HOMELAND = 'Department of Homeland Security';
const ENERGY = 'Department of Energy';

const PRACTICES = [
  'hi_testing_conducted',
  'hi_assessment_completed',
  'hi_independent_review',
  'hi_ongoing_monitoring',
  'hi_training_established',
  'hi_failsafe_presence',
  'hi_appeal_process',
] as const;
const DONE = [
  ...['Yes', 'Yes', 'CAIO Review', 'Yes, by sampling', 'Training Established', 'Yes', 'Appeal Process Established'],
];

interface UseCase {
  readonly agency: string;
  readonly name: string;
  readonly stage: string;
  readonly impact?: string;
  readonly classification?: string;
  readonly vendor?: string;
  /** State of all practices. */
  readonly practices?: 'done' | 'in progress';
}

function useCase(
  { agency, name, stage, impact = 'Not High-impact', classification = 'Classical ML', vendor = '', practices }: UseCase,
  place: number,
): Record<string, string> {
  const states = PRACTICES.map((column, at) => [
    column,
    practices === 'done' ? DONE[at]! : practices === 'in progress' ? 'In progress' : '',
  ]);
  return {
    ...{
      agency: '',
      agency_name: agency,
      id: `X-${place + 1}`,
      use_case_name: `${name} (exercise)`,
      agency_bureau: '',
    },
    ...{ development_stage: stage, is_high_impact: impact, topic_area: 'IT', classification, problem_solved: 'A task' },
    ...{ benefits: 'Time', system_outputs: 'Labels', operational_date: '', vendor_name: vendor },
    ...{ have_ato: 'Yes', has_pii: 'No', hi_potential_impacts: '' },
    ...Object.fromEntries(states),
    hi_public_consultation: practices === 'done' ? "['Other']" : practices === 'in progress' ? "['In progress']" : '',
  };
}

/** Inventory of AI use cases, as OMB publishes it. */
export const useCases = (): Record<string, string>[] =>
  [
    { agency: TREASURY, name: 'Phishing triage', stage: 'Deployed', vendor: VENDOR },
    { agency: TREASURY, name: 'Malware sorting', stage: 'Pilot', classification: 'Generative AI', vendor: VENDOR },
    { agency: TREASURY, name: 'Letter drafting', stage: 'Deployed', classification: 'Generative AI' },
    { agency: HOMELAND, name: 'Intrusion alerts', stage: 'Deployed', vendor: OTHER_VENDOR },
    { agency: HOMELAND, name: 'Claims triage', stage: 'Deployed', impact: 'High-impact', practices: 'done' },
    { agency: HOMELAND, name: 'Inspection planning', stage: 'Pilot', impact: 'High-impact', practices: 'in progress' },
    { agency: ENERGY, name: 'Grid forecasts', stage: 'Pre-deployment', impact: 'High-impact' },
    { agency: ENERGY, name: 'Research agent', stage: 'Pilot', classification: 'Agentic AI', vendor: OTHER_VENDOR },
  ].map((each, place) => useCase(each as UseCase, place));

/** Rows as CSV. */
export function csv(rows: readonly Readonly<Record<string, string>>[]): string {
  const columns = Object.keys(rows[0]!);
  const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
  return [columns, ...rows.map((row) => columns.map((column) => row[column]!))]
    .map((cells) => cells.map(cell).join(','))
    .join('\n');
}

/** Cloud offerings, as GSA publishes them. */
export const offerings = (stage: Stage) =>
  [
    { name: 'Assistant', csp: VENDOR, aiRelated: true, impactLevel: 'Moderate', days: -200, authorizations: 2 },
    { name: 'Vision', csp: OTHER_VENDOR, aiRelated: true, impactLevel: 'High', days: -20, authorizations: 1 },
    { name: 'Mail', csp: VENDOR, aiRelated: false, impactLevel: 'High', days: -400, authorizations: 1 },
  ].map(({ name, days, ...offering }, place) => ({
    ...{ id: `EXERCISE${place + 1}`, offering: `${offering.csp} ${name} (exercise)`, status: 'FedRAMP Authorized' },
    ...{ authType: 'Agency', authDate: stage.today(days), readyDate: null, serviceModel: ['SaaS'] },
    ...{ deploymentModel: 'Public Cloud', partneringAgency: null, assessor: null, reuse: 0, smallBusiness: 'No' },
    ...{ description: 'Invented.', ...offering },
  }));

/** Authorizations of the offerings by agencies, as GSA publishes them. */
export const authorizations = (stage: Stage) =>
  (
    [
      ['EXERCISE1', TREASURY, 'INITIAL', -200],
      ['EXERCISE1', HOMELAND, 'REUSE', -100],
      ['EXERCISE2', ENERGY, 'INITIAL', -20],
      ['EXERCISE3', TREASURY, 'INITIAL', -400],
    ] as const
  ).map(([product, parent, kind, days]) => ({
    ...{ product, agency: '00-000', parent, sub: null, kind },
    ...{ atoDate: stage.today(days), authDate: stage.today(days), expDate: null },
  }));

/** Number of months of the flows: two years before the current month. */
const MONTHS = 24;

/** Accessions and separations by month, as OPM publishes them. */
export function flows(stage: Stage) {
  const [year, month] = stage.today().split('-').map(Number) as [number, number];
  const months = Array.from({ length: MONTHS }, (_, place) => {
    const ordinal = year * 12 + month - 1 - MONTHS + place;
    return `${Math.floor(ordinal / 12)}${String((ordinal % 12) + 1).padStart(2, '0')}`;
  });
  const rising = (first: number, step: number) => months.map((_, place) => first + step * place);
  return {
    months,
    accessions: { [TREASURY]: rising(100, 2), [ENERGY]: rising(40, 1) },
    separations: { [TREASURY]: rising(90, 1), [ENERGY]: rising(60, 0) },
  };
}

/** Announcements of AI jobs that accept applications, as USAJOBS lists them. */
export const postings = (stage: Stage) =>
  (
    [
      [1, TREASURY, 'Data Scientist (exercise)', 'DATA_SCIENCE', '12', '13'],
      [2, ENERGY, 'Artificial Intelligence Engineer (exercise)', 'AI', '13', '14'],
    ] as const
  ).map(([number, department, title, talentArea, lowGrade, highGrade]) => ({
    ...{ controlNumber: `EXO-${stage.run}-${number}`, title, department, talentArea, lowGrade, highGrade },
    ...{ openDate: stage.today(-4 * number), closeDate: stage.today(10), status: 'Accepting applications' },
    ...{ series: ['1560'], hiringPaths: ['public'] },
  }));

/** The same announcements in full, with their salaries. */
export const fullPostings = (stage: Stage) =>
  postings(stage).map(({ controlNumber, title, department, openDate, closeDate, lowGrade, highGrade }, place) => ({
    ...{ control_number: controlNumber, title, department, organization: null, pay_scale: 'GS' },
    ...{ open_date: openDate, close_date: closeDate, low_grade: lowGrade, high_grade: highGrade },
    ...{ min_salary: String(100_000 + 20_000 * place), max_salary: String(140_000 + 30_000 * place) },
    ...{ appointment_type: 'Permanent', location: 'Washington, DC', url: null, duties: null, qualifications: null },
  }));

export const TECHNIQUE = 'AML.T9901';

/** A matrix of one tactic and one technique, in the form of MITRE ATLAS. */
export const atlas = () => ({
  matrices: [
    {
      tactics: [{ id: 'AML.TA9901', name: 'Persuasion (exercise)', description: 'Invented.', 'object-type': 'tactic' }],
      techniques: [
        {
          ...{ id: TECHNIQUE, name: 'Hidden instructions (exercise)', description: 'Invented.' },
          ...{ 'object-type': 'technique', tactics: ['AML.TA9901'] },
        },
      ],
      mitigations: [],
    },
  ],
  'case-studies': [],
});

/** Duties with deadlines under the order, in the form of its provisions: one to be done, one late, one to come. */
export const provisions = (stage: Stage) => ({
  ...{ number: 14409, title: 'Promoting Advanced Artificial Intelligence Innovation and Security' },
  ...{ signed: '2026-06-02', citation: '91 FR 34565', url: null },
  provisions: (
    [
      ['EXERCISE_DUTY', -60, ['treasury', 'cisa']],
      ['EXERCISE_PLAN', -30, ['opm']],
      ['EXERCISE_REPORT', 60, ['nsa']],
    ] as const
  ).map(([topic, days, agencies], place) => ({
    ...{ section: `X(${place + 1})`, topic, deadline: stage.today(days), agencies },
  })),
});
