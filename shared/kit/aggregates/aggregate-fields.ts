import type { Sensitivity } from '#base/sensitivity';
import { type Comparison, type ModelClass, modelOf, type Selectable, upperSnakeCase } from '../model/model';

/** A field of a model, or of an object that it references, that lists can be grouped by or whose values can be aggregated. */
export interface AggregateField {
  /** Value of the enum `<Model>AggregateField`: `STATUS`, or `SYSTEM_IMPACT_LEVEL` for a field of the referenced `system`. */
  readonly value: string;
  /** Name of the GraphQL field of a group: `status`, `systemImpactLevel`. */
  readonly name: string;
  /** The reference to the object that has the field; undefined for a field of the model itself. */
  readonly via?: Selectable;
  /** Model that has the field. */
  readonly owner: ModelClass;
  readonly field: Selectable;
}

type Kind = Comparison['kind'];

const NUMBERS: ReadonlySet<Kind> = new Set<Kind>(['integer', 'float']);
const DATES: ReadonlySet<Kind> = new Set<Kind>(['date', 'dateTime']);

export const isNumber = ({ field }: AggregateField): boolean => NUMBERS.has(field.comparison.kind);
export const isDate = ({ field }: AggregateField): boolean => DATES.has(field.comparison.kind);

const byModel = new WeakMap<ModelClass, ReadonlyMap<string, AggregateField>>();

/** The fields that lists of a model can be grouped by, or whose values can be aggregated, by enum value. */
export function aggregateFieldsOf(target: ModelClass): ReadonlyMap<string, AggregateField> {
  let fields = byModel.get(target);
  if (!fields) {
    fields = new Map([...ownFields(target), ...referencedFields(target)].map((field) => [field.value, field]));
    byModel.set(target, fields);
  }
  return fields;
}

/** Free text groups objects by title; only fields that lists filter by are worth grouping by. */
const isUseful = ({ comparison, filter, aggregate }: Selectable): boolean =>
  aggregate && comparison.kind !== 'bigNumber' && (comparison.kind !== 'text' || filter);

function ownFields(target: ModelClass): AggregateField[] {
  return [...modelOf(target).selectable.values()]
    .filter(isUseful)
    .map((field) => ({ value: upperSnakeCase(field.name), name: field.name, owner: target, field }));
}

/** Fields of objects of the same subgraph that the model references. Own fields of the same name come first. */
function referencedFields(target: ModelClass): AggregateField[] {
  const own = modelOf(target).selectable;
  return [...own.values()].flatMap((via) => {
    if (via.comparison.kind !== 'model' || !via.filter || !via.aggregate) return [];
    const owner = via.comparison.target();
    return [...modelOf(owner).selectable.values()]
      .filter((field) => isUseful(field) && field.filter && !['model', 'link'].includes(field.comparison.kind))
      .map((field) => ({ name: `${via.name}${capitalized(field.name)}`, via, owner, field }))
      .filter(({ name }) => !own.has(name))
      .map((field) => ({ ...field, value: upperSnakeCase(field.name) }));
  });
}

const capitalized = (name: string): string => `${name[0]!.toUpperCase()}${name.slice(1)}`;

/** Sensitivity classes of a field, which covers that of the reference through which it is read. */
export function classesOf(target: ModelClass, { via, owner, field }: AggregateField): Sensitivity[] {
  const own = field.sensitivity ?? modelOf(owner).sensitivity;
  return via ? [own, via.sensitivity ?? modelOf(target).sensitivity] : [own];
}
