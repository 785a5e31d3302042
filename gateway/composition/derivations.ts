import {
  type DirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
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

/** The derivations that subgraphs declare: by `@derivedFrom`, and by the fields that theirs require or take from a context. */
export function derivationsIn(subgraphs: readonly Published[]): Derived[] {
  return subgraphs.flatMap(({ name, sdl }) => {
    const document = parse(sdl, { noLocation: true });
    const inputsOf = inputsIn(document);
    return [...fieldsIn(document)].flatMap((field): Derived[] => {
      const { coordinate, directives = [] } = field;
      const derivedFrom = directives.find((directive) => directive.name.value === 'derivedFrom');
      const { from, coarsened } = derivedFrom ? statedIn(derivedFrom) : { from: [] };
      const all = [...new Set([...from, ...inputsOf(field)])];
      return derivedFrom || all.length > 0 ? [{ subgraph: name, coordinate, from: all, coarsened }] : [];
    });
  });
}

/** A field of a schema, by its coordinate. */
type Field = { readonly coordinate: string } & Pick<FieldDefinitionNode, 'arguments' | 'directives'>;

/** Finds the coordinates that a field gets from others: by `@requires`, and by `@fromContext` of its arguments. */
function inputsIn(document: DocumentNode): (field: Field) => string[] {
  const federation = featuresOf(document).find(({ name }) => name === 'federation');
  const named = (directives: readonly DirectiveNode[] = [], name: string) =>
    directives.find((directive) => directive.name.value === federation?.directiveNamed(name));
  const types = new Map([...fieldsIn(document)].map(({ coordinate, type }) => [coordinate, namedTypeOf(type)]));
  const contexts = document.definitions.flatMap((definition) => {
    if (!('fields' in definition || 'types' in definition) || !definition.name) return [];
    const directives = (definition.directives ?? []).filter((directive) => named([directive], 'context'));
    const type = definition.name.value;
    return directives.map((directive) => ({ type, name: argumentsOf(directive).name }));
  });
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
  const fromContext = (directive: DirectiveNode): string[] => {
    const { field } = argumentsOf(directive) as { field: string };
    const [, context, selection = ''] = /^\s*\$(\w+)\s*(.*)$/s.exec(field) ?? [];
    const set = selectionSetOf(selection.startsWith('{') ? selection : `{ ${selection} }`);
    return contexts.flatMap(({ name, type }) => (name === context ? selected(type, set) : []));
  };
  return ({ coordinate, directives, arguments: parameters = [] }) => {
    const requires = named(directives, 'requires');
    const { fields } = (requires ? argumentsOf(requires) : {}) as { fields?: string };
    const [type = ''] = coordinate.split('.');
    return [
      ...(fields === undefined ? [] : selected(type, selectionSetOf(`{ ${fields} }`))),
      ...parameters.flatMap((parameter) => {
        const directive = named(parameter.directives, 'fromContext');
        return directive ? fromContext(directive) : [];
      }),
    ];
  };
}

function selectionSetOf(text: string): SelectionSetNode {
  const [operation] = parse(text, { noLocation: true }).definitions as [OperationDefinitionNode];
  return operation.selectionSet;
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
