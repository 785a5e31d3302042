import {
  type ASTNode,
  type ConstDirectiveNode,
  type DocumentNode,
  type EnumTypeDefinitionNode,
  Kind,
  valueFromASTUntyped,
} from 'graphql';
import { OperatorError } from '#base/errors';
import { featuresOf } from './features';

/** A subgraph that a supergraph joins. */
export interface JoinedSubgraph {
  readonly name: string;
  readonly url: string;
  /** Its value of the enum of subgraphs. */
  readonly graph: string;
}

/** How one subgraph knows a type. Several of one subgraph differ in their keys. */
export interface JoinedType {
  readonly graph: string;
  readonly key?: string;
  readonly resolvable: boolean;
  readonly extension: boolean;
  /** Whether it knows all objects of the interface as objects of one type. */
  readonly isInterfaceObject: boolean;
}

/** An argument whose value is selected from an enclosing object. */
export interface ContextArgument {
  readonly name: string;
  readonly type: string;
  /** Name of the context, as `subgraph__context`. */
  readonly context: string;
  /** What is selected from it. */
  readonly selection: string;
}

/** How one subgraph knows a field. */
export interface JoinedField {
  /** Undefined for a field that no subgraph resolves: one of an interface whose objects have it. */
  readonly graph?: string;
  /** Its type in this subgraph, if it differs. */
  readonly type?: string;
  readonly requires?: string;
  readonly provides?: string;
  readonly external?: boolean;
  /** Whether the subgraph has it for its own requirements only, since another one overrides it. */
  readonly usedOverridden?: boolean;
  /** The subgraph that it takes the field over from. */
  readonly override?: string;
  readonly overrideLabel?: string;
  readonly contextArguments?: readonly ContextArgument[];
}

/** A type definition or a part of one, with the directives applied to it. */
type Annotated = ASTNode & { readonly directives?: readonly ConstDirectiveNode[] };

/** Versions of the join specification that this gateway reads: those of Federation 2. */
const VERSIONS = ['v0.2', 'v0.3', 'v0.4', 'v0.5'];
const JOIN_URL = /^https?:\/\/specs\.apollo\.dev\/join\/(v[\d.]+)\/?$/i;

/** Reads how subgraphs are joined from the directives of the join specification. */
export class Join {
  readonly subgraphs: readonly JoinedSubgraph[];
  private readonly names: Readonly<Record<'type' | 'field' | 'implements' | 'unionMember' | 'enumValue', string>>;
  private readonly prefix: string;
  /** Fields are read once for each subgraph. */
  private readonly fields = new WeakMap<Annotated, readonly JoinedField[]>();

  /** @throws OperatorError if the document is no supergraph of Federation 2 */
  constructor(supergraph: DocumentNode) {
    const feature = featuresOf(supergraph).find(({ url }) => JOIN_URL.test(url));
    if (!feature)
      throw new OperatorError(
        'Invalid supergraph: it does not link the join specification',
        'The file must be a Federation 2 supergraph schema, as composition writes it',
      );
    const version = JOIN_URL.exec(feature.url)![1]!;
    if (!VERSIONS.includes(version))
      throw new OperatorError(
        `Invalid supergraph: it links version ${version} of the join specification; this gateway reads ${VERSIONS.join(', ')}`,
        'Compose it with a version of Federation 2 that writes one of these',
      );
    const named = (directive: string) => feature.directiveNamed(directive);
    this.names = {
      type: named('type'),
      field: named('field'),
      implements: named('implements'),
      unionMember: named('unionMember'),
      enumValue: named('enumValue'),
    };
    this.prefix = named('graph').replace(/graph$/, '');
    this.subgraphs = this.subgraphsIn(supergraph, named('graph'));
  }

  private subgraphsIn({ definitions }: DocumentNode, directive: string): JoinedSubgraph[] {
    const graphs = definitions.find(
      (definition): definition is EnumTypeDefinitionNode =>
        definition.kind === Kind.ENUM_TYPE_DEFINITION && definition.name.value === `${this.prefix}Graph`,
    );
    return (graphs?.values ?? []).flatMap((value) => {
      const [joined] = applied<{ name: string; url: string }>(value, directive);
      return joined ? [{ graph: value.name.value, name: joined.name, url: joined.url }] : [];
    });
  }

  typesOf(type: Annotated): JoinedType[] {
    return applied<Partial<JoinedType> & { graph: string }>(type, this.names.type).map((joined) => ({
      ...joined,
      resolvable: joined.resolvable !== false,
      extension: joined.extension === true,
      isInterfaceObject: joined.isInterfaceObject === true,
    }));
  }

  /** Empty for a field that every subgraph with its type has. */
  fieldsOf(field: Annotated): readonly JoinedField[] {
    let joined = this.fields.get(field);
    if (!joined) {
      joined = applied<JoinedField>(field, this.names.field);
      this.fields.set(field, joined);
    }
    return joined;
  }

  /** Interfaces of a type, by subgraph. */
  interfacesOf(type: Annotated): { readonly graph: string; readonly interface: string }[] {
    return applied(type, this.names.implements);
  }

  /** Empty where every subgraph with the union has all of its members. */
  membersOf(union: Annotated): { readonly graph: string; readonly member: string }[] {
    return applied(union, this.names.unionMember);
  }

  /** Empty for a value that every subgraph with the enum has. */
  graphsOfValue(value: Annotated): string[] {
    return applied<{ graph: string }>(value, this.names.enumValue).map(({ graph }) => graph);
  }
}

/** Arguments of each application of a directive, without those that are null. */
function applied<Arguments>({ directives = [] }: Annotated, name: string): Arguments[] {
  return directives
    .filter((directive) => directive.name.value === name)
    .map(({ arguments: nodes = [] }) => {
      const entries = nodes.map((node) => [node.name.value, valueFromASTUntyped(node.value)] as const);
      return Object.fromEntries(entries.filter(([, value]) => value !== null)) as Arguments;
    });
}
