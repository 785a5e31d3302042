import DataLoader from 'dataloader';
import {
  type DocumentNode,
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
import { parsedDocuments } from '#base/parsed-documents';
import { WITHHELD_HEADER } from '#base/withheld';
import { readWork, WORK_HEADER } from '#base/work';
import { SubgraphError } from '../transport/errors';
import { readResponse } from '../transport/response';
import { type SubgraphAnswer, type SubgraphRequest, subgraphOperation, type Transport } from '../transport/transport';
import type { Candidate, NodeDirectory } from './directory';
import { MAX_IDS, NODES, type NodeType } from './schema';

/** Queries which of several entities exist. */
const EXISTENCE = subgraphOperation(
  'query',
  'query Exists($representations:[_Any!]!){_entities(representations:$representations){__typename}}',
);

/** Error codes for objects that the caller may not see: to that caller they do not exist. */
const NOT_SEEN = new Set(['FORBIDDEN', 'UNAUTHENTICATED', 'NOT_FOUND']);

/** Maximum estimated bytes of parsed operations. */
const MAX_PARSED_BYTES = 16 * 1024 * 1024;

interface Asking {
  readonly exists: DataLoader<Candidate, boolean, string>;
}

/** A request, and the headers of the subgraphs' responses to it. */
interface Request extends SubgraphRequest {
  readonly heard: SubgraphAnswer['headers'][];
}

/**
 * Implements the virtual subgraph for global ids. It derives the type from each id, and asks a subgraph that stores this type
 * whether the object exists for the caller. The plan fetches the fields, as for any entity.
 */
export class NodesTransport implements Transport {
  readonly shareable = true;
  private readonly schema: GraphQLSchema;
  /** Parsed operations by text. */
  readonly documents = parsedDocuments(MAX_PARSED_BYTES);

  constructor(
    directory: NodeDirectory,
    private readonly transportOf: (subgraph: string) => Transport,
  ) {
    this.schema = executableSchema(directory);
  }

  async request(original: SubgraphRequest): Promise<SubgraphAnswer> {
    const request: Request = { ...original, heard: [] };
    const exists = new DataLoader<Candidate, boolean, string>((candidates) => this.exist(candidates, request), {
      cacheKeyFn: ({ type, key }) => `${type.prefix} ${key}`,
    });
    const { data, errors } = await execute({
      schema: this.schema,
      document: this.document(request.operation.text),
      variableValues: JSON.parse(String(request.variables)) as Record<string, unknown>,
      contextValue: { exists } satisfies Asking,
    });
    const bytes = Buffer.from(JSON.stringify({ data, errors }));
    return {
      headers: together(request.heard),
      bytes,
      read: () => readResponse(NODES, 200, bytes.toString(), { mayHaveRun: false }),
    };
  }

  async close(): Promise<void> {}

  private document(text: string): DocumentNode {
    let document = this.documents.get(text);
    if (!document) {
      document = parse(text, { noLocation: true });
      this.documents.set(text, document);
    }
    return document;
  }

  /**
   * Whether each object exists, with one request per subgraph.
   * @param attempt number of subgraphs that have failed so far
   */
  private async exist(candidates: readonly Candidate[], request: Request, attempt = 0): Promise<(boolean | Error)[]> {
    const results: (boolean | Error)[] = new Array(candidates.length).fill(false);
    // types with several subgraphs get separate requests, so that a failure repeats no other type
    const groups = Map.groupBy(
      [...candidates.entries()],
      ([, { type }]) => `${type.subgraphs[attempt]} of ${type.subgraphs.length}`,
    );
    await Promise.all(
      [...groups.values()].map(async (group) => {
        const members = group.map(([, candidate]) => candidate);
        const { subgraphs } = members[0]!.type;
        const left = subgraphs.length - attempt;
        const timed = { ...request, deadline: shareOf(request.deadline, left) };
        const answers = await this.ask(subgraphs[attempt]!, members, timed).catch((error: Error) =>
          left > 1 ? this.exist(members, request, attempt + 1) : members.map(() => error),
        );
        for (const [place, [index]] of group.entries()) results[index] = answers[place]!;
      }),
    );
    return results;
  }

  private async ask(
    subgraph: string,
    candidates: readonly Candidate[],
    { headers, headersOf, deadline, caller, cancellation, heard }: Request,
  ): Promise<(boolean | Error)[]> {
    const representations = candidates.map(({ type, key }) => ({ __typename: type.name, [type.keyField]: key }));
    const answer = await this.transportOf(subgraph).request({
      operation: EXISTENCE,
      variables: JSON.stringify({ representations }),
      headers: headersOf?.(subgraph) ?? headers,
      deadline,
      caller,
      cancellation,
    });
    heard.push(answer.headers);
    const { data, errors = [] } = answer.read();
    const entities = data?._entities;
    const isGlobal = ({ path }: GraphQLFormattedError) => typeof path?.[1] !== 'number';
    if (!Array.isArray(entities) || entities.length !== candidates.length || errors.some(isGlobal))
      throw failureOf(subgraph, errors);
    return entities.map((entity, index) => {
      if (entity !== null) return true;
      const error = errors.find(({ path }) => path?.[1] === index);
      return error && !NOT_SEEN.has(String(error.extensions?.code)) ? graphQLError(error) : false;
    });
  }
}

/** What subgraphs tell the gateway in the headers of several responses, as of one. */
function together(heard: readonly SubgraphAnswer['headers'][]): SubgraphAnswer['headers'] {
  const withheld = heard.flatMap(({ [WITHHELD_HEADER]: texts = [] }) => texts);
  const work = heard.map(({ [WORK_HEADER]: header }) => readWork(header));
  return {
    ...(withheld.length > 0 ? { [WITHHELD_HEADER]: withheld } : {}),
    ...(work.includes(undefined)
      ? {}
      : { [WORK_HEADER]: String(work.reduce((sum: number, units) => sum + units!, 0)) }),
  };
}

/** Deadline of an attempt that leaves time for the remaining ones. */
const shareOf = (deadline: number, attempts: number): number =>
  performance.now() + (deadline - performance.now()) / attempts;

/** The error if a subgraph answered for no object. */
function failureOf(subgraph: string, errors: readonly GraphQLFormattedError[]): Error {
  const [first] = errors;
  return first
    ? graphQLError(first)
    : new SubgraphError('SUBGRAPH_BAD_RESPONSE', subgraph, 'returned something other than entities', {
        retryable: false,
      });
}

const graphQLError = ({ message, extensions }: GraphQLFormattedError): GraphQLError =>
  new GraphQLError(message, { extensions });

/** The executable schema of the virtual subgraph. */
function executableSchema(directory: NodeDirectory): GraphQLSchema {
  const id = new GraphQLNonNull(GraphQLID);
  const node = new GraphQLInterfaceType({ name: 'Node', fields: { id: { type: id } }, resolveType: typeOf });
  const find = async (id: string, { exists }: Asking): Promise<object | null> => {
    const candidate = directory.candidate(id);
    return candidate && (await exists.load(candidate)) ? objectOf(candidate, id) : null;
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
          if (ids.length > MAX_IDS) throw tooMany(ids.length);
          return ids.map((item) => find(item, asking));
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
  new GraphQLError(`"nodes" accepts at most ${MAX_IDS} ids but got ${count}; split them into several requests`, {
    extensions: { code: 'BAD_USER_INPUT', subgraph: NODES },
  });
