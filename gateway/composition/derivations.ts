import { isCovered, type Sensitivity } from '#base/sensitivity';
import { elementsOf } from '../ownership/elements';
import { derivationOf, FieldSets } from '../ownership/field-sets';
import { Definers } from '../ownership/owners';
import { sensitivitiesOf } from '../policy/sensitivity';
import type { Published } from '../supergraph/subgraph-document';

/** A derived field and its sources, as a subgraph declares them. */
export interface Derived {
  readonly subgraph: string;
  /** As `Type.field`. */
  readonly coordinate: string;
  readonly from: readonly string[];
  /** Reason why a field of a weaker class does not reveal its sources. */
  readonly coarsened?: string;
}

/** The derivations that subgraphs declare: by `@derivedFrom`, and by the fields that theirs require or take from a context. */
export function derivationsIn(subgraphs: readonly Published[]): Derived[] {
  const all = elementsOf(subgraphs);
  const definers = new Definers(all);
  return all.flatMap((subgraph) => {
    const fieldSets = new FieldSets(subgraph, all, (type) => definers.objectsOf(type));
    return [...subgraph.types.values()].flatMap(({ kind, elements }) =>
      kind !== 'OBJECT' && kind !== 'INTERFACE'
        ? []
        : [...elements.values()].flatMap((field): Derived[] => {
            const { coordinate } = field;
            const stated = derivationOf(field);
            const all = [...new Set([...(stated?.fields ?? []), ...fieldSets.requiredBy(field)])];
            return stated || all.length > 0
              ? [{ subgraph: subgraph.name, coordinate, from: all, coarsened: stated?.coarsened }]
              : [];
          }),
    );
  });
}

/** Fields whose class does not cover that of a source, and unknown sources. */
export function understatedFields(subgraphs: readonly Published[]): string[] {
  const classes = sensitivitiesOf(subgraphs);
  // graphs without classes protect nothing
  if (classes.size === 0) return [];
  return derivationsIn(subgraphs).flatMap(({ subgraph, coordinate, from, coarsened }) =>
    from.flatMap((source) => {
      const [actual, needed] = [classes.get(coordinate), classes.get(source)];
      if (needed === undefined) return [`${subgraph}: ${coordinate} is derived from ${source}, which no subgraph has`];
      return coarsened !== undefined || isCovered(needed, actual as Sensitivity)
        ? []
        : [`${subgraph}: ${coordinate} has class ${actual} but is derived from ${source}, which has class ${needed}`];
    }),
  );
}
