import { Directive } from 'type-graphql';

/** What a value is made from, for classes of sensitivity to follow what a field tells. Composition checks it. */
export interface Derivation {
  /**
   * Coordinates (`Type.field`) of what it is copied or worked out from, in any subgraph. Its class covers theirs, unless it is
   * {@link Derivation.coarsened}.
   */
  derivedFrom?: readonly string[];
  /** Why a field of a weaker class does not tell what it is made from: what is left of it, and who could join it with what. */
  coarsened?: string;
}

/** Publishes what a field is made from, when it says so. */
export function declareDerivation(prototype: object, field: string, { derivedFrom, coarsened }: Derivation): void {
  if (derivedFrom === undefined) return;
  const reason = coarsened === undefined ? '' : `, coarsened: ${JSON.stringify(coarsened)}`;
  Directive(`@derivedFrom(fields: ${JSON.stringify(derivedFrom)}${reason})`)(prototype, field);
}

/** What a field is made from that is declared with TypeGraphQL's own decorators. */
export const derived =
  (derivation: Derivation) =>
  (prototype: object, field: string): void =>
    declareDerivation(prototype, field, derivation);
