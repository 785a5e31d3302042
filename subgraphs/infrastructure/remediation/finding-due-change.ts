import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  date,
  dateTime,
  exerciseFlag,
  flag,
  generatedId,
  integer,
  oneOf,
  refersTo,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from '../agency';
import { AssetExposure } from '../system/inventory-item';
import { TechnicalImpact } from '../vulnerability/vulnerability';
import { VulnerabilityFinding } from '../vulnerability/vulnerability-finding';
import { DueBasis } from './remediation-policy';

export const DueChangeCause = enumeration('DueChangeCause', 'Why the deadline of a finding was computed.', {
  DETECTED: 'The finding was made.',
  CATALOG: 'An edition of the KEV catalog changed the vulnerability.',
  SSVC: 'SSVC values were published or changed.',
  TAG: 'A tag of the inventory item changed.',
  POLICY: 'Another remediation policy came into force.',
  REMEDIATION_FAILED:
    'The vulnerability was still seen after its remediation, so the deadline follows its inputs again.',
});
export type DueChangeCause = ValueOf<typeof DueChangeCause>;

@model(
  'Entry of the log of deadlines of a finding, with the facts behind the new one. The first entry is made with the finding. Never changed or deleted.',
  { order: ['findingId', 'sequence'], sensitivity: 'ISVI' },
)
export class FindingDueChange {
  @generatedId('fdc') id!: string;
  // the index of the default order serves it
  @belongsTo(() => VulnerabilityFinding, 'Finding.', { as: 'finding', filter: true, index: false }) findingId!: string;
  @refersTo(() => Agency, 'Agency that owns the system.', { as: 'agency', index: false }) agencyKey!: string;
  @integer('Position in the log of the finding, from 1.', { order: true }) sequence!: number;
  @dateTime('Time of the change.', { filter: true, order: true }) at!: string;
  @oneOf(() => DueChangeCause, 'Cause.', { filter: true, order: true }) cause!: DueChangeCause;
  @integer('Row of the policy before. Null if none applied.', { nullable: true, filter: true }) oldRow!: number | null;
  @integer('Row of the policy from then on. Null if none applies.', { nullable: true, filter: true }) newRow!:
    | number
    | null;
  @dateTime('Deadline before. Null if there was none.', { nullable: true, filter: true, order: true }) oldDueAt!:
    | string
    | null;
  @dateTime('Deadline after the change. Null without a deadline.', { nullable: true, filter: true, order: true })
  newDueAt!: string | null;
  @oneOf(() => DueBasis, 'What set the deadline from then on.', { filter: true }) newBasis!: DueBasis;
  @flag('Whether forensic triage was required from then on.', { filter: true }) triage!: boolean;
  @date('Day from which the days were counted.') clockStartedAt!: string;
  @oneOf(() => AssetExposure, 'Exposure of the asset at the time.', { filter: true }) exposure!: AssetExposure;
  @date('Day of the KEV listing at the time. Null outside the catalog.', { nullable: true }) kevDateAdded!:
    | string
    | null;
  @date('Due date of the KEV catalog at the time. Null outside the catalog.', { nullable: true }) kevDueDate!:
    | string
    | null;
  @flag('Whether the KEV catalog asked for forensic triage at the time. Null if it did not say.', { nullable: true })
  kevForensicTriage!: boolean | null;
  @flag('Whether exploitation was automatable by SSVC at the time. Null if not published.', { nullable: true })
  automatable!: boolean | null;
  @oneOf(() => TechnicalImpact, 'Technical impact by SSVC at the time. Null if not published.', { nullable: true })
  technicalImpact!: TechnicalImpact | null;
  @exerciseFlag() exercise!: boolean;
}
