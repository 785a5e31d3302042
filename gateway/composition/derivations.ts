import {
  type DirectiveNode,
  type DocumentNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
} from 'graphql';
import { isCovered, type Sensitivity } from '#base/sensitivity';
import { fieldsIn, sensitivitiesOf } from '../policy/sensitivity';
import { argumentsOf, namedTypeOf } from '../supergraph/ast';
import { featuresOf } from '../supergraph/features';

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

/** The derivations that subgraphs declare, by `@derivedFrom` and by the fields that theirs require of others. */
export function derivationsIn(subgraphs: readonly Published[]): Derived[] {
  return subgraphs.flatMap(({ name, sdl }) => {
    const document = parse(sdl, { noLocation: true });
    const requiredBy = requirementsIn(document);
    return [...fieldsIn(document)].flatMap(({ coordinate, directives = [] }): Derived[] => {
      const derivedFrom = directives.find((directive) => directive.name.value === 'derivedFrom');
      const { from, coarsened } = derivedFrom ? statedIn(derivedFrom) : { from: [] };
      const all = [...new Set([...from, ...requiredBy(coordinate, directives)])];
      return derivedFrom || all.length > 0 ? [{ subgraph: name, coordinate, from: all, coarsened }] : [];
    });
  });
}

/** Finds the coordinates that `@requires` of a field selects. */
function requirementsIn(document: DocumentNode) {
  const directive = featuresOf(document)
    .find(({ name }) => name === 'federation')
    ?.directiveNamed('requires');
  const types = new Map([...fieldsIn(document)].map(({ coordinate, type }) => [coordinate, namedTypeOf(type)]));
  const selected = (type: string, { selections }: SelectionSetNode): string[] =>
    selections.flatMap((selection): string[] => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
      if (selection.kind === Kind.INLINE_FRAGMENT)
        return selected(selection.typeCondition?.name.value ?? type, selection.selectionSet);
      if (selection.name.value === '__typename') return [];
      const coordinate = `${type}.${selection.name.value}`;
      const below = selection.selectionSet && selected(types.get(coordinate) ?? '', selection.selectionSet);
      return [coordinate, ...(below ?? [])];
    });
  return (coordinate: string, directives: readonly DirectiveNode[]): string[] => {
    const requires = directives.find(({ name }) => name.value === directive);
    if (!requires) return [];
    const { fields } = argumentsOf(requires) as { fields: string };
    const [operation] = parse(`{ ${fields} }`, { noLocation: true }).definitions as [OperationDefinitionNode];
    return selected(coordinate.split('.')[0]!, operation.selectionSet);
  };
}

function statedIn(directive: DirectiveNode): Pick<Derived, 'from' | 'coarsened'> {
  const { fields = [], coarsened } = argumentsOf(directive) as { fields?: readonly string[]; coarsened?: string };
  return { from: fields, coarsened };
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
