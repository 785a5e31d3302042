import { createServer } from 'node:http';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, type GraphQLSchema, parse } from 'graphql';
import { schemas } from './schemas';

/**
 * All subgraphs of the bench in one process, each under its name. Each response is computed once per body: the bench measures
 * gateways, not subgraphs.
 */
const USERS = Array.from({ length: 6 }, (_, i) => ({
  id: String(i + 1),
  name: `Name of user ${i + 1}`,
  username: `user_${i + 1}`,
  birthday: 19_600_101 + i * 10_203,
}));
const PRODUCTS = Array.from({ length: 9 }, (_, i) => ({
  upc: String(i + 1),
  name: `Product number ${i + 1}`,
  price: 100 + i * 37,
  weight: 50 + i * 11,
}));
const REVIEWS = Array.from({ length: 11 }, (_, i) => ({
  id: String(i + 1),
  body: `A review, number ${i + 1}, of some length that says what was good and bad`,
  author: { __typename: 'User', id: USERS[i % 6]!.id, username: USERS[i % 6]!.username },
  product: { __typename: 'Product', upc: PRODUCTS[(i * 4) % 5]!.upc },
}));
const ROWS = Array.from({ length: 25_000 }, (_, i) => ({
  id: `row-${i}`,
  title: `Row number ${i} of a large answer, with “quotes” here and there`,
  note: i % 7 === 0 ? null : `A note on row ${i}: plain text that is neither short nor long`,
  score: i / 8,
  tags: ['alpha', 'beta', `tag-${i % 13}`],
  active: i % 2 === 0,
}));

const resolvers: Record<string, object> = {
  accounts: {
    Query: { users: () => USERS, me: () => USERS[0] },
    User: { __resolveReference: ({ id }: { id: string }) => USERS.find((user) => user.id === id) },
  },
  inventory: {
    Product: {
      inStock: ({ upc }: { upc: string }) => Number(upc) % 3 !== 0,
      shippingEstimate: ({ price = 0, weight = 0 }: { price?: number; weight?: number }) =>
        (price > 1_000 ? 0 : weight / 2) | 0,
    },
  },
  products: {
    Query: { topProducts: (_: unknown, { first }: { first: number }) => PRODUCTS.slice(0, first) },
    Product: { __resolveReference: ({ upc }: { upc: string }) => PRODUCTS.find((product) => product.upc === upc) },
  },
  reviews: {
    Review: { __resolveReference: ({ id }: { id: string }) => REVIEWS.find((review) => review.id === id) },
    User: { reviews: ({ id }: { id: string }) => REVIEWS.filter(({ author }) => author.id === id) },
    Product: { reviews: ({ upc }: { upc: string }) => REVIEWS.filter(({ product }) => product.upc === upc) },
  },
  items: {
    Query: {
      items: (_: unknown, { first }: { first: number }) =>
        Array.from({ length: first }, (_item, i) => ({ id: `item-${i}`, name: `Item ${i}`, size: i % 1_000 })),
      large: () => ROWS,
    },
  },
  details: {
    Item: {
      color: ({ id }: { id: string }) => (id.length % 2 ? 'red' : 'green'),
      weight: ({ id }: { id: string }) => Number(id.slice(5)) / 4,
      maker: ({ id }: { id: string }) => ({ name: `Maker ${Number(id.slice(5)) % 50}`, city: 'Springfield' }),
    },
  },
};

const executable = new Map<string, GraphQLSchema>(
  Object.entries(schemas).map(([name, sdl]) => [
    name,
    buildSubgraphSchema({ typeDefs: parse(sdl), resolvers: resolvers[name] as never }),
  ]),
);
const bodies = new Map<string, Buffer>();
let calls = 0;

createServer((request, response) => {
  const name = request.url!.slice(1);
  const chunks: Buffer[] = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    if (name === '') {
      response.end();
      return;
    }
    if (name === 'calls') {
      response.end(String(calls));
      return;
    }
    calls += 1;
    const body = Buffer.concat(chunks).toString();
    let answer = bodies.get(name + body);
    if (!answer) {
      const { query, variables, operationName } = JSON.parse(body);
      const result = await execute({
        schema: executable.get(name)!,
        document: parse(query),
        variableValues: variables,
        operationName,
      });
      answer = Buffer.from(JSON.stringify(result));
      if (bodies.size > 50_000) bodies.clear();
      bodies.set(name + body, answer);
    }
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
    response.end(answer);
  });
}).listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'));
