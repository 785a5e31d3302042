const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])\n';

/** Two subgraphs: one has the shops, the other their stock. */
export const schemas: Readonly<Record<string, string>> = {
  shops: `${link}
    type Query { shops: [Shop!] version: String }
    type Mutation { open(id: ID!): Shop }
    type Shop @key(fields: "id") { id: ID! name: String }`,
  stock: `${link}
    type Query { total: Int }
    type Mutation { count: Int }
    type Shop @key(fields: "id") { id: ID! items: Int label: String }`,
};
