import { createHash } from 'node:crypto';
import { ApolloClient, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache, ServerError } from '@apollo/client';
import { Defer20220824Handler, GraphQL17Alpha9Handler } from '@apollo/client/incremental';
import { BatchHttpLink } from '@apollo/client/link/batch-http';
import { createPersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { relayStylePagination } from '@apollo/client/utilities';
import { buildClientSchema, getIntrospectionQuery } from 'graphql';
import { filter, firstValueFrom, from } from 'rxjs';
import { DEFERRED, whole } from './deferred.mjs';
import * as operations from './operations.mjs';
import { recordingFetch } from './record.mjs';
import { runScenarios } from './scenarios.mjs';

const HANDLERS = { Defer20220824Handler, GraphQL17Alpha9Handler };

/** @param linkTo makes the link from the options of an `HttpLink` */
function open({ url, headers }, options = {}, linkTo = (http) => new HttpLink(http)) {
  const recorded = recordingFetch();
  const client = new ApolloClient({
    link: linkTo({ uri: url, headers, fetch: recorded.fetch }),
    cache: new InMemoryCache({
      typePolicies: {
        Query: {
          fields: {
            sectors: relayStylePagination(),
            aiModel: { read: (_, { args, toReference }) => toReference({ __typename: 'AIModel', id: args.id }) },
          },
        },
      },
    }),
    ...options,
  });
  return { client, ...recorded };
}

/** Describes an error of the client in JSON. */
function described(error) {
  if (error === undefined) return undefined;
  const kind = CombinedGraphQLErrors.is(error)
    ? 'CombinedGraphQLErrors'
    : ServerError.is(error)
      ? 'ServerError'
      : error.name;
  return { kind, message: error.message, errors: error.errors, status: error.statusCode, body: error.bodyText };
}

const SECTOR = gql(operations.SECTOR);

const SECTORS = gql`
  query Sectors($first: Int!, $after: String) {
    sectors(first: $first, after: $after) {
      totalCount
      edges {
        cursor
        node {
          id
          key
          name
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

const MODEL = gql`
  query Model($id: ID!) {
    aiModel(id: $id) {
      id
      codename
      modalities
    }
  }
`;

const REGISTER = gql(operations.REGISTER);

const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/** Sends the hash of a document in the place of its text. */
const persisted = (useGETForHashedQueries) => (http) =>
  createPersistedQueryLink({ sha256, useGETForHashedQueries }).concat(new HttpLink(http));

const FAILING = {
  'unknown field': { query: gql`{ sectors(first: 1) { nodes { nope } } }` },
  'missing variable': { query: SECTOR, variables: {} },
  'failing field': { query: gql`{ sector(key: "energy") { key name } sectors(first: 501) { totalCount } }` },
};

await runScenarios({
  /** Queries one object twice, and reads a fragment of it from the cache by its id. */
  async cacheById({ graph }) {
    const { client, settled } = open(graph);
    const variables = { key: 'energy' };
    const first = await client.query({ query: SECTOR, variables });
    const second = await client.query({ query: SECTOR, variables });
    const id = client.cache.identify(first.data.sector);
    const fragment = client.cache.readFragment({ id, fragment: gql`fragment Name on Sector { name }` });
    return { first: first.data, second: second.data, id, fragment, exchanges: await settled() };
  },

  /** Queries a contract for what it shows, for its schema, and for a field that it hides. */
  async contract({ graph, hidden }) {
    const { client, settled } = open({ ...graph, url: new URL('/contracts/public', graph.url).href });
    const { data } = await client.query({ query: SECTOR, variables: { key: 'energy' } });
    const { data: schema } = await client.query({ query: gql(getIntrospectionQuery()), fetchPolicy: 'no-cache' });
    const error = await client.query({ query: gql(hidden) }).catch(described);
    const types = Object.keys(buildClientSchema(schema).getTypeMap());
    return { data, types, error, exchanges: await settled() };
  },

  /** Reads a list page by page to its end. */
  async paginate({ graph }) {
    const { client, exchanges } = open(graph);
    const all = await client.query({ query: SECTORS, variables: { first: 500 }, fetchPolicy: 'no-cache' });
    const pages = client.watchQuery({ query: SECTORS, variables: { first: 5 } });
    const subscription = pages.subscribe();
    const shownWhen = (isSo) =>
      firstValueFrom(
        from(pages).pipe(filter((result) => result.dataState === 'complete' && isSo(result.data.sectors))),
      );
    let page = await shownWhen(() => true);
    while (page.data.sectors.pageInfo.hasNextPage)
      page = await pages.fetchMore({ variables: { after: page.data.sectors.pageInfo.endCursor } });
    const shown = await shownWhen(({ pageInfo }) => !pageInfo.hasNextPage);
    subscription.unsubscribe();
    const keys = ({ data }) => data.sectors.edges.map(({ node }) => node.key);
    return {
      keys: keys(shown),
      expected: keys(all),
      totalCount: all.data.sectors.totalCount,
      requests: exchanges.length - 1,
    };
  },

  /** Runs a mutation twice with the same idempotency key, then reads the object from the cache and from the graph. */
  async mutate({ graph, input }) {
    const { client, exchanges } = open(graph);
    const first = await client.mutate({ mutation: REGISTER, variables: { input } });
    const again = await client.mutate({ mutation: REGISTER, variables: { input } });
    const { id } = first.data.registerModel.model;
    const cached = await client.query({ query: MODEL, variables: { id } });
    const requests = exchanges.length;
    const fresh = await client.query({ query: MODEL, variables: { id }, fetchPolicy: 'network-only' });
    return { first: first.data, again: again.data, cached: cached.data, fresh: fresh.data, requests };
  },

  /** The document that the client sends for a query, and its hash. */
  async document() {
    const { client, exchanges } = open({ url: 'data:application/json,{}' });
    await client.query({ query: SECTOR, variables: { key: 'energy' } }).catch(() => {});
    const { query } = JSON.parse(exchanges[0].requestBody);
    return { id: sha256(query), body: query };
  },

  /** Runs a query three times by its hash, and one that is in no manifest. @param name of the query's operation */
  async persist({ graph, useGet, name }) {
    const { client, settled } = open(graph, {}, persisted(useGet));
    const query = gql(operations.sector(name));
    const results = [];
    for (let time = 0; time < 3; time += 1) {
      const options = { query, variables: { key: 'energy' }, fetchPolicy: 'no-cache' };
      results.push((await client.query(options)).data);
    }
    const exchanges = [...(await settled())];
    const other = await client.query({
      query: gql`query Other { sectors(first: 1) { totalCount } }`,
      errorPolicy: 'all',
    });
    return { results, exchanges, other: { data: other.data, error: described(other.error) } };
  },

  /** Runs a query with the name and version of an application. */
  async identify({ graph }) {
    const { client, settled } = open(graph, { clientAwareness: { name: 'dashboard', version: '1.2.3' } });
    const results = [];
    for (let time = 0; time < 2; time += 1) {
      const options = { query: SECTOR, variables: { key: 'energy' }, fetchPolicy: 'no-cache' };
      results.push((await client.query(options)).data);
    }
    return { results, exchanges: await settled() };
  },

  /** Writes and reads custom scalars. */
  async scalars({ graph, input }) {
    const { client } = open(graph);
    const run = async (text, variables) => {
      const document = gql(text);
      const isMutation = document.definitions[0].operation === 'mutation';
      const { data } = await (isMutation
        ? client.mutate({ mutation: document, variables })
        : client.query({ query: document, variables }));
      return data;
    };
    return operations.roundTrip(run, input);
  },

  /** Runs one query, and two, in a batch, and returns the errors that the application sees. */
  async batch({ graph }) {
    const results = [];
    for (const keys of [['energy'], ['energy', 'water']]) {
      const { client, exchanges } = open(graph, {}, (http) => new BatchHttpLink(http));
      const errorOf = (key) => client.query({ query: SECTOR, variables: { key } }).then(() => null, described);
      results.push({ keys, errors: await Promise.all(keys.map(errorOf)), requests: exchanges.length });
    }
    return results;
  },

  /** Runs failing operations with the error policies `all`, twice, and `none`. */
  async fail({ graph }) {
    const results = {};
    for (const [name, operation] of Object.entries(FAILING)) {
      results[name] = [];
      for (const errorPolicy of ['all', 'all', 'none']) {
        const { client, settled } = open(graph);
        try {
          const { data, error } = await client.query({ ...operation, errorPolicy });
          results[name].push({ errorPolicy, data, error: described(error), exchanges: await settled() });
        } catch (error) {
          results[name].push({ errorPolicy, thrown: described(error), exchanges: await settled() });
        }
      }
    }
    return results;
  },

  /** Runs every query with `@defer` twice with one of the client's handlers, and returns all results that the application sees. */
  async defer({ graph, handler }) {
    const results = [];
    for (const { name, parts, query, variables } of DEFERRED) {
      const document = gql(query);
      const undeferred = gql(whole(query));
      for (const time of ['first', 'again']) {
        const { client, settled } = open(graph, { incrementalHandler: new HANDLERS[handler]() });
        const shown = await watch(client, document, variables);
        const cached = client.readQuery({ query: undeferred, variables });
        const expected = await open(graph).client.query({ query: undeferred, variables });
        results.push({ name, parts, time, ...shown, cached, expected: expected.data, exchanges: await settled() });
      }
    }
    return results;
  },
});

/** Collects the results of a query until it is complete or fails. */
function watch(client, query, variables) {
  return new Promise((resolve) => {
    const states = [];
    const subscription = client.watchQuery({ query, variables }).subscribe(({ data, dataState, loading, error }) => {
      if (dataState !== 'empty') states.push({ dataState, data });
      if (!error && (loading || dataState !== 'complete')) return;
      setTimeout(() => subscription.unsubscribe());
      resolve({ states, error: described(error) });
    });
  });
}
