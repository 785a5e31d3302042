import { isDeepStrictEqual } from 'node:util';
import { ChangeType, CriticalityLevel, diff } from '@graphql-inspector/core';
import { type ConstDirectiveNode, type DocumentNode, type GraphQLSchema, Kind, parse, print } from 'graphql';
import { OperatorError } from '#base/errors';
import { isCovered, type Sensitivity } from '#base/sensitivity';
import { foreignAgencies } from '../composition/claims';
import { compose, type PublishedSubgraph } from '../composition/compose';
import { apiSchemaIn } from '../graph/api-schema';
import { ContractSchemas, requireContracts } from '../graph/contract-schema';
import type { Agreement } from '../ownership/agreement';
import { elementsOf, parametersOf, type SubgraphElements, type TypeElement } from '../ownership/elements';
import { type Owners, withoutArgument } from '../ownership/owners';
import { ownersOf, requireServable } from '../ownership/ownership';
import { sensitivitiesOf } from '../policy/sensitivity';
import { readSupergraph } from '../supergraph/supergraph';
import { type CostChange, costChanges } from './document-costs';
import { type BrokenDocument, type ClientDocument, tryDocuments, usersOf } from './documents';

/** Everything that decides about a change: the same inputs always give the same report. */
export interface CheckInput {
  /** Subgraphs that are served now. */
  readonly before: readonly PublishedSubgraph[];
  /** Supergraph of them; undefined without any. */
  readonly supergraph: string | undefined;
  /** Schemas that replace those of their names, or come new. */
  readonly proposed: readonly PublishedSubgraph[];
  readonly agreement: Agreement;
  /** Documents of released clients; undefined if nothing is known of clients. */
  readonly documents?: readonly ClientDocument[] | undefined;
  /** Number of further operations that clients sent, which are not examined. */
  readonly leftOut?: number | undefined;
  /** Agencies that own subgraphs, by name of the subgraph: schemas of these may name no others in `@owner`. */
  readonly agencies?: Readonly<Record<string, readonly string[]>> | undefined;
  /** What clients sent lately. Those that do not work now are left out. */
  readonly used?: readonly ClientDocument[] | undefined;
}

/** A change of the schema that clients see. */
export interface ApiChange {
  readonly level: 'BREAKING' | 'DANGEROUS' | 'SAFE';
  /** Such as `Type.field`. */
  readonly coordinate: string;
  readonly message: string;
  /** Subgraph that owns the part; undefined for one that several own. */
  readonly owner: string | undefined;
  /** Documents that use the part, as "client: operation"; only of changes that are not safe. */
  readonly usedBy: readonly string[];
  /** Contract whose clients alone see the change; undefined for a change of the whole graph. */
  readonly contract?: string;
}

/** A field whose sensitivity class changes. */
export interface ClassChange {
  readonly coordinate: string;
  readonly from: Sensitivity;
  readonly to: Sensitivity;
}

export interface CheckReport {
  readonly passed: boolean;
  /** Why the schemas cannot be composed, with file, line, and column. */
  readonly problems: readonly string[];
  readonly changes: readonly ApiChange[];
  readonly brokenDocuments: readonly BrokenDocument[];
  /** Documents that do not work before the change either: nothing is known of what they use. */
  readonly invalidDocuments: readonly BrokenDocument[];
  readonly classChanges: readonly ClassChange[];
  /** Documents that would cost more or less, the largest growth first. */
  readonly costChanges: readonly CostChange[];
  /** What the check did not examine. Reports may be accepted with them. */
  readonly notes: readonly string[];
  /** The supergraph that would be served; undefined with problems. */
  readonly supergraph: string | undefined;
}

