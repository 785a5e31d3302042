const link = (...imports: string[]) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: [${imports.map((name) => `"${name}"`).join(', ')}])\n`;

/** The subgraphs of the bench: those of the public gateway benchmark, a long list over two subgraphs, and one with a large answer. */
export const schemas: Readonly<Record<string, string>> = {
  accounts: `${link('@key', '@shareable')}
    type Query { me: User users: [User] }
    type User @key(fields: "id") { id: ID! name: String username: String @shareable birthday: Int }`,
  inventory: `${link('@key', '@external', '@requires')}
    type Product @key(fields: "upc") { upc: String! weight: Int @external price: Int @external inStock: Boolean shippingEstimate: Int @requires(fields: "price weight") }`,
  products: `${link('@key')}
    type Query { topProducts(first: Int = 5): [Product] }
    type Product @key(fields: "upc") { upc: String! name: String price: Int weight: Int }`,
  reviews: `${link('@key', '@external', '@provides')}
    type Review @key(fields: "id") { id: ID! body: String author: User @provides(fields: "username") product: Product }
    type User @key(fields: "id") { id: ID! username: String @external reviews: [Review] }
    type Product @key(fields: "upc") { upc: String! reviews: [Review] }`,
  items: `${link('@key')}
    type Query { items(first: Int!): [Item!]! large: [Row!]! }
    type Item @key(fields: "id") { id: ID! name: String! size: Int! }
    type Row { id: ID! title: String! note: String score: Float! tags: [String!]! active: Boolean! }`,
  details: `${link('@key')}
    type Item @key(fields: "id") { id: ID! color: String! weight: Float! maker: Maker! }
    type Maker { name: String! city: String }`,
};

/** The operation of the public benchmark. */
export const PUBLIC_OPERATION = `
  fragment User on User { id username name }
  fragment Review on Review { id body }
  fragment Product on Product { inStock name price shippingEstimate upc weight }
  query TestQuery {
    users { ...User reviews { ...Review product { ...Product reviews { ...Review author { ...User reviews { ...Review product { ...Product } } } } } } }
    topProducts(first: 5) { ...Product reviews { ...Review author { ...User reviews { ...Review product { ...Product } } } } }
  }`;
