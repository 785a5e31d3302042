import { type ConstDirectiveNode, type FieldDefinitionNode, print, type TypeNode } from 'graphql';
import { isCovered, type Sensitivity } from '#base/sensitivity';
import { argumentsOf } from '../supergraph/ast';
import { handlingFeature } from '../supergraph/features';
import { type Act, type Agreement, isCleared } from './agreement';
import { type Element, parametersOf, placeOf, type SubgraphElements, type TypeElement } from './elements';
import { derivationOf, FieldSets, sortedFields, topLevelFields } from './field-sets';
import { type Deed, type Definers, isNode, type Owners } from './owners';

/** Directives whose use on one definition has an effect on all of them. */
const EFFECTS: Readonly<Record<string, Act>> = {
  inaccessible: 'HIDE',
  tag: 'TAG',
  authenticated: 'AUTHORIZE',
  requiresScopes: 'AUTHORIZE',
  policy: 'AUTHORIZE',
  cost: 'COST',
  listSize: 'COST',
};

/** What is needed to judge a subgraph. */
export interface Graph {
  readonly subgraphs: readonly SubgraphElements[];
  readonly definers: Definers;
  readonly owners: Owners;
  readonly agreement: Agreement;
  /** The class of a field, by its coordinate. */
  readonly classOf: (coordinate: string) => Sensitivity | undefined;
}

/** Finds everything that subgraphs do to elements that others own. */
export const deedsIn = (graph: Graph): Deed[] =>
  graph.subgraphs.flatMap((subgraph) => new DeedFinder(graph, subgraph).find());

class DeedFinder {
  private readonly deeds: Deed[] = [];
  private readonly fieldSets: FieldSets;
  /** Other checks compare classes. */
  private readonly classDirective: string | undefined;
  private readonly others: readonly SubgraphElements[];

  constructor(
    private readonly graph: Graph,
    private readonly subgraph: SubgraphElements,
  ) {
    this.fieldSets = new FieldSets(subgraph, graph.subgraphs, (type) => graph.definers.objectsOf(type));
    this.classDirective = handlingFeature(subgraph.document)?.directiveNamed('sensitivity');
    this.others = graph.subgraphs.filter((other) => other !== subgraph);
  }

  find(): Deed[] {
    for (const type of this.subgraph.types.values()) {
      const others = this.others.flatMap((other) => other.types.get(type.coordinate) ?? []);
      if (others.length > 0) this.judgeType(type, others);
      for (const element of type.elements.values()) this.judgeInputs(element);
      for (const element of type.elements.values()) this.judgeElement(type, element, others);
    }
    this.judgeDirectives();
    return this.deeds;
  }

  private add(act: Act, coordinate: string, node: Element['node'] | TypeElement['node'], detail = ''): void {
    this.addTo(this.graph.owners.askedFor(coordinate, this.subgraph.name), act, coordinate, node, detail);
  }

  private addTo(
    owners: readonly string[],
    act: Act,
    coordinate: string,
    node: Parameters<typeof placeOf>[0],
    detail = '',
  ): void {
    if (owners.length > 0)
      this.deeds.push({ by: this.subgraph.name, act, coordinate, owners, detail, place: placeOf(node) });
  }

  private judgeType(type: TypeElement, others: readonly TypeElement[]): void {
    const { coordinate, node } = type;
    const references = this.references(coordinate, (name) => this.typeIn(name, coordinate));
    this.judgeEffects(coordinate, node, type.directives, references);
    this.judgeKeys(type, references);
    if (isNode(type, this.subgraph) && others.length > 0) this.add('NODE', coordinate, node);
    if (this.subgraph.applied(type.directives, 'interfaceObject').length > 0)
      this.add('INTERFACE_OBJECT', coordinate, node);
    this.judgeAdditions(type, references);
    this.judgeOmissions(type, references);
  }

  private judgeAdditions(
    { coordinate, node, kind, elements, members, interfaces }: TypeElement,
    references: readonly TypeElement[],
  ): void {
    // what another one adds, too, is no less an addition
    const known = new Set(references.flatMap((owned) => [...owned.elements.keys(), ...owned.members.keys()]));
    if (references.length === 0) return;
    if (kind === 'ENUM' || kind === 'INTERFACE')
      for (const [added, { node: of }] of elements)
        if (!known.has(added)) this.add('EXTEND', coordinate, of, `adds "${of.name.value}"`);
    for (const [member] of members)
      if (!known.has(member)) this.add('EXTEND', coordinate, node, `adds the type "${member}"`);
    for (const name of interfaces)
      if (name !== 'Node' && this.isOwned(coordinate) && references.some((owned) => !owned.interfaces.has(name)))
        this.add('EXTEND', coordinate, node, `implements "${name}"`);
  }

