import { once } from 'node:events';
import { get } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import * as graphql16 from 'graphql';
import * as graphql17 from 'graphql-17';
import { runScenarios } from './scenarios.mjs';

const LIBRARIES = { 16: graphql16, 17: graphql17 };

const OPTIONS = [
  'descriptions',
  'specifiedByUrl',
  'directiveIsRepeatable',
  'schemaDescription',
  'inputValueDeprecation',
  'experimentalDirectiveDeprecation',
  'oneOf',
];

/** Every combination of {@link OPTIONS}. */
function combinations() {
  return Array.from({ length: 2 ** OPTIONS.length }, (_, bits) =>
    Object.fromEntries(OPTIONS.map((option, index) => [option, (bits & (1 << index)) !== 0])),
  );
}

async function ask({ url, headers }, query, method = 'POST') {
  const accept = 'application/graphql-response+json, application/json;q=0.9';
  const response =
    method === 'GET'
      ? await fetch(`${url}?${new URLSearchParams({ query })}`, { headers: { accept, ...headers } })
      : await fetch(url, {
          method,
          headers: { accept, 'content-type': 'application/json', ...headers },
          body: JSON.stringify({ query, operationName: 'IntrospectionQuery' }),
        });
  return { status: response.status, result: await response.json() };
}

/** Excerpts around the first difference of two JSON values; undefined when they are equal. */
function firstDifference(actual, expected) {
  const [actualText, expectedText] = [JSON.stringify(actual) ?? '', JSON.stringify(expected)];
  if (actualText === expectedText) return undefined;
  let index = 0;
  while (actualText[index] === expectedText[index]) index += 1;
  const excerpt = (text) => text.slice(Math.max(0, index - 80), index + 80);
  return { actual: excerpt(actualText), expected: excerpt(expectedText) };
}

/** Sorts types and directives by name: a schema built from SDL lists them in another order than the gateway's. */
function sorted(data) {
  if (!data?.__schema) return data;
  const byName = (values) => values.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const { types, directives } = data.__schema;
  return { ...data, __schema: { ...data.__schema, types: byName(types), directives: byName(directives) } };
}

const SCHEMA_OPTIONS = {
  default: undefined,
  none: Object.fromEntries(OPTIONS.map((option) => [option, false])),
  all: Object.fromEntries(OPTIONS.map((option) => [option, true])),
};

await runScenarios({
  /**
   * Sends every combination of options by each method in turn, and compares each response with what graphql-js returns for the API
   * schema. The reference is the gateway's version of graphql-js, since introspection types differ between versions.
   */
  async compareResults({ graph, library, apiSchema, methods }) {
    const schema = graphql16.buildSchema(apiSchema);
    const compared = [];
    for (const options of combinations()) {
      const query = LIBRARIES[library].getIntrospectionQuery(options);
      const expected = graphql16.graphqlSync({ schema, source: query });
      for (const [time, method] of methods.entries()) {
        const { status, result } = await ask(graph, query, method);
        const difference = firstDifference(sorted(result.data), sorted(expected.data));
        compared.push({ options, method, time, status, errors: result.errors, difference });
      }
    }
    return compared;
  },

  /** The schemas that graphql-js prints from the responses for default, no and all options, each with the expected schema. */
  async printSchemas({ graph, library, apiSchema }) {
    const { buildClientSchema, buildSchema, executeSync, getIntrospectionQuery, parse, printSchema } =
      LIBRARIES[library];
    const schema = buildSchema(apiSchema);
    const print = (data) => printSchema(buildClientSchema(data));
    const schemas = {};
    for (const [name, options] of Object.entries(SCHEMA_OPTIONS)) {
      const query = getIntrospectionQuery(options);
      const { result } = await ask(graph, query);
      const expected = executeSync({ schema, document: parse(query) });
      schemas[name] = { printed: print(result.data), expected: print(expected.data) };
    }
    return schemas;
  },

  /** The size of the compressed response to the introspection query, and the schema that it contains. @param encoding `gzip` or `br` */
  async compressed({ graph: { url }, encoding }) {
    const query = graphql16.getIntrospectionQuery(SCHEMA_OPTIONS.all);
    const search = new URLSearchParams({ query });
    const options = { headers: { 'accept-encoding': encoding } };
    // not fetch, which decompresses
    const [response] = await once(get(`${url}?${search}`, options), 'response');
    const body = await buffer(response);
    const text = (encoding === 'gzip' ? gunzipSync : brotliDecompressSync)(body).toString();
    const printed = graphql16.printSchema(graphql16.buildClientSchema(JSON.parse(text).data));
    return { bytes: body.length, encoding: response.headers['content-encoding'], printed };
  },

  /** The response to the introspection query. */
  async respond({ graph }) {
    return ask(graph, graphql17.getIntrospectionQuery());
  },
});
