import DataLoader from 'dataloader';
import {
  execute,
  GraphQLError,
  type GraphQLFormattedError,
  GraphQLID,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  parse,
} from 'graphql';
import { SubgraphError } from '../transport/errors';
import { readResponse } from '../transport/response';
import type { SubgraphAnswer, SubgraphOperation, SubgraphRequest, Transport } from '../transport/transport';
import type { Candidate, NodeDirectory } from './directory';
import { MOST_IDS, NODES, type NodeType } from './schema';

/** Asks a subgraph which of some entities there are. */
const EXISTENCE_TEXT =
  'query Exists($representations:[_Any!]!){_entities(representations:$representations){__typename}}';
const EXISTENCE: SubgraphOperation = {
  kind: 'query',
  text: EXISTENCE_TEXT,
  json: JSON.stringify(EXISTENCE_TEXT),
};

/** With these a subgraph refuses an object that the caller may not see: to them it is not there. */
const NOT_SEEN = new Set(['FORBIDDEN', 'UNAUTHENTICATED', 'NOT_FOUND']);

/** Operations that are kept parsed. */
const MOST_OPERATIONS = 1_000;

interface Asking {
  readonly isThere: DataLoader<Candidate, boolean, string>;
}

/**
 * Answers for the subgraph that finds objects by their global ids. It knows of every id which type it would be of, and asks a subgraph that
 * keeps the objects of that type whether it is there for the caller. The fields are fetched by the plan, as those of every entity.
 */
export class NodesTransport implements Transport {
  readonly shareable = true;
  private readonly schema: GraphQLSchema;
  private readonly documents = new Map<string, ReturnType<typeof parse>>();

  constructor(
    directory: NodeDirectory,
    private readonly transportOf: (subgraph: string) => Transport,
  ) {
    this.schema = executableSchema(directory);
  }

  async request(request: SubgraphRequest): Promise<SubgraphAnswer> {
    const isThere = new DataLoader<Candidate, boolean, string>((candidates) => this.areThere(candidates, request), {
      cacheKeyFn: ({ type, key }) => `${type.prefix} ${key}`,
    });
    const { data, errors } = await execute({
      schema: this.schema,
      document: this.document(request.operation.text),
      variableValues: JSON.parse(String(request.variables)) as Record<string, unknown>,
      contextValue: { isThere } satisfies Asking,
    });
    const bytes = Buffer.from(JSON.stringify({ data, errors }));
    return { headers: {}, bytes, read: () => readResponse(NODES, 200, bytes.toString(), { mayHaveRun: false }) };
  }

  async close(): Promise<void> {}

  private document(text: string): ReturnType<typeof parse> {
    let document = this.documents.get(text);
    if (!document) {
      document = parse(text, { noLocation: true });
      if (this.documents.size >= MOST_OPERATIONS) this.documents.clear();
      this.documents.set(text, document);
    }
    return document;
  }

  /**
   * Whether each of some objects is there, by one request to each subgraph.
   * @param attempt how many subgraphs that know the objects have failed.
   */
  private async areThere(
    candidates: readonly Candidate[],
    request: SubgraphRequest,
    attempt = 0,
  ): Promise<(boolean | Error)[]> {
    const found: (boolean | Error)[] = new Array(candidates.length).fill(false);
    // types that several subgraphs know are asked for apart, so that a failure asks for no other type again
    const groups = Map.groupBy(
      [...candidates.entries()],
      ([, { type }]) => `${type.subgraphs[attempt]} of ${type.subgraphs.length}`,
    );
    await Promise.all(
      [...groups.values()].map(async (group) => {
        const own = group.map(([, candidate]) => candidate);
        const { subgraphs } = own[0]!.type;
        const left = subgraphs.length - attempt;
        const timed = { ...request, deadline: shareOf(request.deadline, left) };
        const answers = await this.ask(subgraphs[attempt]!, own, timed).catch((error: Error) =>
          left > 1 ? this.areThere(own, request, attempt + 1) : own.map(() => error),
        );
        for (const [place, [index]] of group.entries()) found[index] = answers[place]!;
      }),
    );
    return found;
  }

