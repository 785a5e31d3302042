import { Index } from 'typeorm';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { dateTime, exerciseFlag, generatedId, integer, longText, oneOf, refersTo, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from '../agency';
import { REMEDIATION_KINDS, REMEDIATION_SUBJECTS } from './remediation-events';

export const InfrastructureActor = enumeration(
  'InfrastructureActor',
  'Party that changes objects of the infrastructure program.',
  {
    CISO: 'Infrastructure officer of the agency, on behalf of its chief information security officer (CISO).',
    COORDINATOR: 'Coordinator across agencies.',
    SYSTEM: 'The system: a deadline passed, or the change follows from another one.',
  },
);
export type InfrastructureActor = ValueOf<typeof InfrastructureActor>;

export const InfrastructureSubject = enumeration(
  'InfrastructureSubject',
  'Type of the object that an event is about.',
  {
    CASE: 'A clearinghouse case.',
    TOOL: 'A defensive tool.',
    DEPLOYMENT: 'A deployment of a defensive tool.',
    ASSESSMENT: 'A capability assessment.',
    SECTOR: 'A critical-infrastructure sector.',
    DEFENSE_ACCESS: 'Access of others to defensive tools or models.',
    SYSTEM: 'A federal system.',
    AUTHORIZATION: 'A decision on the authorization of a system.',
    INVENTORY_ITEM: 'A group of like assets of a system.',
    MATCH_RULE: 'A product match rule.',
    DIRECTIVE: 'A directive.',
    DIRECTIVE_PROGRESS: 'Progress of an agency on a directive.',
    REMEDIATION_POLICY: 'A remediation policy.',
    ...REMEDIATION_SUBJECTS,
  },
);

export const InfrastructureEventKind = enumeration(
  'InfrastructureEventKind',
  'Kind of event in the infrastructure program.',
  {
    CASE_OPENED: 'A case was received.',
    CASE_ACCEPTED: 'A case was accepted for handling.',
    CASE_DECLINED: 'A case was declined.',
    CASE_VALIDATED: 'A flaw was confirmed.',
    CASE_DISMISSED: 'A case was dismissed: the report describes no flaw.',
    PATCH_STARTED: 'The vendor began to develop a patch.',
    PATCH_RELEASED: 'A patch became available.',
    CASE_PUBLISHED: 'A case was published.',
    CASE_CLOSED: 'A case was closed.',
    CASE_MERGED: 'Another case about the same flaw was merged into a case, or a case into another.',
    PRIORITY_SET: 'The priority of a case was changed.',
    EMBARGO_EXTENDED: 'The embargo of a case was set or extended.',
    CVE_ASSIGNED: 'A CVE id was assigned to a flaw.',
    TOOL_REGISTERED: 'A tool was registered.',
    TOOL_UPDATED: 'The description of a tool was changed.',
    DEPLOYMENT_PLANNED: 'A deployment was planned.',
    PILOT_STARTED: 'A pilot began.',
    TOOL_DEPLOYED: 'A tool went into operational use.',
    DEPLOYMENT_RETIRED: 'A deployment ended.',
    COVERAGE_SET: 'The systems that a deployment covers were set.',
    CAPABILITY_ASSESSED: 'A capability was assessed.',
    ASSESSMENT_CORRECTED: 'An assessment was replaced by a correction.',
    SECTOR_ASSESSED: 'The risk of a sector was assessed.',
    ACCESS_PROVIDED: 'Access to a tool or model was provided.',
    RECIPIENTS_COUNTED: 'The number of recipients was changed.',
    ACCESS_ENDED: 'Access to a tool or model ended.',
    SYSTEMS_AFFECTED: 'Federal systems were added to those that a flaw affects.',
    SYSTEM_REGISTERED: 'A system was registered.',
    SYSTEM_UPDATED: 'The description of a system was changed.',
    SYSTEM_LINKED: 'The sectors, domains, or cloud offerings of a system were set.',
    SYSTEM_COMMISSIONED: 'A system went into operation.',
    SYSTEM_MODIFIED: 'A major change of a system began.',
    SYSTEM_RETIRED: 'A system was retired.',
    AUTHORIZATION_RECORDED: 'A decision on the authorization of a system was recorded.',
    AUTHORIZATION_REVOKED: 'An authorization was revoked.',
    AUTHORIZATION_SUPERSEDED: 'A later decision replaced a decision on an authorization.',
    INVENTORY_RECORDED: 'Assets were recorded.',
    INVENTORY_UPDATED: 'The description of assets was changed.',
    INVENTORY_TAGGED: 'Tags of assets were changed.',
    INVENTORY_REMOVED: 'Assets were removed from their system.',
    RULE_PROPOSED: 'A match rule was proposed.',
    RULE_ACTIVATED: 'A match rule was activated.',
    RULE_RETIRED: 'A match rule was retired.',
    DIRECTIVE_ISSUED: 'A directive was issued.',
    DIRECTIVE_SUPERSEDED: 'A directive was revoked, or replaced by another one.',
    PROGRESS_TRACKED: 'An agency began to track a phase of a directive.',
    PROGRESS_STARTED: 'An agency began to work on a phase of a directive.',
    COMPLETION_REPORTED: 'An agency reported a phase of a directive complete.',
    COMPLETION_VERIFIED: 'The completion of a phase of a directive was verified.',
    COMPLETION_RETURNED: 'A report of completion was returned to the agency.',
    EXCEPTION_REPORTED: 'An agency reported an exception from a phase of a directive.',
    EXCEPTION_ENDED: 'An exception from a phase of a directive ended.',
    POLICY_ADOPTED: 'A remediation policy was adopted.',
    ...REMEDIATION_KINDS,
  },
);

@model('Entry on the timeline of an object of the infrastructure program. Entries are never changed or deleted.', {
  order: ['occurredAt', 'sequence'],
  sensitivity: 'GOV',
  entity: false,
})
@Index(['subjectId', 'sequence'], { unique: true })
export class InfrastructureEvent {
  @generatedId('evt') id!: string;
  @oneOf(() => InfrastructureSubject, 'Type of the object.', { filter: true }) subjectType!: ValueOf<
    typeof InfrastructureSubject
  >;
  @text('Key of the object.', { length: 40, filter: true, aggregate: false }) subjectId!: string;
  @integer('Position on the timeline of the object, from 1.', { order: true, aggregate: false }) sequence!: number;
  @dateTime('Time of the event.', { filter: true, order: true }) occurredAt!: string;
  @dateTime('Time at which the event was recorded.', { filter: true, order: true }) recordedAt!: string;
  @oneOf(() => InfrastructureEventKind, 'Kind of event.', { filter: true, order: true }) kind!: ValueOf<
    typeof InfrastructureEventKind
  >;
  @oneOf(() => InfrastructureActor, 'Party that caused the event.', { filter: true }) actor!: InfrastructureActor;
  @refersTo(() => Agency, 'Agency of the object.', { as: 'agency', nullable: true, index: false }) agencyKey!:
    | string
    | null;
  @text('State of the object before the event, if it changed.', { nullable: true, length: 40 }) fromState!:
    | string
    | null;
  @text('State of the object after the event, if it changed.', { nullable: true, length: 40 }) toState!: string | null;
  @longText('Reason or further details.', { nullable: true, sensitivity: 'ISVI' }) detail!: string | null;
  @exerciseFlag() exercise!: boolean;
}
