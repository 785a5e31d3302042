import { hasMany } from '#kit/collection/connection';
import { belongsTo, date, integer, key, longText, text, url } from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import { Agency } from '../agency';

@model('An executive order and how its programs stand: each subgraph adds the figures of its own.', { key: 'number' })
export class ExecutiveOrder {
  @key('Number of the order, for example "14409".', { length: 10 }) number!: string;
  @text('Title.') title!: string;
  @date('Day it was signed.') signedOn!: string;
  @text('Where it is published.', { length: 40 }) citation!: string;
  @url('Address of the text.', { nullable: true }) url!: string | null;

  @hasMany(() => OrderProvision, 'orderNumber', 'Its provisions, as far as they are imported.') provisions!: unknown;
}

@model('A provision of an executive order.', { entity: false, order: ['ordinal'] })
export class OrderProvision {
  @key('Order number and place.', { length: 40 }) id!: string;
  @belongsTo(() => ExecutiveOrder, 'The order it is of.', { as: 'order', length: 10 }) orderNumber!: string;
  @integer('Its place.', { order: true }) ordinal!: number;
  @text('Section.', { length: 40, filter: true }) section!: string;
  @text('What it is about.', { filter: true }) topic!: string;
  @text('Deadline, in the words of its source.', { nullable: true }) deadline!: string | null;
  @longText('Quotation.', { nullable: true }) quote!: string | null;
  @text('How sure the quotation is.', { nullable: true }) quoteStatus!: string | null;
}

export const ProvisionAgency = links(
  () => OrderProvision,
  'agencies',
  () => Agency,
  {
    description: 'Agencies that the provision names.',
  },
);
