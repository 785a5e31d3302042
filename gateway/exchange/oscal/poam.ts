import { endOfDay } from '#base/civil';
import { uuidOf } from '../uuid';
import {
  assetsOf,
  characterizations,
  inventoryItem,
  list,
  metadata,
  NS,
  observation,
  props,
  RISK_STATUS,
  related,
  roleIdOf,
} from './common';
import type { FindingRecord, ItemRecord, MilestoneRecord, SystemRecord } from './record';

/** Plan of action and milestones of a system, in OSCAL. It has at least one item. */
export function poamDocument(record: SystemRecord, now: string) {
  const of = Map.groupBy(record.findings, ({ poamItem }) => poamItem?.id);
  const findingsOf = ({ id }: ItemRecord): readonly FindingRecord[] => of.get(id) ?? [];
  const findings = record.items.flatMap(findingsOf);
  const inventory = assetsOf(record, findings).map(inventoryItem);
  return {
    'plan-of-action-and-milestones': {
      uuid: uuidOf(`poam ${record.id}`),
      metadata: metadata(
        record,
        'Plan of action and milestones',
        record.items.map(({ responsibleRole }) => responsibleRole),
        now,
      ),
      'system-id': { 'identifier-type': NS, id: record.id },
      ...(inventory.length > 0 ? { 'local-definitions': { 'inventory-items': inventory } } : {}),
      ...list('observations', findings.map(observation)),
      risks: record.items.map((item) => risk(record, item, findingsOf(item))),
      'poam-items': record.items.map((item) => poamItem(item, findingsOf(item))),
    },
  };
}

const riskUuid = ({ id }: ItemRecord): string => uuidOf(`risk ${id}`);

function poamItem(item: ItemRecord, findings: readonly FindingRecord[]) {
  const { id, title, description, responsibleRole, controls } = item;
  return {
    uuid: uuidOf(id),
    title,
    description,
    props: [
      ...props({ 'poam-item-id': id, 'responsible-role': roleIdOf(responsibleRole) }),
      ...controls.flatMap(({ oscalId }) => props({ 'control-id': oscalId })),
    ],
    ...related(findings),
    'related-risks': [{ 'risk-uuid': riskUuid(item) }],
  };
}

function risk(record: SystemRecord, item: ItemRecord, findings: readonly FindingRecord[]) {
  const { id, title, description, status, resources, openedAt, closedAt, milestones } = item;
  const deadline = milestones.map(({ dueOn }) => dueOn).reduce((a, b) => (a > b ? a : b), '');
  return {
    uuid: riskUuid(item),
    title,
    description,
    statement: description,
    status: RISK_STATUS[status]!,
    ...characterizations(record, findings),
    ...(deadline === '' ? {} : { deadline: endOfDay(deadline) }),
    remediations: [
      {
        uuid: uuidOf(`remediation ${id}`),
        lifecycle: closedAt === null ? 'planned' : 'completed',
        title: 'Remediation',
        description: resources ?? 'Resources are not stated.',
        props: props({ resources: resources === null ? 'not-stated' : 'stated' }),
        ...list(
          'tasks',
          milestones.map((milestone) => task(milestone, item)),
        ),
      },
    ],
    'risk-log': {
      entries: [
        { uuid: uuidOf(`opened ${id}`), title: 'Opened', start: openedAt, 'status-change': 'open' },
        ...(closedAt === null
          ? []
          : [{ uuid: uuidOf(`closed ${id}`), title: 'Closed', start: closedAt, 'status-change': 'closed' }]),
      ],
    },
    ...related(findings),
  };
}

const task = ({ id, title, dueOn, doneOn }: MilestoneRecord, { responsibleRole }: ItemRecord) => ({
  uuid: uuidOf(id),
  type: 'milestone',
  title,
  props: props({ 'milestone-id': id, 'done-on': doneOn }),
  timing: { 'on-date': { date: endOfDay(dueOn) } },
  'responsible-roles': [{ 'role-id': roleIdOf(responsibleRole) }],
});
