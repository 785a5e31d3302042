import { type DirectiveNode, parse, valueFromASTUntyped } from 'graphql';
import { isCovered, type Sensitivity } from '#base/sensitivity';
import { fieldsIn, sensitivitiesOf } from '../policy/sensitivity';

/** A field and its sources, as a subgraph publishes them. */
export interface Derived {
  readonly subgraph: string;
  /** As `Type.field`. */
  readonly coordinate: string;
  readonly from: readonly string[];
  /** Why a field of a weaker class does not reveal its sources. */
  readonly coarsened?: string;
}

interface Published {
  readonly name: string;
  readonly sdl: string;
}

/** The derivations that subgraphs declare. */
export function derivationsIn(subgraphs: readonly Published[]): Derived[] {
  return subgraphs.flatMap(({ name, sdl }) =>
    [...fieldsIn(parse(sdl, { noLocation: true }))].flatMap(({ coordinate, directives = [] }) => {
      const found = directives.find((directive) => directive.name.value === 'derivedFrom');
      return found ? [{ subgraph: name, coordinate, ...argumentsOf(found) }] : [];
    }),
  );
}

function argumentsOf({ arguments: given = [] }: DirectiveNode): Pick<Derived, 'from' | 'coarsened'> {
  const { fields = [], coarsened } = Object.fromEntries(
    given.map((one) => [one.name.value, valueFromASTUntyped(one.value)]),
  ) as { fields?: readonly string[]; coarsened?: string };
  return { from: fields, coarsened };
}

/** Fields whose class does not cover that of a source, and sources that no subgraph has. */
export function understatedFields(subgraphs: readonly Published[]): string[] {
  const classes = sensitivitiesOf(subgraphs);
  return derivationsIn(subgraphs).flatMap(({ subgraph, coordinate, from, coarsened }) =>
    from.flatMap((source) => {
      const [own, needed] = [classes.get(coordinate), classes.get(source)];
      if (needed === undefined) return [`${subgraph}: ${coordinate} is derived from ${source}, which no subgraph has`];
      return coarsened !== undefined || isCovered(needed, own as Sensitivity)
        ? []
        : [`${subgraph}: ${coordinate} is of class ${own} and derived from ${source}, which is of class ${needed}`];
    }),
  );
}
