import { dateTime, exerciseFlag, flag, integer, key, sha256 } from '#kit/model/fields';
import { model } from '#kit/model/model';

/** Name of a replica of the gateway. */
export const REPLICA = /^[\w.-]{1,100}$/;
/** Maximum replicas of the gateway that are noted. */
export const MAX_REPLICAS = 1_000;

@model('What a replica of the gateway serves, as it last said.', {
  key: 'replica',
  order: ['replica'],
  sensitivity: 'GOV',
  tags: ['operation'],
})
export class GatewayReport {
  @key('Name of the replica.', { length: 100 }) replica!: string;
  @sha256('SHA-256 of the supergraph that it serves, without its signature.') digest!: string;
  @integer('Number of the activation that was current when it last asked; 0 before the first.', { aggregate: false })
  current!: number;
  @flag('Whether it serves that one.', { filter: true }) isCurrent!: boolean;
  @dateTime('Time since which it serves this supergraph, as far as it said.', { filter: true, order: true })
  since!: string;
  @dateTime('Time at which it last asked, to the minute.', { filter: true, order: true }) seenAt!: string;
  @exerciseFlag() exercise!: boolean;
}
