import { ApolloClient, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache, ServerError } from '@apollo/client';
import { createPersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { Client, cacheExchange, fetchExchange } from 'urql';

const SECTOR = 'query Sector($key: ID!) { sector(key: $key) { key name } }';

async function digest(text) {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function withApollo({ url, headers }, link = (http) => http) {
  const client = new ApolloClient({
    link: link(new HttpLink({ uri: url, headers })),
    cache: new InMemoryCache(),
    clientAwareness: { name: 'dashboard', version: '1.2.3' },
  });
  try {
    const { data } = await client.query({ query: gql(SECTOR), variables: { key: 'energy' } });
    return { data };
  } catch (error) {
    if (CombinedGraphQLErrors.is(error)) return { code: error.errors[0].extensions.code };
    return { failure: ServerError.is(error) ? error.bodyText : String(error) };
  }
}

const CLIENTS = {
  'Apollo Client': withApollo,
  'Apollo Client with persisted queries by GET': (graph) =>
    withApollo(graph, (http) =>
      createPersistedQueryLink({ sha256: digest, useGETForHashedQueries: true }).concat(http),
    ),
  async urql({ url, headers }) {
    const client = new Client({ url, fetchOptions: { headers }, exchanges: [cacheExchange, fetchExchange] });
    const { data, error } = await client.query(SECTOR, { key: 'energy' });
    if (error?.networkError) return { failure: error.message };
    return error ? { code: error.graphQLErrors[0].extensions.code } : { data };
  },
};

/** Runs a query with a client by its name. */
globalThis.query = (name, graph) => CLIENTS[name](graph);