  private async ask(
    subgraph: string,
    candidates: readonly Candidate[],
    { headers, headersOf, deadline, cancellation }: SubgraphRequest,
  ): Promise<(boolean | Error)[]> {
    const representations = candidates.map(({ type, key }) => ({ __typename: type.name, [type.keyField]: key }));
    const answer = await this.transportOf(subgraph).request({
      operation: EXISTENCE,
      variables: JSON.stringify({ representations }),
      headers: headersOf?.(subgraph) ?? headers,
      deadline,
      cancellation,
    });
    const { data, errors = [] } = answer.read();
    const entities = data?._entities;
    const isOfNone = ({ path }: GraphQLFormattedError) => typeof path?.[1] !== 'number';
    if (!Array.isArray(entities) || entities.length !== candidates.length || errors.some(isOfNone))
      throw whole(subgraph, errors);
    return entities.map((entity, index) => {
      if (entity !== null) return true;
      const error = errors.find(({ path }) => path?.[1] === index);
      return error && !NOT_SEEN.has(String(error.extensions?.code)) ? graphQLError(error) : false;
    });
  }
}

/** When an attempt is given up after which others have to have their time. */
const shareOf = (deadline: number, attempts: number): number =>
  performance.now() + (deadline - performance.now()) / attempts;

/** Why a subgraph has not said of any object whether it is there. */
function whole(subgraph: string, errors: readonly GraphQLFormattedError[]): Error {
  const [first] = errors;
  return first
    ? graphQLError(first)
    : new SubgraphError('SUBGRAPH_BAD_RESPONSE', subgraph, 'returned something other than entities', {
        retryable: false,
      });
}

const graphQLError = ({ message, extensions }: GraphQLFormattedError): GraphQLError =>
  new GraphQLError(message, { extensions });

/** The schema of the subgraph, with what answers its fields. */
function executableSchema(directory: NodeDirectory): GraphQLSchema {
  const id = new GraphQLNonNull(GraphQLID);
  const node = new GraphQLInterfaceType({ name: 'Node', fields: { id: { type: id } }, resolveType: typeOf });
  const find = async (given: string, { isThere }: Asking): Promise<object | null> => {
    const found = directory.candidate(given);
    return found && (await isThere.load(found)) ? objectOf(found, given) : null;
  };
  const query = new GraphQLObjectType({
    name: 'Query',
    fields: {
      node: {
        type: node,
        args: { id: { type: id } },
        resolve: (_source, args, asking: Asking) => find(args.id as string, asking),
      },
      nodes: {
        type: new GraphQLList(node),
        args: { ids: { type: new GraphQLNonNull(new GraphQLList(id)) } },
        resolve: (_source, args, asking: Asking) => {
          const ids = args.ids as readonly string[];
          if (ids.length > MOST_IDS) throw tooMany(ids.length);
          return ids.map((one) => find(one, asking));
        },
      },
    },
  });
  const objects = directory.types.map(
    ({ name, keyField }) =>
      new GraphQLObjectType({ name, interfaces: [node], fields: { id: { type: id }, [keyField]: { type: id } } }),
  );
  return new GraphQLSchema({ query, types: objects });
}

const typeOf = ({ __typename }: { readonly __typename: string }): string => __typename;

const objectOf = ({ type: { name, keyField }, key }: { type: NodeType; key: string }, id: string): object => ({
  __typename: name,
  [keyField]: key,
  id,
});

const tooMany = (count: number): GraphQLError =>
  new GraphQLError(
    `"nodes" takes at most ${MOST_IDS} ids at once, and got ${count}; ask for them in several requests`,
    {
      extensions: { code: 'BAD_USER_INPUT', subgraph: NODES },
    },
  );
