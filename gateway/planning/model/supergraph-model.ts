import {
  buildASTSchema,
  type DocumentNode,
  type GraphQLSchema,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  parse,
} from 'graphql';
import { type SubgraphSchema, subgraphSchemasOf } from './subgraph-schema';

/** A supergraph for planning: the whole schema and each subgraph’s. */
export class SupergraphModel {
  readonly document: DocumentNode;
  readonly whole: GraphQLSchema;
  readonly subgraphs: ReadonlyMap<string, SubgraphSchema>;

  constructor(supergraphSdl: string) {
    this.document = parse(supergraphSdl, { noLocation: true });
    this.whole = buildASTSchema(this.document, { assumeValid: true });
    this.subgraphs = subgraphSchemasOf(this.document);
  }

  isAbstract(name: string): boolean {
    return isAbstractType(this.whole.getType(name));
  }

  /** Names of the possible object types of a type in the whole supergraph. */
  possibleTypes(name: string): readonly string[] {
    const type = this.whole.getType(name);
    return isAbstractType(type) ? this.whole.getPossibleTypes(type).map((possible) => possible.name) : [name];
  }

  /** Whether a type condition includes a type, or objects known only by an interface. */
  includes(condition: string, type: string): boolean {
    return condition === type || this.isSubType(condition, type);
  }

  /** Whether a type condition may include objects known only by an interface, depending on their type. */
  mayInclude(condition: string, type: string): boolean {
    return this.isAbstract(type) && this.possibleTypes(type).some((possible) => this.includes(condition, possible));
  }

  private isSubType(condition: string, type: string): boolean {
    const [above, below] = [this.whole.getType(condition), this.whole.getType(type)];
    return (
      isAbstractType(above) && (isObjectType(below) || isInterfaceType(below)) && this.whole.isSubType(above, below)
    );
  }
}
