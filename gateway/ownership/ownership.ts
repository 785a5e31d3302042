import {
  type ConstDirectiveNode,
  type DocumentNode,
  isTypeDefinitionNode,
  Kind,
  type TypeDefinitionNode,
} from 'graphql';
import { OperatorError } from '#base/errors';
import type { Sensitivity } from '#base/sensitivity';
import { NodeDirectory } from '../nodes/directory';
import { NODES } from '../nodes/schema';
import { classesIn } from '../policy/sensitivity';
import { featuresOf, handlingFeature } from '../supergraph/features';
import type { Join } from '../supergraph/join';
import { type Published, subgraphDocument } from '../supergraph/subgraph-document';
import { readSupergraph } from '../supergraph/supergraph';
import { ACTS, type Agreement, type Consent } from './agreement';
import { deedsIn } from './deeds';
import { type Element, elementsOf, parametersOf, type SubgraphElements } from './elements';
import { joinedSchemas } from './joined-schemas';
import { type Deed, Definers, isConsented, Owners, withoutArgument } from './owners';
import { agreementIn } from './supergraph-agreement';

/** What the subgraphs of a graph do to each other's parts. */
export class Ownership {
  /** What they do without consent. Nothing in graphs without sensitivity classes, which protect nothing. */
  readonly encroachments: readonly Deed[];
  private readonly deeds: readonly Deed[];
  private readonly subgraphs: readonly SubgraphElements[];
  private readonly definers: Definers;
  private readonly owners: Owners;
  /** Owners as gateways see them, which do not know what was before. */
  private readonly alone: Owners;

  /**
   * @param before the subgraphs before a change: it cannot take away what they own
   * @throws GraphQLError for invalid syntax
   */
  constructor(
    subgraphs: readonly Published[],
    private readonly agreement: Agreement,
    before?: readonly Published[],
  ) {
    this.subgraphs = elementsOf(subgraphs);
    this.definers = new Definers(this.subgraphs);
    this.owners = ownersOf(subgraphs, agreement, before);
    this.alone = new Owners(this.definers, agreement);
    const classes = new Map(subgraphs.flatMap((subgraph) => [...classesIn(subgraphDocument(subgraph))]));
    const { definers, owners } = this;
    const graph = { subgraphs: this.subgraphs, definers, owners, agreement };
    this.deeds = classes.size > 0 ? deedsIn({ ...graph, classOf: (coordinate) => classes.get(coordinate) }) : [];
    this.encroachments = this.deeds.filter((deed) => !isConsented(deed, agreement));
  }

  /**
   * The agreement for the supergraph, with what gateways cannot see in it: who owned the contested parts before, and what an owner hides
   * of its own.
   */
  statement(): Agreement {
    const owned = (coordinate: string) => {
      const owner = this.owners.of(coordinate);
      return owner === undefined ? [] : [[coordinate, owner] as const];
    };
    const shared = this.definers
      .shared()
      .filter((coordinate) => this.owners.of(coordinate) !== this.alone.of(coordinate));
    // supergraphs no longer show who defined what is overridden
    const contested = this.deeds
      .map(({ coordinate }) => coordinate)
      .filter((coordinate) => !coordinate.startsWith('@'));
    return {
      ...this.agreement,
      owners: { ...Object.fromEntries([...shared, ...contested].flatMap(owned)), ...this.agreement.owners },
      consents: [...this.agreement.consents, ...this.ownHidings()],
    };
  }

  private ownHidings(): Consent[] {
    return this.subgraphs.flatMap((subgraph) => {
      const hides = ({ directives = [] }: Annotated) => subgraph.applied(directives, 'inaccessible').length > 0;
      const coordinates = [...subgraph.types.values()].flatMap((type) =>
        [
          { coordinate: type.coordinate, node: type },
          ...[...type.elements.values()].flatMap(({ coordinate, node }) => [...withParameters(coordinate, node)]),
        ].flatMap(({ coordinate, node }) => {
          if (!hides(node)) return [];
          const element = withoutArgument(coordinate);
          // where no one is the owner, all must hide it
          const isOwn =
            (this.owners.of(element) ?? subgraph.name) === subgraph.name && this.definers.of(element).length > 1;
          return isOwn ? [coordinate] : [];
        }),
      );
      const { name } = subgraph;
      return coordinates.length > 0 ? [{ by: name, to: [name], act: 'HIDE' as const, coordinates, reason: '' }] : [];
    });
  }
}

/** Who owns the parts of a graph. @param before the graph before a change, whose owners stay owners @throws GraphQLError for invalid syntax */
export const ownersOf = (
  subgraphs: readonly Published[],
  agreement: Agreement,
  before?: readonly Published[],
): Owners => new Owners(new Definers(elementsOf(subgraphs)), agreement, before && ownersOf(before, agreement));

