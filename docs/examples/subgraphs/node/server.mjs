// A subgraph without the kit: node server.mjs --port 4010 --identity-keys identity-keys.json
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, GraphQLError, parse, validate } from 'graphql';
import { Identities, IdentityError } from './identity.mjs';

const MAX_BYTES = 16 * 1024 * 1024;
const { values } = parseArgs({ options: { port: { type: 'string' }, 'identity-keys': { type: 'string' } } });
const read = (file) => readFileSync(new URL(file, import.meta.url), 'utf8');

const courses = JSON.parse(read('../courses.json'));
const bySlug = new Map(courses.map((course) => [course.slug, course]));
const identities = new Identities(values['identity-keys'], 'training');

/** Internal fields are for government roles; others get null without an error, as if there were no value. */
const isGovernment = ({ principal }) => (principal?.governmentRoles?.length ?? 0) > 0;

/** Counts the objects of a list: the work of the answer, in the unit of costs. */
const counted = (list, context) => {
  context.work += list.length;
  return list;
};

const resolvers = {
  Query: { courses: (_root, _arguments, context) => counted(courses, context) },
  Course: {
    __resolveReference: ({ slug }) => bySlug.get(slug) ?? null,
    agency: ({ agencyKey }) => ({ key: agencyKey }),
    priceCents: ({ priceCents }, _arguments, context) => (isGovernment(context) ? priceCents : null),
  },
  Agency: {
    // another subgraph knows which agencies exist
    __resolveReference: ({ key }) => ({ key }),
    courses: ({ key }, _arguments, context) =>
      counted(
        courses.filter(({ agencyKey }) => agencyKey === key),
        context,
      ),
  },
};
const schema = buildSubgraphSchema({ typeDefs: parse(read('../training.graphql')), resolvers });

/** Parsed and valid documents: gateways send the same few again and again. */
const documents = new Map();
function documentOf(query) {
  let document = documents.get(query);
  if (!document) {
    document = parse(query);
    const errors = validate(schema, document);
    if (errors.length > 0) throw errors[0];
    if (documents.size >= 1_000) documents.clear();
    documents.set(query, document);
  }
  return document;
}

/** @returns status, body, and headers of an answer */
async function answer(request) {
  let principal;
  try {
    // before the body is read, and for introspection too
    principal = identities.verify(request.headers['ordergraph-identity']);
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    return { status: 401, body: { errors: [{ message: error.message, extensions: { code: error.code } }] } };
  }
  const context = { principal, requestId: request.headers['x-request-id'], work: 0 };
  try {
    const { query, variables } = JSON.parse(await bodyOf(request));
    const result = await execute({
      schema,
      document: documentOf(query),
      variableValues: variables,
      contextValue: context,
    });
    return { status: 200, body: result, headers: { 'ordergraph-work': String(context.work) } };
  } catch (error) {
    const code = error instanceof GraphQLError ? 'GRAPHQL_VALIDATION_FAILED' : 'BAD_REQUEST';
    return { status: 400, body: { errors: [{ message: error.message, extensions: { code } }] } };
  }
}

async function bodyOf(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error('The body is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const server = createServer(async (request, response) => {
  const isHealth = request.url === '/health/live' || request.url === '/health/ready';
  const { status, body, headers } = isHealth
    ? { status: 200, body: { status: request.url.slice('/health/'.length) } }
    : request.method === 'POST' && request.url === '/graphql'
      ? await answer(request)
      : { status: 404, body: { errors: [{ message: 'Not found', extensions: { code: 'NOT_FOUND' } }] } };
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
});
// the gateway keeps connections for 30 seconds; closing them earlier would lose requests that it has just sent
server.keepAliveTimeout = 65_000;
server.listen(Number(values.port ?? 4010), '127.0.0.1', () =>
  console.log(`training answers at http://127.0.0.1:${server.address().port}/graphql`),
);
process.on('SIGTERM', () => server.close());
