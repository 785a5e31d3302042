import { cacheExchange as graphcache } from '@urql/exchange-graphcache';
import { Client, cacheExchange, fetchExchange } from 'urql';
import { DEFERRED, whole } from './deferred.mjs';
import { recordingFetch } from './record.mjs';
import { runScenarios } from './scenarios.mjs';

/** A client with the default settings of urql. */
function open({ url, headers }, cache = cacheExchange) {
  const recorded = recordingFetch();
  const client = new Client({
    url,
    fetch: recorded.fetch,
    fetchOptions: { headers },
    exchanges: [cache, fetchExchange],
  });
  return { client, ...recorded };
}

/** Key fields by type; null for objects embedded in their parent. */
const KEY_FIELDS = {
  Agency: 'key',
  Sector: 'key',
  Submission: 'number',
  WorkRole: 'code',
  CapacitySnapshot: null,
  CapacitySnapshotConnection: null,
  ReviewConnection: null,
};

const normalized = () =>
  graphcache({
    keys: Object.fromEntries(
      Object.entries(KEY_FIELDS).map(([type, field]) => [type, field === null ? () => null : (data) => data[field]]),
    ),
  });

const SECTOR = `query Sector($key: ID!) { sector(key: $key) { key name } }`;

const REGISTER = `
  mutation Register($input: RegisterModelInput!) {
    registerModel(input: $input) { model { id codename modalities } replayed }
  }
`;

const FAILING = {
  'unknown field': ['{ sectors(first: 1) { nodes { nope } } }', {}],
  'missing variable': [SECTOR, {}],
  'restricted field': ['{ sector(key: "energy") { key name } aiToolAdoption { __typename } }', {}],
};

/** Describes a result in JSON. */
function described({ data, error, hasNext, stale }) {
  const errors = error && {
    message: error.message,
    network: error.networkError?.message,
    graphql: error.graphQLErrors.map(({ message, path, extensions }) => ({ message, path, extensions })),
    status: error.response?.status,
  };
  return { data, error: errors, hasNext, stale };
}

await runScenarios({
  /** Runs a query, again from the cache, and again from the network. */
  async query({ graph }) {
    const { client, settled } = open(graph);
    const variables = { key: 'energy' };
    const first = await client.query(SECTOR, variables);
    const cached = await client.query(SECTOR, variables);
    const fresh = await client.query(SECTOR, variables, { requestPolicy: 'network-only' });
    return { results: [first, cached, fresh].map(described), exchanges: await settled() };
  },

  /** Runs a mutation twice with the same idempotency key. */
  async mutate({ graph, input }) {
    const { client, settled } = open(graph);
    const first = await client.mutation(REGISTER, { input });
    const again = await client.mutation(REGISTER, { input });
    return { results: [first, again].map(described), exchanges: await settled() };
  },

  /** Runs each failing operation twice. */
  async fail({ graph }) {
    const results = {};
    for (const [name, [query, variables]] of Object.entries(FAILING)) {
      const { client, settled } = open(graph);
      const first = await client.query(query, variables, { requestPolicy: 'network-only' });
      const again = await client.query(query, variables, { requestPolicy: 'network-only' });
      results[name] = { results: [first, again].map(described), exchanges: await settled() };
    }
    return results;
  },

  /** Runs every query with `@defer` twice, and returns all results that the application sees. @param cache `document` or `normalized` */
  async defer({ graph, cache }) {
    const results = [];
    for (const { name, parts, query, variables } of DEFERRED) {
      const caching = cache === 'normalized' ? normalized : () => cacheExchange;
      const expected = await open(graph, caching()).client.query(whole(query), variables);
      for (const time of ['first', 'again']) {
        const { client, settled } = open(graph, caching());
        const shown = await watch(client, query, variables);
        results.push({ name, parts, time, shown, expected: expected.data, exchanges: await settled() });
      }
    }
    return results;
  },
});

/** Collects the results of a query until the last. */
function watch(client, query, variables) {
  return new Promise((resolve) => {
    const shown = [];
    const { unsubscribe } = client.query(query, variables).subscribe((result) => {
      shown.push(described(result));
      if (result.hasNext || result.stale) return;
      setTimeout(() => unsubscribe());
      resolve(shown);
    });
  });
}
