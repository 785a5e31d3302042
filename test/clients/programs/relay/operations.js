import { graphql } from 'relay-runtime';

export const SECTOR = graphql`
  query operationsSectorQuery($key: ID!) {
    sector(key: $key) {
      id
      ...operations_sector
    }
  }
`;

export const SECTOR_FIELDS = graphql`
  fragment operations_sector on Sector @refetchable(queryName: "operationsSectorRefetchQuery") {
    key
    name
    leadAgency {
      id
      name
    }
  }
`;

export const SECTORS = graphql`
  query operationsSectorsQuery {
    ...operations_sectors
  }
`;

export const SECTOR_LIST = graphql`
  fragment operations_sectors on Query
  @refetchable(queryName: "operationsSectorsPaginationQuery")
  @argumentDefinitions(first: { type: "Int", defaultValue: 5 }, after: { type: "String" }) {
    sectors(first: $first, after: $after) @connection(key: "operations_sectors") {
      totalCount
      edges {
        node {
          id
          key
        }
      }
    }
  }
`;

export const REGISTER = graphql`
  mutation operationsRegisterMutation($input: RegisterModelInput!) {
    registerModel(input: $input) {
      model {
        id
        codename
        modalities
      }
      replayed
    }
  }
`;

export const MODEL = graphql`
  query operationsModelQuery($id: ID!) {
    node(id: $id) {
      __typename
      id
      ... on AIModel {
        codename
        modalities
      }
    }
  }
`;

export const RESTRICTED = graphql`
  query operationsRestrictedQuery {
    sectors(first: 501) {
      totalCount
    }
  }
`;
