import 'reflect-metadata';
import { Directive, Field, Float, Int, ObjectType } from 'type-graphql';
import type { Role } from '#base/identity/roles';
import type { Sensitivity } from '#base/sensitivity';
import { type Derivation, declareDerivation } from './derivation';
import type { GraphQLTypeReference } from './model';

/** Declares a type without identity, such as a group of figures or a part of an object. */
export function valueObject(description: string, name?: string) {
  return (target: object): void => {
    if (name) ObjectType(name, { description })(target as never);
    else ObjectType({ description })(target as never);
  };
}

/** Marks a figure over objects that not every reader of the figure may see. For such readers, counts of one to four are hidden. */
export interface Counted {
  /** Coordinates of the fields that it counts or is computed over. Omit it with `partOf` or `over`. */
  readonly of?: readonly string[];
  /** Roles that work with the counted objects, and so read it whole; all government roles except analyst by default. */
  readonly wholeFor?: readonly Role[];
  /** All government roles read it whole. */
  readonly hiddenFrom?: 'public';
  /** Figure of the object of which this one is a part. */
  readonly partOf?: string;
  /** Figure of the object that counts the objects that this one is computed over. */
  readonly over?: string;
  /**
   * For a share: figures that show its numerator, as a single figure or as a sum. A share in this list stands for its denominator unless
   * `.numerator` follows.
   */
  readonly numerator?: readonly string[];
  /** For a share: figure that shows its denominator. */
  readonly denominator?: string;
  /** Whether it is a measure over the counted objects, such as a median, and not a count or share. */
  readonly isMeasure?: boolean;
  /** In a table of which callers choose a part, such as a period: what they choose by, so that it hides the same in each. */
  readonly chosenBy?: string;
}

const SMALL_COUNTS = 'A figure, hidden if it would reveal a count of one to four.';

const counted = new Map<string, Map<string, Counted>>();

/** Registers a {@link Counted} figure. @returns its description with a note on when it is null */
export function noteCounted(prototype: object, field: string, of: Counted, description: string): string {
  const type = prototype.constructor.name;
  const figure = of.partOf ?? of.over;
  const derivedFrom = of.of ?? (figure === undefined ? undefined : [`${type}.${figure}`]);
  if (!derivedFrom) throw new Error(`${type}.${field} is counted: list the counted fields in "of"`);
  declareDerivation(prototype, field, { derivedFrom, coarsened: SMALL_COUNTS });
  counted.set(type, (counted.get(type) ?? new Map()).set(field, of));
  const others = of.hiddenFrom === 'public' ? 'Null for the public' : 'Null';
  const roles = of.hiddenFrom === 'public' ? '' : ', except for roles that work with the counted objects';
  return `${description} ${others} if it would reveal a count of one to four${roles}.`;
}

/** Registered figures of a type, by field. */
export function countedOf(type: string): ReadonlyMap<string, Counted> | undefined {
  return counted.get(type);
}

/** A list of figures in an object of figures. */
export interface FigureList {
  readonly of: () => { readonly name: string };
  /** Figures of the object that are sums over the cells, by the name of the cell's figure. */
  readonly addUpTo: Readonly<Record<string, string>>;
}

const lists = new Map<string, Map<string, FigureList>>();

/** Lists of figures in a type of figures, by field. */
export function listsOf(type: string): ReadonlyMap<string, FigureList> {
  return lists.get(type) ?? new Map();
}

function noteList(prototype: object, field: string, list: FigureList): void {
  const type = prototype.constructor.name;
  lists.set(type, (lists.get(type) ?? new Map()).set(field, list));
}

/** Field of every type of figures with the names of its hidden figures. */
export const SUPPRESSED = 'suppressed';

/** Classes of {@link SUPPRESSED} by type: those of the figures that it names. */
const suppressed = new Map<object, Sensitivity>();

function declareSuppressed(prototype: object, sensitivity: Sensitivity): void {
  const declared = suppressed.get(prototype);
  if (declared === sensitivity) return;
  if (declared)
    throw new Error(
      `${prototype.constructor.name} has counted figures of the classes ${declared} and ${sensitivity}: split it into two types`,
    );
  suppressed.set(prototype, sensitivity);
  const description = 'Names of the figures here that are null because they would reveal a count of one to four.';
  Field(() => [String], { description })(prototype, SUPPRESSED);
  Directive(`@sensitivity(class: ${sensitivity})`)(prototype, SUPPRESSED);
}

interface PartOptions extends Derivation {
  readonly nullable?: boolean;
  readonly sensitivity?: Sensitivity;
  readonly counted?: Counted;
  /** For a list of figures: {@link FigureList.addUpTo}. */
  readonly addUpTo?: FigureList['addUpTo'];
}

/** A field of a {@link valueObject}. */
export function part(type: () => GraphQLTypeReference, description: string, options: PartOptions = {}) {
  return (prototype: object, property: string): void => {
    const { counted, nullable = counted !== undefined, addUpTo } = options;
    if (addUpTo) noteList(prototype, property, { of: () => ([type()].flat() as { name: string }[])[0]!, addUpTo });
    const fullDescription = counted ? noteCounted(prototype, property, counted, description) : description;
    if (counted) declareSuppressed(prototype, options.sensitivity ?? 'GOV');
    Field(type, { nullable, description: fullDescription })(prototype, property);
    Directive(`@sensitivity(class: ${options.sensitivity ?? 'GOV'})`)(prototype, property);
    declareDerivation(prototype, property, options);
  };
}

/** A share with its numerator and denominator. The field that returns it declares its sensitivity class. */
@Directive('@shareable')
@valueObject('Share: numerator divided by denominator.')
export class Ratio {
  @part(() => Int, 'Number of items that have the property.', { sensitivity: 'PUBLIC' })
  numerator!: number;
  @part(() => Int, 'Total number of items.', { sensitivity: 'PUBLIC' })
  denominator!: number;
  @part(() => Float, 'Numerator divided by denominator. Null if the denominator is 0.', {
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

/** @returns null for an empty list */
export function median(values: readonly number[]): number | null {
  return percentile(values, 0.5);
}

/** Percentile by linear interpolation between neighbors. @param share 0 to 1 @returns null for an empty list */
export function percentile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)]!;
  const above = sorted[Math.ceil(place)]!;
  return below + (above - below) * (place - Math.floor(place));
}
