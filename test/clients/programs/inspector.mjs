import { coverage, validate } from '@graphql-inspector/core';
import { buildClientSchema, getIntrospectionQuery, Source } from 'graphql';
import { runScenarios } from './scenarios.mjs';

async function schemaOf({ url, headers }) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: getIntrospectionQuery() }),
  });
  return buildClientSchema((await response.json()).data);
}

await runScenarios({
  /** Validates documents against the schema of a graph, and lists the fields that they use, by type. @param documents texts by name */
  async inspect({ graph, documents }) {
    const schema = await schemaOf(graph);
    const sources = Object.entries(documents).map(([name, text]) => new Source(text, name));
    const problems = validate(schema, sources).map(({ source, errors, deprecated }) => ({
      name: source.name,
      messages: [...errors, ...deprecated].map(({ message }) => message),
    }));
    const { types } = coverage(schema, sources);
    const covered = Object.entries(types).map(([name, { children }]) => [
      name,
      Object.keys(children).filter((field) => children[field].hits > 0),
    ]);
    return { problems, coverage: Object.fromEntries(covered) };
  },
});
