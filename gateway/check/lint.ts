import type { ESLint, Linter } from 'eslint';
import type { PublishedSubgraph } from '../composition/compose';

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

/** Lints schemas of subgraphs with GraphQL-ESLint. @returns findings with file, line, and column; undefined where it is not installed */
export async function lint(schemas: readonly PublishedSubgraph[]): Promise<string[] | undefined> {
  const tools = await installed();
  if (!tools) return undefined;
  const { linter, config } = tools;
  return schemas.flatMap(({ name, file = name, sdl }) =>
    linter
      .verify(sdl, config, { filename: `${name}.graphql` })
      // composition reports what cannot be parsed
      .filter(({ fatal }) => !fatal)
      .map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`),
  );
}

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