/** Judges a change of subgraph schemas before it is published. */
export async function check({
  before,
  supergraph,
  proposed,
  agreement,
  documents,
  used = [],
  leftOut = 0,
  agencies = {},
}: CheckInput): Promise<CheckReport> {
  const names = new Set(proposed.map(({ name }) => name));
  const after = [...before.filter(({ name }) => !names.has(name)), ...proposed];
  const composed = composedOrProblems(after, before, agreement);
  const problems = typeof composed === 'string' ? foreignAgencies(proposed, agencies) : composed;
  if (typeof composed !== 'string' || problems.length > 0)
    return { passed: false, problems, supergraph: undefined, ...NOTHING_KNOWN };
  if (supergraph === undefined) return { passed: true, problems: [], supergraph: composed, ...NOTHING_KNOWN };
  const documentsOf = { old: parse(supergraph, { noLocation: true }), next: readSupergraph(composed).document };
  const [old, next] = [apiSchemaIn(documentsOf.old), apiSchemaIn(documentsOf.next)];
  const { working: released, broken: invalid } = tryDocuments(documents ?? [], old);
  const valid = [...released, ...tryDocuments(used, old).working];
  const { broken } = tryDocuments(valid, next);
  const users = usersOf(valid, old);
  const owners = ownersOf(after, agreement, before);
  const classes = classChanges(before, after);
  const ofAll = await changesOf(old, next, owners, users);
  const changes = [
    ...ofAll,
    ...statementChanges(before, after, owners, users),
    ...classes.flatMap((change) => stricterClass(change, owners, users)),
    ...(await contractChanges(documentsOf, { known: ofAll, owners, documents: valid })),
  ];
  // who sent nothing lately may still be a client: only released documents say what is unused
  const isKnown = released.length > 0 && invalid.length === 0;
  const breaking = changes.filter(({ level }) => level === 'BREAKING');
  return {
    // what is in documents that do not work is not known
    passed: broken.length === 0 && !breaking.some(({ usedBy }) => !isKnown || usedBy.length > 0),
    problems: [],
    changes,
    brokenDocuments: broken,
    invalidDocuments: invalid,
    classChanges: classes,
    costChanges: costChanges(
      documentsIn(valid, changes),
      { supergraph: documentsOf.old, schema: old },
      { supergraph: documentsOf.next, schema: next },
    ),
    notes: [...notesOnConsents(agreement), ...notesOnUsage(leftOut)],
    supergraph: composed,
  };
}

const NOTHING_KNOWN = {
  ...{ changes: [], brokenDocuments: [], invalidDocuments: [], classChanges: [], costChanges: [], notes: [] },
} as const;

function composedOrProblems(
  after: readonly PublishedSubgraph[],
  before: readonly PublishedSubgraph[],
  agreement: Agreement,
): string | string[] {
  try {
    const composed = compose(after, { agreement, before });
    requireServable(composed);
    requireContracts(readSupergraph(composed).document);
    return composed;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const [what = '', ...listed] = error.what.split('\n- ');
    return listed.length > 0 ? listed.map((problem) => problem.trimEnd()) : [what];
  }
}

const changesOf = async (old: GraphQLSchema, next: GraphQLSchema, owners: Owners, users: Users): Promise<ApiChange[]> =>
  described(await diff(old, next), owners, users);

function described(changes: Awaited<ReturnType<typeof diff>>, owners: Owners, users: Users): ApiChange[] {
  return changes.flatMap(({ criticality: { level }, message, path = '', type: kind, meta }): ApiChange[] => {
    // descriptions change no answer
    if (level === CriticalityLevel.NonBreaking && /description/i.test(message)) return [];
    const [type = '', field] = path.split('.');
    const owner = owners.of(field === undefined ? type : `${type}.${field}`) ?? owners.of(type);
    // fragments on an interface select no objects of a type that no longer implements it
    const left = kind === ChangeType.ObjectTypeInterfaceRemoved ? String(meta.removedInterfaceName) : path;
    const isAdded = kind === ChangeType.InputFieldAdded || kind === ChangeType.FieldArgumentAdded;
    // who uses the whole would have to give the new part, too
    const whole = isAdded ? path.slice(0, path.lastIndexOf('.')) : path;
    const usedBy = level === CriticalityLevel.NonBreaking ? [] : usersIn(users, path, left, whole);
    return [{ level: LEVELS[level], coordinate: path, message, owner, usedBy }];
  });
}

