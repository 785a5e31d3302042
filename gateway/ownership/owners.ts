import { argumentsOf, namedTypeOf, ROOT_TYPES } from '../supergraph/ast';
import { type Act, type Agreement, hasConsent, own } from './agreement';
import { parametersOf, type SubgraphElements, type TypeElement } from './elements';

/** Which subgraphs define an element, by its coordinate. */
export class Definers {
  private readonly byCoordinate = new Map<string, string[]>();
  /** Subgraphs that resolve the global ids of a type. */
  private readonly byNode = new Map<string, string[]>();
  private readonly objects = new Map<string, Set<string>>();
  private readonly inputs = new Set<string>();
  private readonly outputs = new Set<string>();
  private readonly entities = new Set<string>(Object.values(ROOT_TYPES));

  constructor(subgraphs: readonly SubgraphElements[]) {
    for (const subgraph of subgraphs)
      for (const type of subgraph.types.values()) {
        add(this.byCoordinate, type.coordinate, subgraph.name);
        if (isNode(type, subgraph)) add(this.byNode, type.coordinate, subgraph.name);
        if (subgraph.applied(type.directives, 'key').length > 0) this.entities.add(type.coordinate);
        for (const name of type.interfaces) this.addObject(name, type.coordinate);
        for (const name of type.members.keys()) this.addObject(type.coordinate, name);
        for (const { coordinate, node, isExternal } of type.elements.values()) {
          if (!isExternal) add(this.byCoordinate, coordinate, subgraph.name);
          if ('type' in node) (type.kind === 'INPUT' ? this.inputs : this.outputs).add(namedTypeOf(node.type));
          for (const parameter of parametersOf(node)) this.inputs.add(namedTypeOf(parameter.type));
        }
      }
  }

  private addObject(of: string, object: string): void {
    const objects = this.objects.get(of) ?? new Set();
    this.objects.set(of, objects.add(object));
  }

  /** Names of the subgraphs that define a type, or a field other than by `@external`. */
  of(coordinate: string): readonly string[] {
    return this.byCoordinate.get(coordinate) ?? [];
  }

  /** Coordinates of what several subgraphs define. */
  shared(): string[] {
    return [...this.byCoordinate].flatMap(([coordinate, names]) => (names.length > 1 ? [coordinate] : []));
  }

  ofNode(type: string): readonly string[] {
    return this.byNode.get(type) ?? [];
  }

  /** Whether a type is that of arguments or input fields, and of no field. */
  isInputOnly(type: string): boolean {
    return this.inputs.has(type) && !this.outputs.has(type);
  }

  /** The types of the objects of an interface or union, in any subgraph. */
  objectsOf(type: string): readonly string[] {
    return [...(this.objects.get(type) ?? [])];
  }

  /** Whether several subgraphs can resolve fields of one object of the type. */
  isEntity(type: string): boolean {
    return this.entities.has(type);
  }
}

/** Whether the subgraph resolves global ids of the type: by the prefix of `@node`, and a key of one field. */
export const isNode = ({ kind, directives }: TypeElement, subgraph: SubgraphElements): boolean =>
  kind === 'OBJECT' &&
  directives.some(
    (directive) => directive.name.value === 'node' && typeof argumentsOf(directive).prefix === 'string',
  ) &&
  subgraph.applied(directives, 'key').some((key) => /^\s*\w+\s*$/.test(String(argumentsOf(key).fields)));

function add(to: Map<string, string[]>, key: string, value: string): void {
  const values = to.get(key);
  if (values) values.push(value);
  else to.set(key, [value]);
}

/** Decides which subgraph owns an element of the graph. */
export class Owners {
  constructor(
    private readonly definers: Definers,
    private readonly agreement: Agreement,
    /** Owners before a change, which it cannot take away. */
    private readonly before?: Owners,
  ) {}

  /** The subgraph that owns an element; undefined if each of those that define it does. */
  of(part: string): string | undefined {
    const coordinate = withoutArgument(part);
    // who owned it before still does, also where several do
    if (this.before?.knows(coordinate)) return this.before.of(coordinate);
    return this.agreedOn(coordinate) ?? this.definingOne(coordinate);
  }

  /** Subgraphs that must consent to what another does to an element: its owner, or all others that define it. */
  askedFor(part: string, by: string): readonly string[] {
    const coordinate = withoutArgument(part);
    const owner = this.of(coordinate);
    if (owner !== undefined) return owner === by ? [] : [owner];
    const others = this.definersOf(coordinate).filter((name) => name !== by);
    if (others.length > 0) return others;
    const [type = '', field] = coordinate.split('.');
    return field === undefined ? [] : this.askedFor(type, by);
  }

  private knows(coordinate: string): boolean {
    return this.definers.of(coordinate).length > 0;
  }

  private definersOf(coordinate: string): readonly string[] {
    return this.before?.knows(coordinate) ? this.before.definersOf(coordinate) : this.definers.of(coordinate);
  }

  private agreedOn(coordinate: string): string | undefined {
    const { owners } = this.agreement;
    const [type = ''] = coordinate.split('.');
    const owner = own(owners, coordinate);
    if (owner !== undefined && this.definers.of(type).includes(owner)) return owner;
    const ofType = own(owners, type);
    return ofType !== undefined && this.definers.of(coordinate).includes(ofType) ? ofType : undefined;
  }

  private definingOne(coordinate: string): string | undefined {
    const names = this.definers.of(coordinate);
    if (names.length === 1) return names[0];
    const [type = ''] = coordinate.split('.');
    const [node, ...rivals] = this.definers.ofNode(type);
    if (node !== undefined && rivals.length === 0 && names.includes(node)) return node;
    const commons = own(this.agreement.owners, '*');
    return commons !== undefined && names.includes(commons) ? commons : undefined;
  }
}

/** An argument has the owner of its field. */
export const withoutArgument = (coordinate: string): string => coordinate.replace(/\(.*/, '');

/** Something that a subgraph does to an element that others own. */
export interface Deed {
  readonly by: string;
  readonly act: Act;
  readonly coordinate: string;
  /** Subgraphs that must consent. */
  readonly owners: readonly string[];
  /** What it changes, for messages; may be empty. */
  readonly detail: string;
  /** As `file:line:column`; may be empty. */
  readonly place: string;
}

/** Whether all of its owners consent. */
export const isConsented = (deed: Deed, agreement: Agreement): boolean =>
  deed.owners.every((owner) => hasConsent(agreement, owner, deed));
