import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type InputValueDefinitionNode,
  isTypeDefinitionNode,
  Kind,
  parse,
  type StringValueNode,
} from 'graphql';
import { argumentsOf } from '../supergraph/ast';
import { printAnnotatedSchema } from './annotated-schema';

/** A part of the schema that clients see. */
export interface Coordinate {
  /** Such as `Type`, `Type.field`, or `Type.field(argument:)`. */
  readonly coordinate: string;
  readonly kind: 'TYPE' | 'FIELD' | 'ARGUMENT' | 'INPUT_FIELD' | 'ENUM_VALUE';
  /** Name of the type that it is, or is in. */
  readonly type: string;
  /** Names of the subgraphs that resolve it, or that define it. */
  readonly owners: readonly string[];
  /** Sensitivity class; null for all but fields. */
  readonly sensitivity: string | null;
  readonly description: string | null;
  /** What to use instead; null unless it is deprecated. */
  readonly deprecated: string | null;
}

interface Described {
  readonly description?: StringValueNode;
  readonly directives?: readonly ConstDirectiveNode[];
}

/** The parts of the schema of a supergraph that clients see. Takes seconds for a large one. */
export function coordinatesIn(supergraphSdl: string): Coordinate[] {
  return parse(printAnnotatedSchema(supergraphSdl), { noLocation: true }).definitions.flatMap(coordinatesOf);
}

function coordinatesOf(definition: DefinitionNode): Coordinate[] {
  if (!isTypeDefinitionNode(definition)) return [];
  const type = definition.name.value;
  const own = ownersOf(definition);
  const part = (
    kind: Coordinate['kind'],
    coordinate: string,
    node: Described,
    owners: readonly string[] = own,
  ): Coordinate => ({
    ...{ coordinate, kind, type, owners },
    sensitivity: textOf(node, 'sensitivity', 'class'),
    description: node.description?.value ?? null,
    deprecated: textOf(node, 'deprecated', 'reason'),
  });
  const inputs = (
    kind: Coordinate['kind'],
    nodes: readonly InputValueDefinitionNode[],
    owners: readonly string[],
    of: (name: string) => string,
  ) => nodes.map((node) => part(kind, of(node.name.value), node, owners));
  const parts = [part('TYPE', type, definition)];
  switch (definition.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_DEFINITION:
      for (const field of definition.fields ?? []) {
        const coordinate = `${type}.${field.name.value}`;
        const named = ownersOf(field);
        const owners = named.length > 0 ? named : own;
        parts.push(part('FIELD', coordinate, field, owners));
        parts.push(...inputs('ARGUMENT', field.arguments ?? [], owners, (name) => `${coordinate}(${name}:)`));
      }
      return parts;
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
      return [...parts, ...inputs('INPUT_FIELD', definition.fields ?? [], own, (name) => `${type}.${name}`)];
    case Kind.ENUM_TYPE_DEFINITION:
      return [
        ...parts,
        ...(definition.values ?? []).map((value) => part('ENUM_VALUE', `${type}.${value.name.value}`, value)),
      ];
    default:
      return parts;
  }
}

const ownersOf = ({ directives = [] }: Described): string[] =>
  directives.filter(({ name }) => name.value === 'owner').map((owner) => String(argumentsOf(owner).subgraph));

/** An argument of a directive; its default for one without it. Null without the directive. */
function textOf({ directives = [] }: Described, directive: string, argument: string): string | null {
  const applied = directives.find(({ name }) => name.value === directive);
  return applied ? String(argumentsOf(applied)[argument] ?? 'No longer supported') : null;
}