/** What is known of a change besides its schemas. */
interface Known {
  /** Changes of the whole graph, which are not reported for each contract again. */
  readonly known: readonly ApiChange[];
  readonly owners: Owners;
  /** Documents that work before the change. */
  readonly documents: readonly ClientDocument[];
}

/** What a change hides or shows in contracts, apart from changes of the whole graph. */
async function contractChanges(
  { old, next }: { readonly old: DocumentNode; readonly next: DocumentNode },
  { known, owners, documents }: Known,
): Promise<ApiChange[]> {
  const [before, after] = [ContractSchemas.of(old), ContractSchemas.of(next)];
  const isKnown = new Set(known.map(({ coordinate, message }) => `${coordinate} ${message}`));
  const changes: ApiChange[] = [];
  for (const contract of new Set([...before.names, ...after.names])) {
    if (before.showsLike(after, contract)) continue;
    const [from, to] = [before.of(contract), after.of(contract)];
    const whole = { coordinate: contract, owner: undefined, contract };
    // which contract a client uses is not known: those whose documents work with it may
    const works = () => (from ? tryDocuments(documents, from).working : []);
    if (!from) changes.push({ ...whole, level: 'SAFE', message: 'the contract is new', usedBy: [] });
    else if (!to) {
      const usedBy = works().map(({ client, name }) => `${client}: ${name}`);
      changes.push({ ...whole, level: 'BREAKING', message: 'the contract is removed', usedBy });
    } else {
      const found = (await diff(from, to)).filter(({ path = '', message }) => !isKnown.has(`${path} ${message}`));
      const isHarmless = found.every(({ criticality }) => criticality.level === CriticalityLevel.NonBreaking);
      const users: Users = isHarmless ? new Map() : usersOf(works(), from);
      changes.push(...described(found, owners, users).map((change) => ({ ...change, contract })));
    }
  }
  return changes;
}

/** Documents by the coordinates that they use. */
type Users = ReadonlyMap<string, ReadonlySet<string>>;

const usersIn = (users: Users, ...coordinates: readonly string[]): string[] =>
  [...new Set(coordinates.flatMap((coordinate) => [...(users.get(coordinate) ?? [])]))].sort();

/** Documents that use a part with a change that is not safe: what a document costs can change by no other. */
function documentsIn(documents: readonly ClientDocument[], changes: readonly ApiChange[]): ClientDocument[] {
  const names = new Set(changes.flatMap(({ usedBy }) => usedBy));
  return documents.filter(({ client, name }) => names.has(`${client}: ${name}`));
}

/** Directives of Federation whose change no diff of the API shows. */
const STATED = {
  access: {
    directives: ['authenticated', 'requiresScopes', 'policy'],
    level: 'BREAKING',
    what: 'its access rules or prefix of global ids change',
  },
  cost: { directives: ['cost', 'listSize'], level: 'DANGEROUS', what: 'its cost changes' },
} as const;
type Stated = keyof typeof STATED;

/** Parts that need other rights or cost more or less than before, and types with other prefixes of global ids. */
function statementChanges(
  before: readonly PublishedSubgraph[],
  after: readonly PublishedSubgraph[],
  owners: Owners,
  users: Users,
): ApiChange[] {
  const [left, come] = [before.filter((one) => !after.includes(one)), after.filter((one) => !before.includes(one))];
  return (Object.keys(STATED) as Stated[]).flatMap((stated) => {
    // most changes state nothing new: what stays need not be read then
    if (isDeepStrictEqual(stating(left, stated), stating(come, stated))) return [];
    const { level, what } = STATED[stated];
    const [old, next] = [statementsIn(before, stated), statementsIn(after, stated)];
    return [...old.keys()].flatMap((coordinate): ApiChange[] => {
      if (!next.has(coordinate)) return [];
      const [from, to] = [old, next].map((statements) => statements.get(coordinate)!.join(' ') || 'nothing');
      if (from === to) return [];
      const message = `${what} from ${from} to ${to}`;
      const owner = owners.of(withoutArgument(coordinate));
      // diffs write arguments with dots
      return [{ level, coordinate, message, owner, usedBy: usersIn(users, coordinate.replace(/\((\w+):\)$/, '.$1')) }];
    });
  });
}

