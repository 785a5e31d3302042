import { belongsTo, dateTime, exerciseFlag, flag, key, text, textList } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { RegisteredSubgraph } from './registered-subgraph';

@model('What a subgraph serves, compared with what a replica of the gateway asks it for.', {
  order: ['replica'],
  sensitivity: 'GOV',
  entity: false,
})
export class ServedSchema {
  @key('Key.') id!: string;
  @belongsTo(() => RegisteredSubgraph, 'The subgraph.', { as: 'subgraph', length: 60, filter: true })
  subgraphName!: string;
  @text('Replica of the gateway.', { length: 100, filter: true, order: true }) replica!: string;
  @flag('Whether the subgraph serves all that the supergraph of the replica asks it for.', { filter: true })
  isServed!: boolean;
  @textList('Parts that the supergraph asks the subgraph for, and that it does not serve; at most 50.')
  unserved!: string[];
  @textList('Parts that the subgraph serves, and that the supergraph does not have; at most 50.')
  unpublished!: string[];
  @dateTime('Time of the comparison.', { filter: true, order: true }) seenAt!: string;
  @exerciseFlag() exercise!: boolean;
}
