import { type DocumentNode, Kind, type SelectionSetNode, valueFromASTUntyped } from 'graphql';
import { OperatorError } from '#base/errors';
import { featuresOf } from '../supergraph/features';
import { argumentOf, NODE_URL, type NodeType } from './schema';

/** An object that may exist. */
export interface Candidate {
  readonly type: NodeType;
  readonly key: string;
}

/** Root fields that find objects by global id. */
const ROOTS: ReadonlySet<string> = new Set(['node', 'nodes']);

/** The types that a supergraph finds by global id. */
export class NodeDirectory {
  private constructor(private readonly byPrefix: ReadonlyMap<string, NodeType>) {}

  /** Undefined if there are no such types. */
  static of(supergraph: DocumentNode): NodeDirectory | undefined {
    const feature = featuresOf(supergraph).find(({ url }) => url.startsWith(NODE_URL));
    if (!feature) return undefined;
    const directive = feature.directiveNamed('nodeId');
    const byPrefix = new Map<string, NodeType>();
    for (const definition of supergraph.definitions) {
      if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
      const prefix = argumentOf(definition, directive, 'prefix');
      if (typeof prefix !== 'string') continue;
      if (byPrefix.has(prefix))
        throw new OperatorError(
          `Invalid supergraph: the global id prefix "${prefix}" is that of two types`,
          'Compose it again: composition gives each type a prefix of its own',
        );
      byPrefix.set(prefix, {
        name: definition.name.value,
        prefix,
        keyField: String(argumentOf(definition, 'join__type', 'key')),
        subgraphs: argumentOf(definition, directive, 'subgraphs') as string[],
      });
    }
    return new NodeDirectory(byPrefix);
  }

  get types(): readonly NodeType[] {
    return [...this.byPrefix.values()];
  }

  /** The types of the global ids in an operation. Reads each variable once. @param values values of its variables */
  typesIn(selectionSet: SelectionSetNode, values: Readonly<Record<string, unknown>>): readonly NodeType[] {
    const types = new Set<NodeType>();
    const read = new Set<string>();
    const visit = ({ selections }: SelectionSetNode): void => {
      for (const selection of selections) {
        if (selection.kind === Kind.INLINE_FRAGMENT) visit(selection.selectionSet);
        if (selection.kind !== Kind.FIELD || !ROOTS.has(selection.name.value)) continue;
        for (const { value } of selection.arguments ?? []) {
          if (value.kind === Kind.VARIABLE && read.has(value.name.value)) continue;
          if (value.kind === Kind.VARIABLE) read.add(value.name.value);
          for (const id of [valueFromASTUntyped(value, values)].flat()) {
            const type = this.candidate(String(id))?.type;
            if (type) types.add(type);
          }
        }
      }
    };
    visit(selectionSet);
    return [...types];
  }

  /** The type and key of an id; undefined if it matches no type. */
  candidate(id: string): Candidate | undefined {
    const end = id.search(/[:_]/) + 1;
    const type = this.byPrefix.get(id.slice(0, end));
    if (!type) return undefined;
    const key = type.keyField === 'id' ? id : id.slice(end);
    return key === '' || key === type.prefix ? undefined : { type, key };
  }
}
