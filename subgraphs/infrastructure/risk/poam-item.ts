import { Index } from 'typeorm';
import { hasMany } from '#kit/collection/connection';
import { marks } from '#kit/database/marks';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  computed,
  date,
  dateTime,
  exerciseFlag,
  generatedId,
  longText,
  oneOf,
  refersTo,
  revisionNumber,
  text,
} from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import { kept } from '#kit/model/record';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { Control } from '../capability/capability';
import { FederalSystem } from '../system/federal-system';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { VulnerabilityFinding } from '../vulnerability/vulnerability-finding';
import { RiskAcceptance } from './risk-acceptance';

export const PoamItemStatus = enumeration('PoamItemStatus', 'Risk status of a POA&M item, in the words of OSCAL.', {
  OPEN: 'Identified.',
  INVESTIGATING: 'Being investigated.',
  REMEDIATING: 'Being remediated.',
  DEVIATION_REQUESTED: 'A deviation from remediation was requested.',
  DEVIATION_ACCEPTED: 'The risk is accepted while a risk acceptance is in force. OSCAL names it "deviation-approved".',
  CLOSED: 'Closed.',
});
export type PoamItemStatus = ValueOf<typeof PoamItemStatus>;

/** SQL condition: a milestone is late. @param of its columns @param now SQL literal */
const isLate = (of: { readonly status: string; readonly dueAt: string }, now: string): string =>
  `${of.status} = 'PLANNED' AND ${of.dueAt} < ${now}`;

const hasLate = (column: (property: string) => string, now: string): string =>
  `EXISTS (SELECT 1 FROM poam_milestone pm WHERE pm.poam_item_id = ${column('id')} AND ${isLate({ status: 'pm.status', dueAt: 'pm.due_at' }, now)})`;

@model('Item of the plan of action and milestones (POA&M) of a system: a weakness, and how it is remediated.', {
  order: ['-openedAt'],
  sensitivity: 'ISVI',
})
// for groups, which so read the index alone
@Index(['agencyKey', 'status', 'systemId', 'id'])
export class PoamItem {
  @generatedId('poa') id!: string;
  @belongsTo(() => FederalSystem, 'System with the weakness.', { as: 'system', filter: true }) systemId!: string;
  @refersTo(() => Agency, 'Agency that owns the system.', { as: 'agency', index: false }) agencyKey!: string;
  @text('Title of the weakness.', { filter: true, order: true }) title!: string;
  @longText('Description of the weakness, and of how it is remediated.') description!: string;
  @oneOf(() => PoamItemStatus, 'Risk status.', { filter: true, order: true, index: true }) status!: PoamItemStatus;
  @text('Role that is responsible, such as "system owner".', { filter: true, length: 120 }) responsibleRole!: string;
  @longText('Resources that remediation takes. Null if not stated.', { nullable: true }) resources!: string | null;
  @dateTime('Time the item was opened.', { filter: true, order: true }) openedAt!: string;
  @dateTime('Time the item was closed. Null while it is open.', { nullable: true, filter: true, order: true })
  closedAt!: string | null;
  @belongsTo(() => RiskAcceptance, 'Acceptance behind an accepted deviation. Null without one.', {
    as: 'acceptance',
    nullable: true,
    filter: true,
  })
  acceptanceId!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => VulnerabilityFinding, 'poamItemId', 'Findings that the item is about.') findings!: unknown;
  @hasMany(() => PoamMilestone, 'poamItemId', 'Milestones of the remediation.') milestones!: unknown;
  @hasMany(() => InfrastructureEvent, 'subjectId', 'Events of the item, oldest first.') timeline!: unknown;

  @computed(() => Boolean, 'Whether a milestone is late.', {
    derivedFrom: ['PoamMilestone.dueOn', 'PoamMilestone.status'],
    conditions: { true: hasLate, false: (column, now) => `NOT ${hasLate(column, now)}` },
  })
  delayed({ loaders, database, clock }: Context): Promise<boolean> {
    return loaders
      .batched<boolean>(PoamItem, 'delayed', async (keys) => {
        const late = await database.query<{ id: string }>(
          `SELECT DISTINCT poam_item_id AS id FROM poam_milestone
           WHERE ${isLate({ status: 'status', dueAt: 'due_at' }, '?')} AND poam_item_id IN (${marks(keys)})`,
          [clock.now().toISOString(), ...keys],
        );
        const ids = new Set(late.map(({ id }) => id));
        return keys.map((key) => ids.has(key));
      })
      .load(this.id);
  }
}

export const PoamControl = links(
  () => PoamItem,
  'controls',
  () => Control,
  { description: 'Security controls that the weakness concerns.' },
);

export const PoamMilestoneStatus = enumeration('PoamMilestoneStatus', 'Status of a milestone.', {
  PLANNED: 'Not completed.',
  DONE: 'Completed.',
});
export type PoamMilestoneStatus = ValueOf<typeof PoamMilestoneStatus>;

@model('Milestone of a POA&M item.', { order: ['dueOn'], sensitivity: 'ISVI' })
// for items with a late milestone
@Index(['poamItemId', 'status', 'dueAt'])
// for groups of late milestones
@Index(['status', 'dueAt', 'agencyKey', 'dueOn'])
export class PoamMilestone {
  @generatedId('pom') id!: string;
  @belongsTo(() => PoamItem, 'Item of the plan of action.', { as: 'poamItem', filter: true, index: false })
  poamItemId!: string;
  @refersTo(() => Agency, 'Agency that owns the system.', { as: 'agency' }) agencyKey!: string;
  @text('What is to be done.', { filter: true }) title!: string;
  @date('Due date.', { filter: true, order: true }) dueOn!: string;
  /** End of the due date. */
  @kept({ length: 24 }) dueAt!: string;
  @oneOf(() => PoamMilestoneStatus, 'Status.', { filter: true, order: true }) status!: PoamMilestoneStatus;
  @date('Date of completion. Null until completed.', { nullable: true, filter: true, order: true }) doneOn!:
    | string
    | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => InfrastructureEvent, 'subjectId', 'Events of the milestone, oldest first.') timeline!: unknown;

  @computed(() => Boolean, 'Whether the due date has passed without completion.', {
    derivedFrom: ['PoamMilestone.dueOn', 'PoamMilestone.status'],
    conditions: {
      true: (column, now) => isLate({ status: column('status'), dueAt: column('dueAt') }, now),
      false: (column, now) => `NOT (${isLate({ status: column('status'), dueAt: column('dueAt') }, now)})`,
    },
  })
  late({ clock }: Pick<Context, 'clock'>): boolean {
    return this.status === 'PLANNED' && this.dueAt < clock.now().toISOString();
  }
}
