import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  date,
  exerciseFlag,
  generatedId,
  integer,
  oneOf,
  refersTo,
  revisionNumber,
  text,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from '../agency';
import { AIModel } from '../ai-model';
import { Sector } from '../sector/sector';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { DefensiveTool } from '../tool/defensive-tool';

export const RecipientKind = enumeration('RecipientKind', 'Kind of recipients of access to defensive tools.', {
  STATE_LOCAL: 'State and local governments.',
  CRITICAL_INFRASTRUCTURE: 'Operators of critical infrastructure, such as rural hospitals and community banks.',
});

export const DefenseAccessStatus = enumeration('DefenseAccessStatus', 'Status of access to defensive tools.', {
  PROVIDED: 'Provided.',
  ENDED: 'Ended.',
});
export type DefenseAccessStatus = ValueOf<typeof DefenseAccessStatus>;

@model(
  'Access to an AI-enabled defensive tool or an AI model that an agency provides to others. Recipients are counted, never named.',
  { order: ['-since'], sensitivity: 'GOV' },
)
export class DefenseAccess {
  @generatedId('dac') id!: string;
  @refersTo(() => Agency, 'Agency that provides the access.', { as: 'agency' }) agencyKey!: string;
  @belongsTo(() => DefensiveTool, 'Tool. Null if the access is to a model.', {
    as: 'tool',
    nullable: true,
    filter: true,
  })
  toolId!: string | null;
  @refersTo(() => AIModel, 'Model. Null if the access is to a tool.', { as: 'model', nullable: true, length: 30 })
  modelId!: string | null;
  @oneOf(() => RecipientKind, 'Kind of recipients.', { filter: true }) recipientKind!: ValueOf<typeof RecipientKind>;
  @belongsTo(() => Sector, 'Sector of the recipients. Null for state and local governments.', {
    as: 'sector',
    length: 60,
    nullable: true,
    filter: true,
  })
  sectorKey!: string | null;
  @text('State, territory, or region of the recipients, such as "OH".', { filter: true, length: 60 }) region!: string;
  @integer('Number of recipients.', {
    nullable: true,
    counted: { of: ['DefenseAccess.recipientKind'], wholeFor: ['infrastructure-officer', 'coordinator', 'inspector'] },
  })
  recipients!: number;
  @date('First day of the access.', { filter: true, order: true }) since!: string;
  @date('Last day of the access. Null while it is provided.', { nullable: true, filter: true, order: true }) endedOn!:
    | string
    | null;
  @oneOf(() => DefenseAccessStatus, 'Status of the access.', { filter: true }) status!: DefenseAccessStatus;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => InfrastructureEvent, 'subjectId', 'Events of the access, oldest first.') timeline!: unknown;
}
