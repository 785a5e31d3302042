import { createHash } from 'node:crypto';
import { cacheExchange as graphcache } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { persistedExchange } from '@urql/exchange-persisted';
import { Client, cacheExchange, fetchExchange } from 'urql';
import { DEFERRED, whole } from './deferred.mjs';
import { REGISTER, roundTrip, SECTOR, sector } from './operations.mjs';
import { recordingFetch } from './record.mjs';
import { runScenarios } from './scenarios.mjs';

/** A client with the default settings of urql. @param more exchanges after the cache @param options of the client */
function open({ url, headers }, cache = cacheExchange, more = [], options = {}) {
  const recorded = recordingFetch();
  const client = new Client({
    url,
    fetch: recorded.fetch,
    fetchOptions: { headers },
    exchanges: [cache, ...more, fetchExchange],
    ...options,
  });
  return { client, ...recorded };
}

/** Types without an id, whose objects are kept in their parents. */
const EMBEDDED = ['CapacitySnapshotConnection', 'ReviewConnection'];

const normalized = () =>
  graphcache({
    resolvers: { Query: { sectors: relayPagination() } },
    keys: Object.fromEntries(EMBEDDED.map((type) => [type, () => null])),
  });

const SECTORS = `
  query Sectors($first: Int!, $after: String) {
    sectors(first: $first, after: $after) {
      totalCount
      edges { cursor node { id key name } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;

const FAILING = {
  'unknown field': ['{ sectors(first: 1) { nodes { nope } } }', {}],
  'missing variable': [SECTOR, {}],
  'failing field': ['{ sector(key: "energy") { key name } sectors(first: 501) { totalCount } }', {}],
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

  /** Reads a list page by page to its end, as the normalized cache joins the pages. */
  async paginate({ graph }) {
    const all = await open(graph).client.query(SECTORS, { first: 500 });
    const { client, exchanges } = open(graph, normalized());
    let page = await client.query(SECTORS, { first: 5 });
    while (page.data.sectors.pageInfo.hasNextPage)
      page = await client.query(SECTORS, { first: 5, after: page.data.sectors.pageInfo.endCursor });
    const keys = ({ data }) => data.sectors.edges.map(({ node }) => node.key);
    return {
      keys: keys(page),
      expected: keys(all),
      totalCount: all.data.sectors.totalCount,
      requests: exchanges.length,
    };
  },

  /** The document that the client sends for a query, and its hash. */
  async document() {
    const { client, exchanges } = open({ url: 'http://graph.invalid' }, cacheExchange, [], { preferGetMethod: false });
    await client.query(SECTOR, { key: 'energy' });
    const { query } = JSON.parse(exchanges[0].requestBody);
    return { id: createHash('sha256').update(query).digest('hex'), body: query };
  },

  /** Runs a query three times by its hash, and one that is in no manifest. @param name of the query's operation */
  async persist({ graph, useGet, name }) {
    const persisted = persistedExchange({ preferGetForPersistedQueries: useGet });
    const { client, settled } = open(graph, cacheExchange, [persisted], { preferGetMethod: useGet });
    const results = [];
    for (let time = 0; time < 3; time += 1) {
      const { data } = await client.query(sector(name), { key: 'energy' }, { requestPolicy: 'network-only' });
      results.push(data);
    }
    const exchanges = [...(await settled())];
    const other = described(await client.query('query Other { sectors(first: 1) { totalCount } }', {}));
    return { results, exchanges, other };
  },

  /** Runs a query with the headers by which applications say their name and version. */
  async identify({ graph }) {
    const named = { 'apollographql-client-name': 'dashboard', 'apollographql-client-version': '1.2.3' };
    const { client, settled } = open({ ...graph, headers: { ...graph.headers, ...named } });
    const results = [];
    for (let time = 0; time < 2; time += 1) {
      const { data } = await client.query(SECTOR, { key: 'energy' }, { requestPolicy: 'network-only' });
      results.push(data);
    }
    return { results, exchanges: await settled() };
  },

  /** Writes and reads custom scalars. */
  async scalars({ graph, input }) {
    const { client } = open(graph);
    const run = async (text, variables) => {
      const { data, error } = await (text.includes('mutation')
        ? client.mutation(text, variables)
        : client.query(text, variables));
      if (error) throw error;
      return data;
    };
    return roundTrip(run, input);
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
