import { type ConstDirectiveNode, type FieldDefinitionNode, print, type TypeNode } from 'graphql';
import type { Sensitivity } from '#base/sensitivity';
import { argumentsOf } from '../supergraph/ast';
import { type Act, type Agreement, isCleared } from './agreement';
import { type Element, placeOf, type SubgraphElements, type TypeElement } from './elements';
import { FieldSets, sortedFields } from './field-sets';
import type { Deed, Definers, Owners } from './owners';

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
  private readonly others: readonly SubgraphElements[];

  constructor(
    private readonly graph: Graph,
    private readonly subgraph: SubgraphElements,
  ) {
    this.fieldSets = new FieldSets(subgraph);
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
    const { coordinate, node, kind } = type;
    this.judgeEffects(
      coordinate,
      node,
      type.directives,
      this.references(coordinate, (name) => this.typeIn(name, coordinate)),
    );
    this.judgeKeys(type, others);
    if (this.isNode(type) && others.some((other) => this.isNode(other))) this.add('NODE', coordinate, node);
    if (this.subgraph.applied(type.directives, 'interfaceObject').length > 0)
      this.add('INTERFACE_OBJECT', coordinate, node);
    const all = new Set(others.flatMap(({ elements }) => [...elements.keys()]));
    if (kind === 'ENUM' || kind === 'INTERFACE')
      for (const [added, { node: of }] of type.elements)
        if (!all.has(added)) this.add('EXTEND', coordinate, of, `adds "${of.name.value}"`);
    const members = new Set(others.flatMap(({ members: names }) => [...names.keys()]));
    for (const [member] of type.members)
      if (!members.has(member)) this.add('EXTEND', coordinate, node, `adds the type "${member}"`);
    if (kind === 'ENUM' || kind === 'INPUT')
      for (const [missing] of this.references(coordinate, (name) => this.typeIn(name, coordinate))[0]?.elements ?? [])
        if (!type.elements.has(missing))
          this.add('CHANGE', coordinate, node, `lacks "${missing.split('.')[1]}", so that the graph loses it`);
  }

  private judgeKeys({ coordinate, node, directives }: TypeElement, others: readonly TypeElement[]): void {
    const keysOf = (type: Pick<TypeElement, 'directives'>, of: SubgraphElements) =>
      of.applied(type.directives, 'key').map((key) => sortedFields(String(argumentsOf(key).fields)));
    const known = new Set(
      this.others.flatMap((other) => {
        const type = other.types.get(coordinate);
        return type ? keysOf(type, other) : [];
      }),
    );
    if (others.length === 0 || known.size === 0) return;
    for (const key of keysOf({ directives }, this.subgraph))
      if (!known.has(key)) this.add('KEY', coordinate, node, `its key is "${key}"`);
  }

  /** What a field takes from others' fields, or answers for them. */
  private judgeInputs(element: Element): void {
    const { node, coordinate, directives } = element;
    if (!('type' in node)) return;
    for (const source of new Set(this.fieldSets.requiredBy(element))) {
      const of = this.graph.classOf(source);
      if (of === undefined || isCleared(this.graph.agreement, this.subgraph.name, of)) continue;
      this.add(
        'REQUIRE',
        source,
        node,
        `for ${coordinate}; its class ${of} is above the clearance of ${this.subgraph.name}`,
      );
    }
    for (const provided of new Set(this.fieldSets.providedBy(element)))
      if (!this.definesAlone(provided)) this.add('PROVIDE', provided, node, `by ${coordinate}`);
    if (this.subgraph.applied(directives, 'override').length > 0) this.judgeOverride(element);
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
    if (isExternal || !others.some(({ elements }) => elements.get(coordinate)?.isExternal === false)) return;
    const references = this.references(coordinate, (name) => this.elementIn(name, type.coordinate, coordinate));
    this.judgeEffects(coordinate, node, directives, references);
    this.judgeArgumentEffects(element, references);
    if (this.isShared(type, element)) this.add('SHARE', coordinate, node);
    const form = formOf(node);
    const different = references.find(({ node: other }) => formOf(other) !== form);
    if (different) this.add('CHANGE', coordinate, node, `${form} instead of ${formOf(different.node)}`);
  }

  /** Whether a field of one object has answers of several subgraphs. Global ids and keys are the same everywhere. */
  private isShared({ coordinate: type, kind, directives }: TypeElement, { coordinate, node }: Element): boolean {
    if ((kind !== 'OBJECT' && kind !== 'INTERFACE') || !this.graph.definers.isEntity(type)) return false;
    if (coordinate === `${type}.id`) return false;
    const keys = this.subgraph.applied(directives, 'key').map((key) => String(argumentsOf(key).fields));
    if (keys.some((key) => sortedFields(key).split(' ').includes(node.name.value))) return false;
    return !this.isOverriddenHere(type, coordinate);
  }

  /** Whether another subgraph takes the field over from this one, or this one from it: that is an act of its own. */
  private isOverriddenHere(type: string, coordinate: string): boolean {
    return this.graph.subgraphs.some((other) => {
      const element = other.types.get(type)?.elements.get(coordinate);
      return element !== undefined && other.applied(element.directives, 'override').length > 0;
    });
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
    return undefined;
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

  private isNode({ directives }: TypeElement): boolean {
    return directives.some(({ name }) => name.value === 'node');
  }
}

const parametersOf = (node: Element['node']): NonNullable<FieldDefinitionNode['arguments']> =>
  ('arguments' in node && (node as FieldDefinitionNode).arguments) || [];

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
}): string => [...(node.arguments ?? []).map(formOf), ...node.locations.map(({ value }) => value)].sort().join(' ');
