import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { computed, dateTime, exerciseFlag, integer, key, longText, oneOf, text, textList } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { GraphQLCivilDate, isDate } from '#kit/model/scalars';
import { OperationCoordinate } from '../usage/operation-coordinate';

export const CoordinateKind = enumeration('CoordinateKind', 'Kind of a part of the schema.', {
  TYPE: 'A type.',
  FIELD: 'A field of an object or interface.',
  ARGUMENT: 'An argument of a field.',
  INPUT_FIELD: 'A field of an input.',
  ENUM_VALUE: 'A value of an enum.',
});
export type CoordinateKind = ValueOf<typeof CoordinateKind>;

@model('Part of the schema that clients see, in the supergraph that gateways serve.', {
  key: 'coordinate',
  order: ['coordinate'],
  sensitivity: 'GOV',
})
export class SchemaCoordinate {
  @key('Coordinate, such as `Type.field` or `Type.field(argument:)`.', { length: 250 }) coordinate!: string;
  @oneOf(() => CoordinateKind, 'Kind.', { filter: true, order: true }) kind!: CoordinateKind;
  @text('Name of the type that it is, or is in.', { length: 200, filter: true, order: true }) type!: string;
  @textList('Names of the subgraphs that resolve it, or define it.') owners!: string[];
  @text('Sensitivity class. Null for all but fields.', { length: 20, nullable: true, filter: true, order: true })
  sensitivityClass!: string | null;
  @longText('Description.', { nullable: true }) description!: string | null;
  @longText('What to use instead. Null unless it is deprecated.', { nullable: true }) deprecationReason!: string | null;
  @integer('Number of the supergraph since which it is there without a break.', {
    ...{ filter: true, order: true, aggregate: false },
  })
  since!: number;
  @dateTime('Time at which that supergraph was activated.', { filter: true, order: true }) sinceAt!: string;
  @text('Digest of what is known of it.', { length: 64, hidden: true }) digest!: string;
  @exerciseFlag() exercise!: boolean;

  @computed(
    () => GraphQLCivilDate,
    'Day on which it will be removed, if the reason has one: "Removal on 2027-06-30".',
    { nullable: true, derivedFrom: ['SchemaCoordinate.deprecationReason'] },
  )
  removalOn(): string | null {
    const [, day] = /\bRemoval on (\d{4}-\d\d-\d\d)\b/.exec(this.deprecationReason ?? '') ?? [];
    return day !== undefined && isDate(day) ? day : null;
  }

  @hasMany(
    () => OperationCoordinate,
    'coordinate',
    'Operations that use it, with the clients that sent them. Parts of the type of a variable may be used without being listed: see who uses the type.',
  )
  usedBy!: unknown;
}
