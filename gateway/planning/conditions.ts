import {
  type ArgumentNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { fieldsOf, nameOf } from './selected';

/** The directive of incremental delivery, by the working draft that clients speak. */
export const DEFER = 'defer';

/** The document with its conditions decided: those of `@skip`, `@include`, and `@defer`, which is left out where it is off. */
export function decided(document: DocumentNode, variables: Readonly<Record<string, unknown>>): DocumentNode {
  return visit(document, {
    Directive: (directive) => {
      const { name, arguments: given = [] } = directive;
      if (name.value !== DEFER && !isCondition(directive)) return undefined;
      const values = given.map((argument): ArgumentNode => {
        if (argument.name.value !== 'if' || argument.value.kind !== Kind.VARIABLE) return argument;
        const value = variables[argument.value.name.value];
        return {
          ...argument,
          value: { kind: Kind.BOOLEAN, value: value === undefined ? name.value === DEFER : value === true },
        };
      });
      const condition = values.find((argument) => argument.name.value === 'if')?.value;
      const isOff = name.value === DEFER && condition?.kind === Kind.BOOLEAN && !condition.value;
      return isOff ? null : { ...directive, arguments: values };
    },
  });
}

/** Constant conditions are decided; undefined when they leave the selection out. `@defer` is a hint, which need not be heeded. */
export function foldConditions(
  directives: readonly DirectiveNode[] = [],
  keepsDefer: boolean,
): DirectiveNode[] | undefined {
  const kept: DirectiveNode[] = [];
  for (const directive of directives) {
    const name = directive.name.value;
    if (name === DEFER && !keepsDefer) continue;
    const value = directive.arguments?.[0]?.value;
    if (isCondition(directive) && value?.kind === Kind.BOOLEAN) {
      if (value.value === (name === 'skip')) return undefined;
    } else kept.push(directive);
  }
  return kept;
}

/** Boolean variables that conditions look at. */
export function variablesOfConditions(selectionSet: SelectionSetNode): string[] {
  const names = new Set<string>();
  visit(selectionSet, {
    Directive: (directive) => {
      const value = directive.arguments?.[0]?.value;
      if (isCondition(directive) && value?.kind === Kind.VARIABLE) names.add(value.name.value);
      return false;
    },
  });
  return [...names].sort();
}

/**
 * Whether a field of the root stands more than once, and not always: the first that is left in says when a mutation is run, and which one
 * that is the values of variables say. Planners would have such a mutation run once for each.
 */
export function repeatsUnderConditions(selectionSet: SelectionSetNode): boolean {
  const fields = fieldsOf(selectionSet);
  return fields.some(
    (field) => isConditional(field) && fields.some((other) => other !== field && nameOf(other) === nameOf(field)),
  );
}

/**
 * The operation with the types of objects asked for, where an object is under a condition and so is everything that is asked of it.
 * Apollo's planner takes a condition that all of these share for one of the object: it would not ask for the object where that leaves
 * out only what is in it.
 */
export function withTypesOfConditionalObjects(operation: DocumentNode): DocumentNode {
  return visit(operation, {
    Field: (field) => {
      const { selectionSet } = field;
      if (!selectionSet || !isConditional(field) || !selectionSet.selections.every(isConditional)) return undefined;
      const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };
      return { ...field, selectionSet: { ...selectionSet, selections: [typename, ...selectionSet.selections] } };
    },
  });
}

/** Whether `@skip` or `@include` says if it is part of the operation. */
export const isConditional = ({ directives = [] }: SelectionNode): boolean => directives.some(isCondition);

const isCondition = ({ name }: DirectiveNode): boolean => name.value === 'skip' || name.value === 'include';
