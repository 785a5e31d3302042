import { Int } from 'type-graphql';
import { civilDate, daysBetween } from '#base/civil';
import { hasMany } from '#kit/collection/connection';
import { belongsTo, computed, date, integer, key, longText, revisionNumber, text, url } from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';

@model('Executive order, with figures on the programs it sets up. Each subgraph adds the figures of its program.', {
  key: 'number',
})
export class ExecutiveOrder {
  @key('Order number, such as "14409".', { length: 10 }) number!: string;
  @text('Title.') title!: string;
  @date('Date the president signed the order.') signedOn!: string;
  @text('Citation in the Federal Register.', { length: 40 }) citation!: string;
  @url('Address of the full text.', { nullable: true }) url!: string | null;

  @hasMany(() => OrderProvision, 'orderNumber', 'Provisions of the order, as far as imported.') provisions!: unknown;
}

@model('Provision of an executive order.', { entity: false, order: ['ordinal'] })
export class OrderProvision {
  @key('Order number and section.', { length: 40 }) id!: string;
  @belongsTo(() => ExecutiveOrder, 'Executive order that contains the provision.', { as: 'order', length: 10 })
  orderNumber!: string;
  @integer('Position within the order, from 1.', { order: true }) ordinal!: number;
  @text('Section of the order.', { length: 40, filter: true }) section!: string;
  @text('Subject of the provision.', { filter: true }) topic!: string;
  @text('Deadline, as worded by the source.', { nullable: true }) deadline!: string | null;
  @date('Deadline, if it is a day. Null otherwise.', { nullable: true, filter: true, order: true })
  dueOn!: string | null;
  @date('Day on which the provision was carried out, as recorded by the intake office. Null until recorded.', {
    nullable: true,
    filter: true,
    order: true,
  })
  doneOn!: string | null;
  @url('Address of a public document that shows it. Null until recorded.', { nullable: true })
  evidenceUrl!: string | null;
  @longText('Text quoted from the order.', { nullable: true }) quote!: string | null;
  @text('Confidence that the quotation is exact, as stated by the source.', { nullable: true }) quoteStatus!:
    | string
    | null;
  @revisionNumber({ default: 1 }) revision!: number;

  @computed(() => Int, 'Days by which it was carried out late, or is late today. 0 in time. Null without a deadline.', {
    nullable: true,
    derivedFrom: ['OrderProvision.dueOn', 'OrderProvision.doneOn'],
  })
  daysLate({ clock }: Context): number | null {
    return this.dueOn === null ? null : Math.max(0, daysBetween(this.dueOn, this.doneOn ?? civilDate(clock.now())));
  }
}

export const ProvisionAgency = links(
  () => OrderProvision,
  'agencies',
  () => Agency,
  {
    description: 'Agencies named in the provision.',
  },
);
