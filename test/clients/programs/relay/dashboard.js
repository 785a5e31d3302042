import {
  commitMutation,
  createOperationDescriptor,
  Environment,
  fetchQuery,
  getSingularSelector,
  Network,
  RecordSource,
  Store,
} from 'relay-runtime';
import sectorList from './__generated__/operations_sectors.graphql';
import model from './__generated__/operationsModelQuery.graphql';
import register from './__generated__/operationsRegisterMutation.graphql';
import restricted from './__generated__/operationsRestrictedQuery.graphql';
import sector from './__generated__/operationsSectorQuery.graphql';
import sectorRefetch from './__generated__/operationsSectorRefetchQuery.graphql';
import sectorsPage from './__generated__/operationsSectorsPaginationQuery.graphql';
import sectors from './__generated__/operationsSectorsQuery.graphql';
import documents from './documents.json';

/**
 * A Relay environment over the graph. The compiler has replaced the text of each operation by its hash.
 * @param sends how the operation is named in requests: by its text, or by its id as a trusted document.
 */
function open({ url, headers }, fetchLike, sends = 'text') {
  const network = Network.create(async ({ id }, variables) => {
    const named = sends === 'text' ? { query: documents[id] } : { documentId: id };
    const response = await fetchLike(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ ...named, variables }),
    });
    return response.json();
  });
  return new Environment({ network, store: new Store(new RecordSource()) });
}

const ask = (environment, query, variables, options) => fetchQuery(environment, query, variables, options).toPromise();

const mutate = (environment, mutation, variables) =>
  new Promise((resolve, reject) => {
    commitMutation(environment, {
      mutation,
      variables,
      onCompleted: (response, errors) => resolve({ response, errors }),
      onError: reject,
    });
  });

/** The operations of the dashboard, by the names of the tests. */
export const scenarios = {
  async detail(endpoint, fetchLike) {
    const environment = open(endpoint, fetchLike);
    const first = await ask(environment, sector, { key: 'energy' });
    const cached = await ask(environment, sector, { key: 'energy' }, { fetchPolicy: 'store-or-network' });
    const { id } = first.sector;
    await ask(environment, sectorRefetch, { id });
    return { id, isCached: cached.sector.id === id, record: environment.getStore().getSource().toJSON()[id] };
  },

  async paginate(endpoint, fetchLike) {
    const environment = open(endpoint, fetchLike);
    await ask(environment, sectors, {});
    const list = () => {
      const { data } = environment.lookup(createOperationDescriptor(sectors, {}).fragment);
      return environment.lookup(getSingularSelector(sectorList, data)).data.sectors;
    };
    while (list().pageInfo.hasNextPage)
      await ask(environment, sectorsPage, { first: 5, after: list().pageInfo.endCursor });
    const { totalCount, edges } = list();
    return { totalCount, keys: edges.map(({ node }) => node.key) };
  },

  async mutate(endpoint, fetchLike, { input }) {
    const environment = open(endpoint, fetchLike);
    const first = await mutate(environment, register, { input });
    const again = await mutate(environment, register, { input });
    const found = await ask(environment, model, { id: first.response.registerModel.model.id });
    return { first, again, found };
  },

  async fail(endpoint, fetchLike) {
    const environment = open(endpoint, fetchLike);
    const refused = await ask(environment, restricted, {});
    const unknown = await ask(environment, model, { id: 'mdl_00000000000000000000000000' });
    return { refused, unknown };
  },

  async trusted(endpoint, fetchLike) {
    const { sector: found } = await ask(open(endpoint, fetchLike, 'id'), sector, { key: 'energy' });
    return found;
  },
};
