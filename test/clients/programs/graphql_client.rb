# Calls the graph with GraphQL::Client, which loads the schema and checks its operations against it.
# Takes scenario and input as the other programs do.
require "json"
require "graphql/client"
require "graphql/client/http"

INPUT = JSON.parse($stdin.read)
ENDPOINT = INPUT["graph"]

HTTP = GraphQL::Client::HTTP.new(ENDPOINT["url"]) do
  def headers(_context)
    ENDPOINT["headers"]
  end
end
SCHEMA = GraphQL::Client.load_schema(HTTP)
CLIENT = GraphQL::Client.new(schema: SCHEMA, execute: HTTP)

SectorQuery = CLIENT.parse <<~GRAPHQL
  query($id: ID!) {
    node(id: $id) {
      __typename
      ... on Sector { id key name leadAgency { id } }
    }
  }
GRAPHQL

SectorsQuery = CLIENT.parse <<~GRAPHQL
  query($after: String) {
    sectors(first: 5, after: $after) { totalCount nodes { id } pageInfo { hasNextPage endCursor } }
  }
GRAPHQL

RegisterMutation = CLIENT.parse <<~GRAPHQL
  mutation($input: RegisterModelInput!) {
    registerModel(input: $input) { model { id codename } replayed }
  }
GRAPHQL

RestrictedQuery = CLIENT.parse <<~GRAPHQL
  query { sector(key: "energy") { name } sectors(first: 501) { totalCount } }
GRAPHQL

def ask(definition, variables = {})
  result = CLIENT.query(definition, variables: variables)
  { data: result.to_h["data"], errors: result.to_h["errors"] }
end

def paginate
  ids = []
  after = nil
  loop do
    page = CLIENT.query(SectorsQuery, variables: { after: after }).data.sectors
    ids.concat(page.nodes.map(&:id))
    return { ids: ids, totalCount: page.total_count } unless page.page_info.has_next_page

    after = page.page_info.end_cursor
  end
end

# GraphQL::Client finds out before it sends anything
def misspelled
  CLIENT.parse("query { sectors { nodes { unheardOf } } }")
  nil
rescue GraphQL::Client::ValidationError => e
  e.message
end

SCENARIOS = {
  "query" => -> { Array.new(2) { ask(SectorQuery, { id: "Sector:energy" }) } },
  "paginate" => -> { paginate },
  "mutate" => -> { Array.new(2) { ask(RegisterMutation, { input: INPUT["input"] }) } },
  "fail" => -> { { restricted: ask(RestrictedQuery), misspelled: misspelled } },
  "schema" => -> { { types: SCHEMA.types.size, node: SCHEMA.types["Sector"].interfaces.map(&:graphql_name) } }
}.freeze

puts JSON.generate(SCENARIOS.fetch(ARGV[0]).call)
