import { type ArgumentNode, type DirectiveNode, type DocumentNode, Kind, type SelectionSetNode, visit } from 'graphql';

/** The directive of incremental delivery, as in the working draft that clients implement. */
export const DEFER = 'defer';

/** Replaces variables in the conditions of `@skip`, `@include`, and `@defer` by their values; removes disabled `@defer`. */
export function decided(document: DocumentNode, variables: Readonly<Record<string, unknown>>): DocumentNode {
  return visit(document, {
    Directive: (directive) => {
      const { name, arguments: nodes = [] } = directive;
      if (name.value !== DEFER && !isCondition(directive)) return undefined;
      const values = nodes.map((argument): ArgumentNode => {
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

/** Removes constant conditions; undefined if they skip the selection. `@defer` is a hint and may be dropped. */
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

/** Names of the Boolean variables in `@skip` and `@include` of a document or a part of it. */
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
