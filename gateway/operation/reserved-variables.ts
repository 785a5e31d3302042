import { type DocumentNode, type NameNode, visit } from 'graphql';

/** Variable names that planners use for representations, even if the operation has the same. */
const RESERVED = /^representations\d*$/;

const PREFIX = '_v_';

/** A document with its reserved variables renamed. */
export interface Unreserved {
  readonly document: DocumentNode;
  variables(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** Restores the client's variable names in an error message. */
  message(text: string): string;
}

/** Renames reserved variables; undefined if there are none. */
export function withoutReservedVariables(document: DocumentNode): Unreserved | undefined {
  const reserved = new Set<string>();
  const renamed = visit(document, {
    Variable: (variable) => {
      if (!RESERVED.test(variable.name.value)) return undefined;
      reserved.add(variable.name.value);
      const name: NameNode = { ...variable.name, value: `${PREFIX}${variable.name.value}` };
      return { ...variable, name };
    },
  });
  if (reserved.size === 0) return undefined;
  return {
    document: renamed,
    variables: (values) =>
      Object.fromEntries(
        Object.entries(values).map(([name, value]) => [reserved.has(name) ? `${PREFIX}${name}` : name, value]),
      ),
    message: (text) => text.replaceAll(`$${PREFIX}`, '$'),
  };
}
