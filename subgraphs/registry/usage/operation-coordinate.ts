import { belongsTo, exerciseFlag, key, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { UsedOperation } from './used-operation';

@model('Part of the schema that an operation uses.', { order: ['coordinate'], sensitivity: 'GOV', entity: false })
export class OperationCoordinate {
  @key('Key.') id!: string;
  @belongsTo(() => UsedOperation, 'The operation.', { as: 'operation', filter: true }) operationId!: string;
  @text('Coordinate, such as `Type.field` or `Type.field(argument:)`.', { length: 250, filter: true, order: true })
  coordinate!: string;
  @exerciseFlag() exercise!: boolean;
}
