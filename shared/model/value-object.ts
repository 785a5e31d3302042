import { Directive, Field, Float, Int, ObjectType } from 'type-graphql';
import type { GraphQLTypeReference, Sensitivity } from './model';

/** A type without identity: figures, parts of an object. */
export function valueObject(description: string, name?: string) {
  return (target: object): void => {
    if (name) ObjectType(name, { description })(target as never);
    else ObjectType({ description })(target as never);
  };
}

/** A field of a {@link valueObject}. */
export function part(
  type: () => GraphQLTypeReference,
  description: string,
  options: { nullable?: boolean; sensitivity?: Sensitivity } = {},
) {
  return (prototype: object, property: string): void => {
    Field(type, { nullable: options.nullable ?? false, description })(prototype, property);
    Directive(`@sensitivity(class: ${options.sensitivity ?? 'GOV'})`)(prototype, property);
  };
}

/** A share, with what it was worked out from: a share of nothing has no value. */
@Directive('@shareable')
@valueObject('A share: numerator over denominator.')
export class Ratio {
  @part(() => Int, 'How many have the property.')
  numerator!: number;
  @part(() => Int, 'Out of how many.')
  denominator!: number;
  @part(() => Float, 'Numerator over denominator; null when there is nothing to divide by.', { nullable: true })
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

/** The value below which the share of values lies, interpolated between neighbours; null of nothing. */
export function percentile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)]!;
  const above = sorted[Math.ceil(place)]!;
  return below + (above - below) * (place - Math.floor(place));
}
