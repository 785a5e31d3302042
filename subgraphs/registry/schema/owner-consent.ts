import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  computed,
  date,
  dateTime,
  exerciseFlag,
  generatedId,
  longText,
  revisionNumber,
  text,
  textList,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import { RegisteredSubgraph } from './registered-subgraph';

export const ConsentStatus = enumeration('ConsentStatus', 'Status of an owner’s consent.', {
  PROPOSED: 'Fewer than two persons of the owner have approved it: it allows nothing.',
  GRANTED: 'It allows what it names.',
  WITHDRAWN: 'It no longer allows anything.',
});
export type ConsentStatus = ValueOf<typeof ConsentStatus>;

@model('Consent of an owner to what other subgraphs do to its parts of the graph.', {
  order: ['proposedAt'],
  sensitivity: 'GOV',
  tags: ['operation'],
})
export class OwnerConsent {
  @generatedId('ocn') id!: string;
  @belongsTo(() => RegisteredSubgraph, 'Subgraph that owns the parts.', { as: 'owner', length: 60, filter: true })
  ownerName!: string;
  @textList('Names of the subgraphs that may act.') actors!: string[];
  @text('What they may do, such as SHARE. docs/agency-schemas.md lists the acts.', { length: 40, filter: true })
  act!: string;
  @textList('Coordinates of the parts, such as `Type.field`.') coordinates!: string[];
  @longText('Why.') reason!: string;
  @date('Last day on which it holds, in UTC. Null without an end.', { nullable: true, filter: true })
  until!: string | null;
  @dateTime('Time at which it was proposed.', { filter: true, order: true }) proposedAt!: string;
  @text('Subject of the caller who proposed it.', { length: 200, sensitivity: 'PII', aggregate: false })
  proposedBy!: string;
  @dateTime('Time of the first approval. Null before it.', { nullable: true }) firstApprovedAt!: string | null;
  @text('Subject of the first person who approved it.', {
    ...{ length: 200, sensitivity: 'PII', aggregate: false, nullable: true },
  })
  firstApprovedBy!: string | null;
  @text('Key of that person.', { length: 60, hidden: true, nullable: true }) firstApproverKey!: string | null;
  @text('Agency of that person.', { length: 60, hidden: true, nullable: true }) firstApproverAgency!: string | null;
  @text('Agency of the proposer.', { length: 60, hidden: true, nullable: true }) proposerAgency!: string | null;
  @dateTime('Time from which it holds. Null before the second approval.', { nullable: true, filter: true, order: true })
  grantedAt!: string | null;
  @text('Subject of the second person who approved it. Null where operators took it over from the agreement before.', {
    ...{ length: 200, sensitivity: 'PII', aggregate: false, nullable: true },
  })
  secondApprovedBy!: string | null;
  @dateTime('Time at which it was withdrawn. Null while it was not.', { nullable: true, filter: true, order: true })
  withdrawnAt!: string | null;
  @text('Subject of the caller who withdrew it.', {
    ...{ length: 200, sensitivity: 'PII', aggregate: false, nullable: true },
  })
  withdrawnBy!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @computed(() => ConsentStatus as never, 'Status.', {
    values: () => ConsentStatus,
    derivedFrom: ['OwnerConsent.grantedAt', 'OwnerConsent.withdrawnAt'],
    conditions: {
      PROPOSED: (column) => `${column('grantedAt')} IS NULL AND ${column('withdrawnAt')} IS NULL`,
      GRANTED: (column) => `${column('grantedAt')} IS NOT NULL AND ${column('withdrawnAt')} IS NULL`,
      WITHDRAWN: (column) => `${column('withdrawnAt')} IS NOT NULL`,
    },
  })
  status(): ConsentStatus {
    if (this.withdrawnAt !== null) return ConsentStatus.WITHDRAWN;
    return this.grantedAt === null ? ConsentStatus.PROPOSED : ConsentStatus.GRANTED;
  }
}