  /** Composition keeps only those fields and values of inputs that all subgraphs have. */
  private judgeOmissions({ coordinate, node, kind, elements }: TypeElement, references: readonly TypeElement[]): void {
    if (kind !== 'INPUT' && !(kind === 'ENUM' && this.graph.definers.isInputOnly(coordinate))) return;
    for (const [missing] of references[0]?.elements ?? [])
      if (!elements.has(missing))
        this.add('CHANGE', coordinate, node, `lacks "${missing.split('.')[1]}", so that the graph loses it`);
  }

  private isOwned(coordinate: string): boolean {
    return this.graph.owners.of(coordinate) !== undefined;
  }

  private judgeKeys(type: TypeElement, references: readonly TypeElement[]): void {
    const { coordinate, node } = type;
    const known = this.keysOf(coordinate);
    for (const key of keysIn(type, this.subgraph))
      if (references.length > 0 && !known.includes(key)) this.add('KEY', coordinate, node, `its key is "${key}"`);
    // gateways send the values of keys
    for (const source of this.fieldSets.keyFieldsOf(type))
      this.requireClearance(source, node, `the key of ${coordinate}`);
  }

  /** The keys that the owners of another's type give it. */
  private keysOf(coordinate: string): readonly string[] {
    return this.graph.owners.askedFor(coordinate, this.subgraph.name).flatMap((owner) => {
      const other = this.others.find(({ name }) => name === owner);
      const type = other?.types.get(coordinate);
      return other && type ? keysIn(type, other) : [];
    });
  }

  /** What a field takes from others' fields, or answers for them. */
  private judgeInputs(element: Element): void {
    const { node, coordinate, directives } = element;
    if (!('type' in node)) return;
    for (const source of new Set(this.fieldSets.requiredBy(element))) this.requireClearance(source, node, coordinate);
    for (const provided of new Set(this.fieldSets.providedBy(element)))
      if (!this.definesAlone(provided) && !this.isKey(provided))
        this.add('PROVIDE', provided, node, `by ${coordinate}`);
    this.judgeDerivation(element);
    if (this.subgraph.applied(directives, 'override').length > 0) this.judgeOverride(element);
  }

  private requireClearance(source: string, node: Element['node'] | TypeElement['node'], use: string): void {
    const of = this.graph.classOf(source);
    if (of === undefined || isCleared(this.graph.agreement, this.subgraph.name, of)) return;
    this.add('REQUIRE', source, node, `for ${use}; its class ${of} is above the clearance of ${this.subgraph.name}`);
  }

  private judgeDerivation(element: Element): void {
    const { coordinate, node } = element;
    const { fields = [], coarsened } = derivationOf(element) ?? {};
    const by = this.graph.classOf(coordinate);
    if (coarsened === undefined || by === undefined) return;
    for (const source of new Set([...fields, ...this.fieldSets.requiredBy(element)])) {
      const of = this.graph.classOf(source);
      if (of !== undefined && !isCovered(of, by)) this.add('COARSEN', source, node, `as ${coordinate}, of class ${by}`);
    }
  }

  private judgeOverride({ coordinate, node, directives }: Element): void {
    for (const override of this.subgraph.applied(directives, 'override')) {
      const from = String(argumentsOf(override).from);
      if (!this.others.some(({ name }) => name === from)) continue;
      const asked = this.graph.owners.askedFor(coordinate, this.subgraph.name);
      // supergraphs no longer show that the other one defines it
      this.addTo(asked.length === 0 ? [from] : asked, 'OVERRIDE', coordinate, node, `from ${from}`);
    }
  }

  private definesAlone(coordinate: string): boolean {
    const definers = this.graph.definers.of(coordinate);
    return definers.length === 1 && definers[0] === this.subgraph.name;
  }

  private judgeElement(type: TypeElement, element: Element, others: readonly TypeElement[]): void {
    const { coordinate, node, isExternal, directives } = element;
    if (!others.some(({ elements }) => elements.get(coordinate)?.isExternal === false)) return;
    const references = this.references(coordinate, (name) => this.elementIn(name, type.coordinate, coordinate));
    // composition takes these from references, too
    this.judgeEffects(coordinate, node, directives, references);
    this.judgeArgumentEffects(element, references);
    if (isExternal) return;
    if (this.isShared(type, element)) this.add('SHARE', coordinate, node);
    const form = formOf(node);
    const different = references.find(({ node: other }) => formOf(other) !== form);
    if (different) this.add('CHANGE', coordinate, node, `${form} instead of ${formOf(different.node)}`);
  }

  /** Whether a field of one object has answers of several subgraphs. Global ids and keys are the same everywhere. */
  private isShared({ coordinate: type, kind }: TypeElement, { coordinate }: Element): boolean {
    if ((kind !== 'OBJECT' && kind !== 'INTERFACE') || !this.graph.definers.isEntity(type)) return false;
    if (this.isKey(coordinate)) return false;
    const resolving = this.resolving(type, coordinate);
    return resolving.length > 1 && resolving.includes(this.subgraph.name);
  }

