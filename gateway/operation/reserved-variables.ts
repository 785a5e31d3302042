import { type DocumentNode, type NameNode, visit } from 'graphql';

/** Planners call the variables of representations so, whatever variables an operation has. */
const RESERVED = /^representations\d*$/;

const PREFIX = '_v_';

/** A document whose variables have names that planners do not use, and its variables by their names in it. */
export interface Unreserved {
  readonly document: DocumentNode;
  variables(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** A message with the names that the client knows. */
  message(text: string): string;
}

/** Undefined when no variable of a document has a reserved name. */
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
    variables: (given) =>
      Object.fromEntries(
        Object.entries(given).map(([name, value]) => [reserved.has(name) ? `${PREFIX}${name}` : name, value]),
      ),
    message: (text) => text.replaceAll(`$${PREFIX}`, '$'),
  };
}
