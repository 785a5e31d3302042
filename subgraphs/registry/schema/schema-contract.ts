import { dateTime, exerciseFlag, key, longText, revisionNumber, textList } from '#kit/model/fields';
import { model } from '#kit/model/model';

@model('Contract: a part of the graph that gateways serve at a path of its own.', {
  key: 'name',
  order: ['name'],
  sensitivity: 'GOV',
  tags: ['operation'],
})
export class SchemaContract {
  @key('Name, which is part of the path.', { length: 40 }) name!: string;
  @longText('Who it is for.') description!: string;
  @textList('Tags of the fields that it shows. All fields if it has none.') includedTags!: string[];
  @textList('Tags of the parts that it hides.') excludedTags!: string[];
  @textList('Sensitivity classes of the fields that it shows. All fields if it has none.') classes!: string[];
  @dateTime('Time at which it was last changed.', { filter: true, order: true }) changedAt!: string;
  @dateTime('Time at which it was removed. Null for one that the next supergraph has.', {
    ...{ nullable: true, filter: true, order: true },
  })
  removedAt!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;
}
