import { Linter } from 'eslint';
import config from '../schema-lint.config.mjs';
import { runScenarios } from './scenarios.mjs';

/** @returns what the rules find in a schema, as `rule: message` with the line */
function lint({ schema }) {
  const languageOptions = { ...config.languageOptions, parserOptions: { graphQLConfig: { schema } } };
  return new Linter()
    .verify(schema, [{ ...config, languageOptions }], { filename: 'schema.graphql' })
    .map(({ ruleId, line, message }) => ({ rule: ruleId, line, message }));
}

await runScenarios({ lint });
