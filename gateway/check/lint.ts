import type { ESLint, Linter } from 'eslint';
import type { PublishedSubgraph } from '../composition/compose';
import { inThread } from '../graph/in-thread';

/** What reviewers would say about every schema: parts have descriptions and usual names, and deprecated ones a reason. */
const RULES: Linter.RulesRecord = {
  '@graphql-eslint/require-description': [
    'warn',
    {
      ...{ types: true, FieldDefinition: true, InputValueDefinition: true, EnumValueDefinition: true },
      ignoredSelectors: ['[name.value=/^(Query|Mutation)$/]'],
    },
  ],
  '@graphql-eslint/naming-convention': [
    'warn',
    {
      types: 'PascalCase',
      FieldDefinition: 'camelCase',
      InputValueDefinition: 'camelCase',
      Argument: 'camelCase',
      EnumValueDefinition: 'UPPER_CASE',
    },
  ],
  '@graphql-eslint/require-deprecation-reason': 'warn',
  '@graphql-eslint/no-hashtag-description': 'warn',
  '@graphql-eslint/no-typename-prefix': 'warn',
  '@graphql-eslint/unique-enum-value-names': 'warn',
};

/**
 * Lints schemas of subgraphs with GraphQL-ESLint.
 * @param before schemas whose findings are left out: a change is not to blame for them
 * @returns findings with file, line, and column; undefined where the linter is not installed
 */
export async function lint(
  schemas: readonly PublishedSubgraph[],
  before: readonly Pick<PublishedSubgraph, 'name' | 'sdl'>[] = [],
): Promise<string[] | undefined> {
  const tools = await installed();
  if (!tools) return undefined;
  const findings = ({ name, sdl }: Pick<PublishedSubgraph, 'name' | 'sdl'>) =>
    tools.linter
      .verify(sdl, tools.config, { filename: `${name}.graphql` })
      // composition reports what cannot be parsed
      .filter(({ fatal }) => !fatal);
  return schemas.flatMap((schema) => {
    const old = before.find(({ name }) => name === schema.name);
    const known = new Set(old && findings(old).map(({ message }) => message));
    return findings(schema)
      .filter(({ message }) => !known.has(message))
      .map(({ line, column, message }) => `${schema.file ?? schema.name}:${line}:${column}: ${message}`);
  });
}

/** Like {@link lint}, in a thread of its own: linting takes as long as the check of the same schemas, which runs meanwhile. */
export const lintInThread = (...schemas: Parameters<typeof lint>): ReturnType<typeof lint> =>
  inThread('check/lint', schemas);

/** ESLint takes a second to load, and is not needed to run a gateway. */
async function installed(): Promise<{ linter: Linter; config: Linter.Config[] } | undefined> {
  try {
    const [eslint, { default: plugin }] = [await import('eslint'), await import('@graphql-eslint/eslint-plugin')];
    const parser = plugin.parser as Linter.Parser;
    const config: Linter.Config = {
      files: ['**/*.graphql'],
      languageOptions: { parser },
      plugins: { '@graphql-eslint': plugin as unknown as ESLint.Plugin },
      rules: RULES,
    };
    return { linter: new eslint.Linter(), config: [config] };
  } catch (error) {
    if (/^(ERR_)?MODULE_NOT_FOUND$/.test((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
