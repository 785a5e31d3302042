import { type ArgumentNode, type DirectiveNode, type DocumentNode, Kind, type SelectionSetNode, visit } from 'graphql';

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
        const variable = argument.value.name.value;
        const value = Object.hasOwn(variables, variable) ? variables[variable] : undefined;
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

/** Names of the Boolean variables that `@skip` and `@include` of a document, or a part of it, read. */
export function variablesOfConditions(node: DocumentNode | SelectionSetNode): string[] {
  const names = new Set<string>();
  visit(node, {
    Directive: (directive) => {
      const value = directive.arguments?.[0]?.value;
      if (isCondition(directive) && value?.kind === Kind.VARIABLE) names.add(value.name.value);
      return false;
    },
  });
  return [...names].sort();
}

const isCondition = ({ name }: DirectiveNode): boolean => name.value === 'skip' || name.value === 'include';
