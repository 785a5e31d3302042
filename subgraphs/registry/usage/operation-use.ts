import { Index } from 'typeorm';
import { belongsTo, date, exerciseFlag, integer, key, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { UsedOperation } from './used-operation';

@model('Requests of a client for an operation on one day, as one replica of the gateway counted them.', {
  order: ['-day'],
  sensitivity: 'GOV',
  tags: ['operation'],
  entity: false,
})
@Index(['day', 'party'])
export class OperationUse {
  @key('Key.') id!: string;
  @belongsTo(() => UsedOperation, 'The operation.', { as: 'operation', filter: true }) operationId!: string;
  @date('The day, in UTC.', { filter: true, order: true }) day!: string;
  @text('Name of the client, as it named itself; "unnamed" without one.', { length: 60, filter: true, order: true })
  client!: string;
  @text('Version of the client, as it named itself; "unnamed" without one.', { length: 60, filter: true })
  clientVersion!: string;
  @text('Party whose callers use the client.', { length: 220, hidden: true, default: '' }) party!: string;
  @text('Replica of the gateway.', { length: 100, hidden: true }) replica!: string;
  @integer('Number of requests.', { filter: true, order: true }) requests!: number;
  @exerciseFlag() exercise!: boolean;
}
