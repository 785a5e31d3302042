import { hasMany } from '#kit/collection/connection';
import { date, exerciseFlag, flag, generatedId, longText, sha256, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { OperationCoordinate } from './operation-coordinate';
import { OperationUse } from './operation-use';

@model('Operation that clients sent, without the values in it.', {
  order: ['name'],
  sensitivity: 'GOV',
  tags: ['operation'],
})
export class UsedOperation {
  @generatedId('uop') id!: string;
  @sha256('SHA-256 of the text.', { unique: true }) digest!: string;
  @text('Name of the operation; "unnamed" without one.', { length: 120, filter: true, order: true }) name!: string;
  @longText('The operation with other values for all strings and numbers, and other names.') operation!: string;
  @flag('Whether a caller with a token sent it.', { filter: true }) known!: boolean;
  @text('Party whose caller sent it first.', { length: 220, hidden: true, index: true, default: '' }) party!: string;
  @date('Day on which it was first sent, in UTC.', { filter: true, order: true }) firstUsedOn!: string;
  @date('Day on which it was last sent, in UTC.', { filter: true, order: true }) lastUsedOn!: string;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => OperationUse, 'operationId', 'Who sent it, by day.') uses!: unknown;
  @hasMany(
    () => OperationCoordinate,
    'operationId',
    'Parts of the schema that it uses, at most 300. Of the types of its variables, only the types are listed.',
  )
  coordinates!: unknown;
}
