import { type DocumentNode, Kind, valueFromASTUntyped } from 'graphql';

/** A feature that a supergraph links, by the specification `link`. */
export interface Feature {
  readonly url: string;
  /** The part of its URL before the version. */
  readonly name: string;
  readonly isForSecurity: boolean;
  /** The name that a directive of it has in this supergraph, without the `@`. */
  directiveNamed(directive: string): string;
}

export function featuresOf(supergraph: DocumentNode): Feature[] {
  return supergraph.definitions.flatMap((definition) => {
    if (definition.kind !== Kind.SCHEMA_DEFINITION && definition.kind !== Kind.SCHEMA_EXTENSION) return [];
    return (definition.directives ?? []).flatMap(({ name, arguments: given = [] }) => {
      if (name.value !== 'link') return [];
      const argument = (of: string) => {
        const found = given.find((one) => one.name.value === of);
        return found && valueFromASTUntyped(found.value);
      };
      return [feature(String(argument('url') ?? ''), argument('as'), argument('import'), argument('for'))];
    });
  });
}

function feature(url: string, as: unknown, imports: unknown, purpose: unknown): Feature {
  const parts = url.split('/').filter(Boolean);
  const name = (/^v\d/.test(parts.at(-1) ?? '') ? parts.at(-2) : parts.at(-1)) ?? '';
  const namespace = typeof as === 'string' ? as : name;
  return {
    url,
    name,
    isForSecurity: purpose === 'SECURITY',
    directiveNamed: (directive) =>
      importedAs(imports, `@${directive}`) ?? (directive === name ? namespace : `${namespace}__${directive}`),
  };
}

/** The name under which a directive is imported; undefined when it is not. */
function importedAs(imports: unknown, directive: string): string | undefined {
  if (!Array.isArray(imports)) return undefined;
  for (const one of imports as (string | { name: string; as?: string })[]) {
    const { name, as = name } = typeof one === 'string' ? { name: one } : one;
    if (name === directive) return as.slice(1);
  }
  return undefined;
}
