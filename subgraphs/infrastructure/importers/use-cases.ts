import { agencyKeyOf } from '#domain/agency/import';
import { organizationsListed } from '#domain/organization/organizations';
import { stableId } from '#kit/ids';
import { type Importer, write } from '#kit/import/importer';
import { readCsv } from '#kit/import/readers';
import { RowError } from '#kit/import/reject';
import type { Row } from '#kit/import/row';
import type { DeploymentStage } from '../tool/defensive-tool';
import { AIUseCase, type UseCaseImpact, UseCaseVendor } from '../use-case/ai-use-case';
import { vendorWrite } from './vendor';

const STAGES: Readonly<Record<string, keyof typeof DeploymentStage>> = {
  'Pre-deployment': 'PRE_DEPLOYMENT',
  Pilot: 'PILOT',
  Deployed: 'DEPLOYED',
  Retired: 'RETIRED',
};
const IMPACTS: Readonly<Record<string, keyof typeof UseCaseImpact>> = {
  'High-impact': 'HIGH_IMPACT',
  'Presumed High-Impact, but Not High-impact': 'PRESUMED_NOT_HIGH',
  'Not High-impact': 'NOT_HIGH_IMPACT',
};

/** Words that mark a use case as about cybersecurity. */
const CYBERSECURITY =
  /cyber|malware|ransomware|phishing|intrusion|vulnerability (scan|management|detection|assessment)|threat (detection|hunting|intelligence)|\bSIEM\b|\bSOC\b|security operations|endpoint (detection|protection)|incident response|firewall|zero trust/i;

function oneOf<Value>(row: Row, column: string, values: Readonly<Record<string, Value>>): Value | null {
  const text = row.optional(column);
  if (text === null) return null;
  const value = values[text];
  if (value === undefined)
    throw new RowError(column, `is "${text.slice(0, 60)}"; expected one of ${Object.keys(values).join(', ')}`);
  return value;
}

const YES_NO = { Yes: true, No: false, Y: true, N: false };

/** The publisher writes several choices as a Python list of strings: `['One', "Someone's"]`. */
function choicesOf(row: Row, column: string): string | null {
  const text = row.optional(column, 2_000);
  if (text === null) return null;
  const choices = [...text.matchAll(/'([^']*)'|"([^"]*)"/g)].map(([, single, double]) => (single ?? double)!.trim());
  if (choices.length === 0 && text !== '[]')
    throw new RowError(column, `is "${text.slice(0, 60)}"; expected a list such as ['Other']`);
  const joined = choices.join('; ');
  if (joined.length > 1_000) throw new RowError(column, `is ${joined.length} characters long; the maximum is 1000`);
  return joined === '' ? null : joined;
}

/** Numbers rows that share an identity, so that each gets a distinct id. */
async function* withOccurrence(rows: AsyncIterable<Row>, identity: (row: Row) => string): AsyncGenerator<Row> {
  const occurrences = new Map<string, number>();
  for await (const row of rows) {
    const name = identity(row);
    const occurrence = (occurrences.get(name) ?? 0) + 1;
    occurrences.set(name, occurrence);
    yield row.with({ identity: name, occurrence });
  }
}

const INDIVIDUAL_COLUMNS = [
  'agency',
  'agency_name',
  'id',
  'use_case_name',
  'agency_bureau',
  'development_stage',
  'is_high_impact',
  'vendor_name',
];