  private isKey(coordinate: string): boolean {
    const [type = '', field = ''] = coordinate.split('.');
    // global ids follow from keys
    if (field === 'id' && this.graph.definers.ofNode(type).length > 0) return true;
    const own = this.subgraph.types.get(type);
    const known = this.keysOf(type);
    return (own ? keysIn(own, this.subgraph) : []).some(
      (key) => (known.length === 0 || known.includes(key)) && topLevelFields(key).includes(field),
    );
  }

  /** The subgraphs that resolve a field beside this one. To take it over from one of them is an act of its own. */
  private resolving(type: string, coordinate: string): string[] {
    const { name: own } = this.subgraph;
    const left = new Set<unknown>();
    for (const other of this.graph.subgraphs)
      for (const override of other.applied(
        other.types.get(type)?.elements.get(coordinate)?.directives ?? [],
        'override',
      )) {
        const { from, label } = argumentsOf(override);
        if (label === undefined) left.add(from);
        // with a label, both answer a share of requests
        else if (other.name === own) left.add(from);
        else if (from === own) left.add(other.name);
      }
    return this.graph.definers.of(coordinate).filter((name) => !left.has(name));
  }

  private judgeArgumentEffects({ coordinate, node }: Element, references: readonly Element[]): void {
    for (const parameter of parametersOf(node)) {
      const others = references.flatMap((other) =>
        parametersOf(other.node).filter(({ name }) => name.value === parameter.name.value),
      );
      if (others.length === 0) continue;
      this.judgeEffects(
        `${coordinate}(${parameter.name.value}:)`,
        node,
        parameter.directives ?? [],
        others.map((other) => ({ directives: other.directives ?? [] })),
      );
    }
  }

  private judgeEffects(
    coordinate: string,
    node: Element['node'] | TypeElement['node'],
    directives: readonly ConstDirectiveNode[],
    references: readonly { readonly directives: readonly ConstDirectiveNode[] }[],
  ): void {
    const has = (directive: string) =>
      references.length > 0 && references.every((other) => other.directives.some((same) => print(same) === directive));
    for (const directive of directives) {
      const act = this.effectOf(directive);
      const text = print(directive);
      if (act && !has(text)) this.add(act, coordinate, node, text);
    }
  }

  private effectOf({ name }: ConstDirectiveNode): Act | undefined {
    if (name.value === 'deprecated') return 'DEPRECATE';
    for (const [directive, act] of Object.entries(EFFECTS))
      if (this.subgraph.namesOf(directive).has(name.value)) return act;
    const isOwn = this.subgraph.composedDirectives.has(name.value) && name.value !== this.classDirective;
    return isOwn ? 'CHANGE' : undefined;
  }

  private judgeDirectives(): void {
    for (const [name, node] of this.subgraph.composedDirectives) {
      const others = this.others.flatMap((other) => other.composedDirectives.get(name) ?? []);
      const [known] = others;
      if (!known || signatureOf(known) === signatureOf(node)) continue;
      const owners = this.others.filter(({ composedDirectives }) => composedDirectives.has(name));
      this.addTo(
        owners.map((owner) => owner.name),
        'CHANGE',
        `@${name}`,
        node,
      );
    }
  }

  /** The definitions that others' must agree with: the owner's, or those of all others. */
  private references<T>(coordinate: string, find: (subgraph: string) => T | undefined): T[] {
    return this.graph.owners.askedFor(coordinate, this.subgraph.name).flatMap((owner) => find(owner) ?? []);
  }

  private typeIn(name: string, coordinate: string): TypeElement | undefined {
    return this.others.find((other) => other.name === name)?.types.get(coordinate);
  }

  private elementIn(name: string, type: string, coordinate: string): Element | undefined {
    return this.typeIn(name, type)?.elements.get(coordinate);
  }
}

const keysIn = ({ directives }: TypeElement, subgraph: SubgraphElements): string[] =>
  subgraph.applied(directives, 'key').map((key) => sortedFields(String(argumentsOf(key).fields)));

/** Types, arguments, and default values of an element, as text. */
function formOf(node: Element['node']): string {
  if (!('type' in node)) return node.name.value;
  const type = print(node.type as TypeNode);
  if ('defaultValue' in node && node.defaultValue) return `${type} = ${print(node.defaultValue)}`;
  const parameters = parametersOf(node)
    .map(
      ({ name, type: of, defaultValue }) =>
        `${name.value}: ${print(of)}${defaultValue ? ` = ${print(defaultValue)}` : ''}`,
    )
    .sort();
  return parameters.length > 0 ? `(${parameters.join(', ')}): ${type}` : type;
}

const signatureOf = (node: {
  readonly arguments?: FieldDefinitionNode['arguments'];
  readonly locations: readonly { value: string }[];
  readonly repeatable: boolean;
}): string =>
  [String(node.repeatable), ...(node.arguments ?? []).map(formOf), ...node.locations.map(({ value }) => value)]
    .sort()
    .join(' ');
