import { type DirectiveNode, parse, valueFromASTUntyped } from 'graphql';
import { isCovered, type Sensitivity } from '#base/sensitivity';
import { fieldsIn, sensitivitiesOf } from '../policy/sensitivity';

/** A derived field and its sources, as a subgraph declares them. */
export interface Derived {
  readonly subgraph: string;
  /** As `Type.field`. */
  readonly coordinate: string;
  readonly from: readonly string[];
  /** Reason why a field of a weaker class does not reveal its sources. */
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
      const derivedFrom = directives.find((directive) => directive.name.value === 'derivedFrom');
      return derivedFrom ? [{ subgraph: name, coordinate, ...argumentsOf(derivedFrom) }] : [];
    }),
  );
}

function argumentsOf({ arguments: nodes = [] }: DirectiveNode): Pick<Derived, 'from' | 'coarsened'> {
  const { fields = [], coarsened } = Object.fromEntries(
    nodes.map((node) => [node.name.value, valueFromASTUntyped(node.value)]),
  ) as { fields?: readonly string[]; coarsened?: string };
  return { from: fields, coarsened };
}

/** Fields whose class does not cover that of a source, and unknown sources. */
export function understatedFields(subgraphs: readonly Published[]): string[] {
  const classes = sensitivitiesOf(subgraphs);
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