/** Published ids are missing or duplicated for some use cases, so the id in the graph combines agency, id or name, and occurrence. */
export const individualUseCases: Importer = {
  source: 'omb-use-cases',
  description: 'Individual federal AI use cases of 2025 (OMB), CSV',
  files: ['federal_ai_use_cases_2025.csv'],
  read: (file) =>
    withOccurrence(readCsv(file, INDIVIDUAL_COLUMNS), (row) =>
      [
        row.optional('agency'),
        row.optional('id') ?? `${row.optional('agency_bureau', 1_000)} ${row.optional('use_case_name', 1_000)}`,
      ].join(' '),
    ),
  convert(row, session) {
    const name = row.optional('use_case_name', 500);
    const problem = row.optional('problem_solved', 60_000);
    const outputs = row.optional('system_outputs', 60_000);
    const vendorText = row.excerpt('vendor_name', 500);
    const id = stableId('use', 'individual', row.text('identity', 2_500), row.raw('occurrence') as number);
    const vendors = organizationsListed(vendorText ?? '');
    return [
      write(AIUseCase, {
        id,
        agencyKey: agencyKeyOf(session, row.optional('agency'), row.optional('agency_name')),
        agencyName: row.text('agency_name', 100),
        bureau: row.optional('agency_bureau'),
        inventory: 'INDIVIDUAL',
        ombId: row.optional('id', 40),
        name,
        stage: oneOf(row, 'development_stage', STAGES),
        impact: oneOf(row, 'is_high_impact', IMPACTS),
        topic: row.optional('topic_area', 80),
        cybersecurity: CYBERSECURITY.test([name, problem, outputs].join(' ')),
        classification: row.optional('classification', 60),
        problem,
        benefits: row.optional('benefits', 60_000),
        outputs,
        operationalSince: row.optional('operational_date', 60),
        vendorText,
        inUse: null,
        estimatedUsers: null,
        haveAto: oneOf(row, 'have_ato', YES_NO),
        hasPii: oneOf(row, 'has_pii', YES_NO),
        testing: row.optional('hi_testing_conducted', 60),
        impactAssessment: row.optional('hi_assessment_completed', 120),
        independentReview: row.optional('hi_independent_review', 120),
        monitoring: row.optional('hi_ongoing_monitoring', 120),
        training: row.optional('hi_training_established', 120),
        failsafe: row.optional('hi_failsafe_presence', 120),
        appeal: row.optional('hi_appeal_process', 120),
        publicConsultation: choicesOf(row, 'hi_public_consultation'),
        potentialImpacts: row.optional('hi_potential_impacts', 60_000),
      }),
      ...vendors.flatMap((vendor) => [
        vendorWrite(vendor),
        write(UseCaseVendor, { ownerKey: id, targetKey: vendor.key }),
      ]),
    ];
  },
};

const PRODUCTS = 'Name of Commercial Product or Service Used';

export const commercialUseCases: Importer = {
  source: 'omb-commercial',
  description: 'Federal use of common commercial AI products in 2025 (OMB), CSV',
  files: ['federal_cots_ai_use_cases_2025.csv'],
  read: (file) =>
    withOccurrence(readCsv(file, ['Agency', 'AI Use Case', 'Agency Use (Y/N)?', PRODUCTS]), (row) =>
      [row.optional('Agency'), row.optional('AI Use Case', 1_000)].join(' '),
    ),
  convert(row, session) {
    const agencyName = row.text('Agency', 100);
    const name = row.text('AI Use Case', 500);
    const vendorText = row.excerpt(PRODUCTS, 500);
    const id = stableId('use', 'commercial', row.text('identity', 2_500), row.raw('occurrence') as number);
    return [
      write(AIUseCase, {
        id,
        agencyKey: agencyKeyOf(session, agencyName),
        agencyName,
        bureau: null,
        inventory: 'COMMERCIAL',
        ombId: null,
        name,
        stage: null,
        impact: null,
        topic: null,
        cybersecurity: CYBERSECURITY.test(name),
        classification: null,
        problem: null,
        benefits: null,
        outputs: null,
        operationalSince: null,
        vendorText,
        inUse: oneOf(row, 'Agency Use (Y/N)?', YES_NO),
        estimatedUsers: row.optional('Estimated # of Licenses/Users', 40),
        haveAto: null,
        hasPii: null,
        testing: null,
        impactAssessment: null,
        independentReview: null,
        monitoring: null,
        training: null,
        failsafe: null,
        appeal: null,
        publicConsultation: null,
        potentialImpacts: null,
      }),
      ...organizationsListed(vendorText ?? '').flatMap((vendor) => [
        vendorWrite(vendor),
        write(UseCaseVendor, { ownerKey: id, targetKey: vendor.key }),
      ]),
    ];
  },
};
