import { type DocumentNode, parse, Source } from 'graphql';

/** A subgraph's schema. */
export interface Published {
  readonly name: string;
  readonly sdl: string;
  /** Schema file for messages; its name by default. */
  readonly file?: string;
}

const documents = new WeakMap<Published, DocumentNode>();

/** The parsed schema of a subgraph, with places for messages. @throws GraphQLError for invalid syntax */
export function subgraphDocument(subgraph: Published): DocumentNode {
  let document = documents.get(subgraph);
  if (!document) {
    document = parse(new Source(subgraph.sdl, subgraph.file ?? subgraph.name));
    documents.set(subgraph, document);
  }
  return document;
}
