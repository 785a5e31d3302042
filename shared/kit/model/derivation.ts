import { Directive } from 'type-graphql';
import type { ModelClass } from './model';

/** Sources of a value, so that its sensitivity class covers them. Composition checks it. */
export interface Derivation {
  /**
   * Coordinates (`Type.field`) of the fields it is copied or computed from, in any subgraph. Its class covers theirs unless it is
   * {@link Derivation.coarsened}.
   */
  derivedFrom?: readonly string[];
  /** Why a field of a weaker class does not reveal its sources. */
  coarsened?: string;
}

/** Publishes the sources of a field, if it declares any. */
export function declareDerivation(prototype: object, field: string, { derivedFrom, coarsened }: Derivation): void {
  if (derivedFrom === undefined) return;
  const reason = coarsened === undefined ? '' : `, coarsened: ${JSON.stringify(coarsened)}`;
  Directive(`@derivedFrom(fields: ${JSON.stringify(derivedFrom)}${reason})`)(prototype, field);
}

/** Declares the sources of a field that has TypeGraphQL's decorators instead of ours. */
export const derived =
  (derivation: Derivation) =>
  (prototype: object, field: string): void =>
    declareDerivation(prototype, field, derivation);

const visibleSources = new Map<string, () => readonly ModelClass[]>();

/**
 * Declares that a field is computed from those objects of models that the caller sees, so that rights limit it like a list of them.
 * @param type name of the type with the field
 */
export const fromVisible =
  (type: string, models: () => readonly ModelClass[]) =>
  (_prototype: object, field: string): void => {
    visibleSources.set(`${type}.${field}`, models);
  };

/** Models that {@link fromVisible} names for a field. */
export const visibleSourcesOf = (coordinate: string): readonly ModelClass[] => visibleSources.get(coordinate)?.() ?? [];
