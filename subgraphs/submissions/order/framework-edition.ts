import type { ValueOf } from '#kit/model/enumeration';
import { date, integer, key, oneOf, text, url } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { LaunchReference } from '../submission/launch-plan';

@model(
  'Edition of the voluntary framework, with the values that it sets. The first one is the text of the order itself.',
  { order: ['id'] },
)
export class FrameworkEdition {
  @key('Short name, such as "EO-14409-TEXT".', { as: 'edition', length: 60 }) id!: string;
  @text('Title.') title!: string;
  @date('Date of publication.', { nullable: true, order: true }) publishedOn!: string | null;
  @url('Address of the text.', { nullable: true }) url!: string | null;
  @integer('Maximum days of access before the planned launch.') windowDays!: number;
  @oneOf(() => LaunchReference, 'Event from which the edition counts the days.') reference!: ValueOf<
    typeof LaunchReference
  >;
}
