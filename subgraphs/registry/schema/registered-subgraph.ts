import { hasMany } from '#kit/collection/connection';
import { dateTime, exerciseFlag, key, revisionNumber, textList, url } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { ServedSchema } from './served-schema';
import { SubgraphVersion } from './subgraph-version';

@model('Subgraph whose schemas may be published, with the agencies whose publishers may do so.', {
  key: 'name',
  order: ['name'],
  sensitivity: 'GOV',
  tags: ['operation'],
})
export class RegisteredSubgraph {
  @key('Name of the subgraph.', { length: 60 }) name!: string;
  @textList('Keys of the agencies that own it.') agencies!: string[];
  @textList('Classes of other subgraphs’ fields that it may be sent.') clearances!: string[];
  @url('Where gateways reach it.') url!: string;
  @dateTime('Time at which it was registered.', { filter: true, order: true }) registeredAt!: string;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => SubgraphVersion, 'subgraphName', 'Published versions of its schema, oldest first.') versions!: unknown;
  @hasMany(() => ServedSchema, 'subgraphName', 'What it serves, as each replica of the gateway last saw.')
  servedSchemas!: unknown;
}
