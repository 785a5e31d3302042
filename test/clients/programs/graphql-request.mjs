import { ClientError, GraphQLClient, gql } from 'graphql-request';
import { SECTOR } from './operations.mjs';
import { recordingFetch } from './record.mjs';
import { runScenarios } from './scenarios.mjs';

/** Describes what the client throws in JSON. */
async function thrownBy(work) {
  try {
    return { data: await work() };
  } catch (error) {
    if (!(error instanceof ClientError)) return { message: String(error) };
    const { status, data, errors } = error.response;
    return { status, data, errors };
  }
}

await runScenarios({
  /** Runs a query with variables twice by each method. */
  async query({ graph }) {
    const results = [];
    for (const method of ['POST', 'POST', 'GET', 'GET']) {
      const { fetch, settled } = recordingFetch();
      const client = new GraphQLClient(graph.url, { headers: graph.headers, fetch, method });
      results.push({ data: await client.request(SECTOR, { key: 'energy' }), exchanges: await settled() });
    }
    return results;
  },

  /** Runs requests that fail. */
  async fail({ graph }) {
    const client = new GraphQLClient(graph.url, { headers: graph.headers });
    const tolerant = new GraphQLClient(graph.url, { headers: graph.headers, errorPolicy: 'all' });
    const tolerated = async (query) => {
      const { status, data, errors } = await tolerant.rawRequest(query);
      return { status, data, errors };
    };
    const partial = gql`{ sector(key: "energy") { key } sectors(first: 501) { totalCount } }`;
    const withheld = await client.rawRequest(gql`{ aiToolAdoption { __typename } }`);
    return {
      'unknown field': await thrownBy(() => client.request(gql`{ nope }`)),
      'missing variable': await thrownBy(() => client.request(SECTOR)),
      'syntax error': await thrownBy(() => client.rawRequest('{ sector(')),
      'failing field': await thrownBy(() => client.request(partial)),
      'failing field, tolerated': await tolerated(partial),
      'withheld field': { data: withheld.data, withheld: withheld.extensions.withheld },
      'invalid token': await thrownBy(() => client.request(SECTOR, { key: 'energy' }, { authorization: 'Bearer no' })),
    };
  },
});
