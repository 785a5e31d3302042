import { Directive, Field, Float, Int, ObjectType } from 'type-graphql';
import type { Role } from '#base/identity/principal';
import type { Sensitivity } from '#base/sensitivity';
import { type Derivation, declareDerivation } from './derivation';
import type { GraphQLTypeReference } from './model';

/** A type without identity: figures, parts of an object. */
export function valueObject(description: string, name?: string) {
  return (target: object): void => {
    if (name) ObjectType(name, { description })(target as never);
    else ObjectType({ description })(target as never);
  };
}

/**
 * That a figure counts objects which not everyone who reads figures may see one by one. Those who may not are not told counts of
 * fewer than five.
 */
export interface Counted {
  /** Coordinates of what it counts or is computed over. Omit it for a figure that is part of, or over, another one. */
  readonly of?: readonly string[];
  /** Roles that read it whole, since they work with what it counts; all of the government but analysts by default. */
  readonly wholeFor?: readonly Role[];
  /** All of the government reads it whole. */
  readonly hiddenFrom?: 'public';
  /** Another figure of the object, of which it counts some. */
  readonly partOf?: string;
  /** Another figure of the object, which counts those that it is worked out over. */
  readonly over?: string;
  /**
   * Of a share, other figures that show its numerator: the one figure that it is, or those that add up to it. A share stands for its
   * denominator unless `.numerator` follows.
   */
  readonly numerator?: readonly string[];
  /** Of a share, another figure that shows its denominator. */
  readonly denominator?: string;
  /** It is worked out over what is counted, and is no count or share itself: a median, above all. */
  readonly isMeasure?: boolean;
}

/** Why figures do not reveal what they count. */
const SMALL_COUNTS = 'A figure, hidden where fewer than five would show.';

const counted = new Map<string, Map<string, Counted>>();

/** Notes that a field is such a figure; gives its description with what readers have to know of it. */
export function noteCounted(prototype: object, field: string, of: Counted, description: string): string {
  const type = prototype.constructor.name;
  const figure = of.partOf ?? of.over;
  const derivedFrom = of.of ?? (figure === undefined ? undefined : [`${type}.${figure}`]);
  if (!derivedFrom) throw new Error(`${type}.${field} is counted: name what it counts in "of"`);
  declareDerivation(prototype, field, { derivedFrom, coarsened: SMALL_COUNTS });
  counted.set(type, (counted.get(type) ?? new Map()).set(field, of));
  const others = of.hiddenFrom === 'public' ? 'For the public null' : 'Null';
  const roles = of.hiddenFrom === 'public' ? '' : ', except for roles that work with what it counts';
  return `${description} ${others} where fewer than five would show${roles}.`;
}

/** The figures of a type that count what not everyone sees, by field. */
export function countedOf(type: string): ReadonlyMap<string, Counted> | undefined {
  return counted.get(type);
}

/** A list of figures in an object of figures. */
export interface FigureList {
  readonly of: () => { readonly name: string };
  /** Figures of the object that those of the cells add up to, by the name of the cell's figure. */
  readonly addUpTo: Readonly<Record<string, string>>;
}

const lists = new Map<string, Map<string, FigureList>>();

/** The lists of figures in a type of figures, by field. */
export function listsOf(type: string): ReadonlyMap<string, FigureList> {
  return lists.get(type) ?? new Map();
}

function noteList(prototype: object, field: string, list: FigureList): void {
  const type = prototype.constructor.name;
  lists.set(type, (lists.get(type) ?? new Map()).set(field, list));
}

interface PartOptions extends Derivation {
  readonly nullable?: boolean;
  readonly sensitivity?: Sensitivity;
  readonly counted?: Counted;
  /** Of a list of figures: {@link FigureList.addUpTo}. */
  readonly addUpTo?: FigureList['addUpTo'];
}

/** A field of a {@link valueObject}. */
export function part(type: () => GraphQLTypeReference, description: string, options: PartOptions = {}) {
  return (prototype: object, property: string): void => {
    const { counted, nullable = counted !== undefined, addUpTo } = options;
    if (addUpTo) noteList(prototype, property, { of: () => ([type()].flat() as { name: string }[])[0]!, addUpTo });
    const told = counted ? noteCounted(prototype, property, counted, description) : description;
    Field(type, { nullable, description: told })(prototype, property);
    Directive(`@sensitivity(class: ${options.sensitivity ?? 'GOV'})`)(prototype, property);
    declareDerivation(prototype, property, options);
  };
}

/**
 * A share, with what it was worked out from: a share of nothing has no value. Of what it is a share, and so how sensitive it is, the field
 * says that has it.
 */
@Directive('@shareable')
@valueObject('A share: numerator over denominator.')
export class Ratio {
  @part(() => Int, 'How many have the property.', { sensitivity: 'PUBLIC' })
  numerator!: number;
  @part(() => Int, 'Out of how many.', { sensitivity: 'PUBLIC' })
  denominator!: number;
  @part(() => Float, 'Numerator over denominator; null when there is nothing to divide by.', {
    nullable: true,
    sensitivity: 'PUBLIC',
  })
  value!: number | null;

  static of(numerator: number, denominator: number): Ratio {
    return Object.assign(new Ratio(), {
      numerator,
      denominator,
      value: denominator === 0 ? null : numerator / denominator,
    });
  }
}

/** The middle value; null of nothing. */
export function median(values: readonly number[]): number | null {
  return percentile(values, 0.5);
}

/** The value below which the share of values lies, interpolated between neighbors; null of nothing. */
export function percentile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)]!;
  const above = sorted[Math.ceil(place)]!;
  return below + (above - below) * (place - Math.floor(place));
}
