import { buildASTSchema, type GraphQLSchema, isAbstractType, isInterfaceType, isObjectType, parse } from 'graphql';
import { type SubgraphSchema, subgraphSchemasOf } from './subgraph-schema';

/** A supergraph as planning needs to know it: the whole schema, and each subgraph’s. */
export class SupergraphModel {
  readonly whole: GraphQLSchema;
  readonly subgraphs: ReadonlyMap<string, SubgraphSchema>;

  constructor(supergraphSdl: string) {
    this.whole = buildASTSchema(parse(supergraphSdl, { noLocation: true }), { assumeValid: true });
    this.subgraphs = subgraphSchemasOf(supergraphSdl);
  }

  isAbstract(name: string): boolean {
    return isAbstractType(this.whole.getType(name));
  }

  /** Names of the object types that a type can be, by the whole supergraph. */
  possibleTypes(name: string): readonly string[] {
    const type = this.whole.getType(name);
    return isAbstractType(type) ? this.whole.getPossibleTypes(type).map((possible) => possible.name) : [name];
  }

  /** Whether a type condition takes in an object of a type, or one known by the type, an interface, only. */
  includes(condition: string, type: string): boolean {
    return condition === type || this.isSubType(condition, type);
  }

  /** Whether objects known by an interface only may be of a type condition, which cannot be told without their type. */
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