/** A deed in words, with its place, the owner, and the consent that is missing. */
export function describeDeed({ by, act, coordinate, owners, detail, place }: Deed): string {
  const names = owners.join(', ');
  const what = `${by} ${ACTS[act]} ${coordinate}${detail === '' ? '' : ` (${detail})`}`;
  return `${place === '' ? '' : `${place}: `}${what}, which ${names} ${owners.length > 1 ? 'own' : 'owns'}: it needs the consent ${act} of ${names}`;
}

/**
 * Refuses a supergraph in which a subgraph does something to what others own without a consent that the supergraph states. A file written
 * by hand can state any consent: its signature says whether to believe it.
 * @throws OperatorError
 */
export function requireOwnership(supergraph: DocumentNode, join: Join): void {
  if (!handlingFeature(supergraph)) return;
  const agreement = agreementIn(supergraph);
  const subgraphs = joinedSchemas(supergraph, join);
  const definers = new Definers(subgraphs);
  const owners = new Owners(definers, agreement);
  const classes = classesIn(supergraph);
  const deeds = deedsIn({
    ...{ subgraphs, definers, owners, agreement },
    classOf: (coordinate) => classes.get(coordinate),
  });
  const flaws = [
    ...deeds.filter((deed) => !isConsented(deed, agreement)).map(describeDeed),
    ...hiddenParts(supergraph, definers, owners, agreement),
    ...unclassifiedParts(supergraph, join, classes),
  ];
  if (flaws.length > 0) throw encroaching(flaws);
}

/** Refuses a supergraph that gateways would. @throws OperatorError */
export function requireServable(sdl: string): void {
  const { document, join } = readSupergraph(sdl);
  requireOwnership(document, join);
  NodeDirectory.of(document);
}

export const encroaching = (flaws: readonly string[]): OperatorError =>
  new OperatorError(
    `Subgraphs do what needs the consent of others:\n${flaws.map((flaw) => `- ${flaw}`).join('\n')}`,
    'Leave these parts to their owners, or ask them: docs/agency-schemas.md describes consents. The supergraph is unchanged',
  );

/** Fields without a class: they would be public. Those of the gateway's own subgraph are. */
function unclassifiedParts(supergraph: DocumentNode, join: Join, classes: ReadonlyMap<string, Sensitivity>): string[] {
  const own = join.subgraphs.find(({ name }) => name === NODES)?.graph;
  return supergraph.definitions.flatMap((definition) => {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION)
      return [];
    return (definition.fields ?? []).flatMap((field) => {
      const coordinate = `${definition.name.value}.${field.name.value}`;
      if (classes.has(coordinate)) return [];
      const joined = join.fieldsOf(field);
      const isOwn = (joined.length > 0 ? joined : join.typesOf(definition)).every(({ graph }) => graph === own);
      return isOwn ? [] : [`${coordinate} has no sensitivity class`];
    });
  });
}

/** Parts of several subgraphs that are hidden, although no owner consented. Supergraphs do not say which subgraph hides them. */
function hiddenParts(supergraph: DocumentNode, definers: Definers, owners: Owners, agreement: Agreement): string[] {
  const feature = featuresOf(supergraph).find(({ url }) => url.startsWith('https://specs.apollo.dev/inaccessible/'));
  if (!feature) return [];
  const hides = ({ directives = [] }: Annotated) =>
    directives.some(({ name }) => name.value === feature.directiveNamed('inaccessible'));
  return supergraph.definitions.filter(isTypeDefinitionNode).flatMap((type) =>
    [...partsOf(type)].flatMap(({ coordinate, node }) => {
      const names = definers.of(withoutArgument(coordinate));
      if (names.length < 2 || !hides(node)) return [];
      const asked = owners.of(withoutArgument(coordinate));
      const isAgreed = agreement.consents.some(
        ({ by, act, coordinates }) =>
          act === 'HIDE' && coordinates.includes(coordinate) && (asked === undefined ? names : [asked]).includes(by),
      );
      return isAgreed
        ? []
        : [
            `${coordinate} is hidden, and defined by ${names.join(', ')}: it needs the consent HIDE of ${asked ?? 'each'}`,
          ];
    }),
  );
}

type Annotated = { readonly directives?: readonly ConstDirectiveNode[] };
type Part = { readonly coordinate: string; readonly node: Annotated };

/** A type and its fields, input fields, enum values, and arguments, with their coordinates. */
function* partsOf(type: TypeDefinitionNode): Generator<Part> {
  const { value: name } = type.name;
  yield { coordinate: name, node: type };
  const parts = 'fields' in type ? (type.fields ?? []) : 'values' in type ? (type.values ?? []) : [];
  for (const part of parts) yield* withParameters(`${name}.${part.name.value}`, part);
}

function* withParameters(coordinate: string, node: Element['node']): Generator<Part> {
  yield { coordinate, node };
  for (const parameter of parametersOf(node))
    yield { coordinate: `${coordinate}(${parameter.name.value}:)`, node: parameter };
}
