import { belongsTo, exerciseFlag, key } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { RegisteredSubgraph } from './registered-subgraph';

@model('Owner of a part of the graph that several subgraphs define.', {
  key: 'coordinate',
  order: ['coordinate'],
  sensitivity: 'GOV',
  tags: ['operation'],
})
export class PartOwner {
  @key('Coordinate, such as `Type.field`; `*` stands for all parts without another owner.', { length: 200 })
  coordinate!: string;
  @belongsTo(() => RegisteredSubgraph, 'Subgraph that owns it.', { as: 'owner', length: 60, filter: true })
  ownerName!: string;
  @exerciseFlag() exercise!: boolean;
}
