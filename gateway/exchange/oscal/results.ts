import { uuidOf } from '../uuid';
import {
  assetsOf,
  characterizations,
  FINDING_RISK_STATUS,
  inventoryItem,
  metadata,
  NS,
  observation,
  props,
  related,
} from './common';
import type { FindingRecord, SystemRecord } from './record';

/** Controls that the search for vulnerabilities, and their remediation, are about. */
const CONTROLS = ['ra-5', 'si-2'];

/** Results of the continuous assessment of a system for vulnerabilities, in OSCAL. It has at least one finding. */
export function resultsDocument(record: SystemRecord, now: string) {
  const { findings } = record;
  const planUuid = uuidOf('continuous assessment');
  const inventory = assetsOf(record, findings).map(inventoryItem);
  return {
    'assessment-results': {
      uuid: uuidOf(`results ${record.id}`),
      metadata: metadata(record, 'Vulnerability findings', [], now),
      'import-ap': { href: `#${planUuid}` },
      results: [
        {
          uuid: uuidOf(`result ${record.id}`),
          title: 'Vulnerability findings',
          description: `Vulnerabilities that were found on the system "${record.name}", with the status of their remediation.`,
          start: findings.map(({ detectedAt }) => detectedAt).reduce((a, b) => (a < b ? a : b)),
          end: now,
          props: props({ 'system-id': record.id }),
          ...(inventory.length > 0 ? { 'local-definitions': { 'inventory-items': inventory } } : {}),
          'reviewed-controls': {
            'control-selections': [{ 'include-controls': CONTROLS.map((id) => ({ 'control-id': id })) }],
          },
          observations: findings.map(observation),
          risks: findings.map((finding) => risk(record, finding)),
        },
      ],
      'back-matter': {
        resources: [
          {
            uuid: planUuid,
            title: 'Continuous assessment',
            description:
              'The findings come from the continuous monitoring of the system. There is no assessment plan in OSCAL.',
            props: [{ name: 'type', ns: NS, value: 'no-assessment-plan' }],
          },
        ],
      },
    },
  };
}

function risk(record: SystemRecord, finding: FindingRecord) {
  const { id, status, dueAt, vulnerability } = finding;
  const description = `${vulnerability.cveId} on the system.`;
  return {
    uuid: uuidOf(`risk ${id}`),
    title: vulnerability.cveId,
    description,
    statement: description,
    props: props({ 'finding-id': id }),
    status: FINDING_RISK_STATUS[status]!,
    ...characterizations(record, [finding]),
    ...(dueAt === null ? {} : { deadline: dueAt }),
    ...related([finding]),
  };
}
