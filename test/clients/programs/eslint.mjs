import graphqlPlugin from '@graphql-eslint/eslint-plugin';
import { ESLint } from 'eslint';
import { runScenarios } from './scenarios.mjs';

const RULES = graphqlPlugin.configs['flat/operations-recommended'].rules;

/** For the questions. */
const QUESTION_RULES = {
  // they are sent as they are, without a normalized cache that would need keys
  '@graphql-eslint/require-selections': 'off',
  // the gateway's own limit, --max-depth
  '@graphql-eslint/selection-set-depth': ['error', { maxDepth: 20 }],
};

await runScenarios({
  /** Lints files below a folder with the recommended rules for operations. */
  async lint({ folder, schema, patterns }) {
    const eslint = new ESLint({
      cwd: folder,
      overrideConfigFile: true,
      overrideConfig: [
        {
          files: ['**/*.graphql'],
          languageOptions: {
            parser: graphqlPlugin.parser,
            parserOptions: { graphQLConfig: { schema, documents: patterns.map((pattern) => `${folder}/${pattern}`) } },
          },
          plugins: { '@graphql-eslint': graphqlPlugin },
          rules: RULES,
        },
        { files: ['**/questions/*.graphql'], rules: QUESTION_RULES },
      ],
    });
    const results = await eslint.lintFiles(patterns);
    return results.map(({ filePath, messages }) => ({
      file: filePath,
      problems: messages.map(({ line, ruleId, message }) => `${line}: ${ruleId}: ${message}`),
    }));
  },
});
