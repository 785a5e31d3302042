import { Directive, Field, ObjectType, registerEnumType } from 'type-graphql';

export enum OrderDirection {
  ASC = 'ASC',
  DESC = 'DESC',
}
registerEnumType(OrderDirection, {
  name: 'OrderDirection',
  description: 'Sort direction of a list.',
  valuesConfig: {
    ASC: { description: 'Ascending: smallest, earliest, or A first. Objects without a value come first.' },
    DESC: { description: 'Descending: largest, latest, or Z first. Objects without a value come last.' },
  },
});

@ObjectType({ description: 'Position of a page in its list (Relay connections).' })
@Directive('@shareable')
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether more objects follow this page.' })
  hasNextPage!: boolean;
  @Field(() => Boolean, { description: 'Whether more objects precede this page.' })
  hasPreviousPage!: boolean;
  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the first object on the page. Pass it as "before" to get the previous page.',
  })
  startCursor!: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the last object on the page. Pass it as "after" to get the next page.',
  })
  endCursor!: string | null;
}