/** `@node`, and the key that global ids are made of. */
const nodesOf = (directives: readonly ConstDirectiveNode[], subgraph: SubgraphElements): ConstDirectiveNode[] => {
  const nodes = directives.filter(({ name }) => name.value === 'node');
  return nodes.length > 0 ? [...nodes, ...subgraph.applied(directives, 'key').slice(0, 1)] : [];
};

/** A directive under its own name, whatever name it is imported by. */
function canonical(directive: ConstDirectiveNode, subgraph: SubgraphElements, names: readonly string[]): string {
  const name = [...names, 'key'].find((candidate) => subgraph.namesOf(candidate).has(directive.name.value));
  return print(name === undefined ? directive : { ...directive, name: { kind: Kind.NAME, value: name } });
}

/** What all parts state, as text, by coordinate. */
function statementsIn(subgraphs: readonly PublishedSubgraph[], stated: Stated): Map<string, string[]> {
  const { directives: names } = STATED[stated];
  const statements = new Map<string, string[]>();
  for (const subgraph of elementsOf(subgraphs))
    for (const type of subgraph.types.values())
      for (const { coordinate, directives } of partsOf(type)) {
        const found = [
          ...names.flatMap((name) => subgraph.applied(directives, name)),
          ...(stated === 'access' ? nodesOf(directives, subgraph) : []),
        ];
        const texts = found.map((directive) => canonical(directive, subgraph, names));
        statements.set(coordinate, [...(statements.get(coordinate) ?? []), ...texts].sort());
      }
  return statements;
}

/** The parts that state something. */
const stating = (subgraphs: readonly PublishedSubgraph[], stated: Stated): Map<string, string[]> =>
  new Map([...statementsIn(subgraphs, stated)].filter(([, texts]) => texts.length > 0));

type Part = Pick<TypeElement, 'coordinate' | 'directives'>;

/** A type with its fields, input fields, enum values, and arguments. */
const partsOf = (type: TypeElement): Part[] => [
  type,
  ...[...type.elements.values()].flatMap((element): Part[] => [
    element,
    ...parametersOf(element.node).map(({ name, directives = [] }) => ({
      ...{ coordinate: `${element.coordinate}(${name.value}:)`, directives },
    })),
  ]),
];

const LEVELS: Readonly<Record<CriticalityLevel, ApiChange['level']>> = {
  [CriticalityLevel.Breaking]: 'BREAKING',
  [CriticalityLevel.Dangerous]: 'DANGEROUS',
  [CriticalityLevel.NonBreaking]: 'SAFE',
};

function classChanges(before: readonly PublishedSubgraph[], after: readonly PublishedSubgraph[]): ClassChange[] {
  const old = sensitivitiesOf(before);
  return [...sensitivitiesOf(after)].flatMap(([coordinate, to]) => {
    const from = old.get(coordinate);
    return from === undefined || from === to ? [] : [{ coordinate, from, to }];
  });
}

/** Readers of a field lose it if its class becomes stricter, or another one. */
const stricterClass = ({ coordinate, from, to }: ClassChange, owners: Owners, users: Users): ApiChange[] =>
  isCovered(to, from)
    ? []
    : [
        {
          ...{ level: 'BREAKING', coordinate, message: `its sensitivity class ${from} becomes ${to}` },
          ...{ owner: owners.of(coordinate), usedBy: usersIn(users, coordinate) },
        },
      ];

const notesOnConsents = ({ consents }: Agreement): string[] =>
  consents
    .filter(({ ended }) => ended)
    .map(
      ({ by, act, to, coordinates }) =>
        `${by} no longer consents to ${act} of ${coordinates.join(', ')}: the next schema of ${to.join(', ')} must do without it`,
    );

const notesOnUsage = (leftOut: number): string[] =>
  leftOut === 0 ? [] : [`${leftOut} further operations that clients sent lately were not examined`];
