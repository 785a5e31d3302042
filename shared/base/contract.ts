import { CLASSES, type Sensitivity } from './sensitivity';

/** A part of the graph that gateways serve at a path of its own. It is what clients are shown, and no right. */
export interface Contract {
  /** Who it is for. */
  readonly description: string;
  /** Tags of the fields that it shows; all if it has none. */
  readonly include: readonly string[];
  /** Tags of the parts that it hides. */
  readonly exclude: readonly string[];
  /** Sensitivity classes of the fields that it shows; all if it has none. */
  readonly classes: readonly Sensitivity[];
}

/** Contracts by name. */
export type Contracts = Readonly<Record<string, Contract>>;

/** Maximum contracts of a graph: gateways keep a schema of each. */
export const MAX_CONTRACTS = 20;
/** Maximum tags of each list of a contract. */
export const MAX_TAGS = 50;
/** Maximum characters of a name. It is part of a URL. */
export const MAX_NAME = 40;
export const CONTRACT_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** Names that clients would take for the whole graph, or for a path of the gateway. */
const RESERVED: ReadonlySet<string> = new Set(['default', 'graphql', 'supergraph']);
/** Federation's names of tags. */
export const TAG = /^[_A-Za-z0-9/-]{1,128}$/;

/** What is wrong with contracts, whatever the graph has. */
export function flawsOfContracts(contracts: Contracts): string[] {
  const all = Object.entries(contracts);
  return [
    ...(all.length > MAX_CONTRACTS ? [`a graph has at most ${MAX_CONTRACTS} contracts, not ${all.length}`] : []),
    ...all.flatMap(([name, contract]) => flawsOf(name, contract).map((flaw) => `contract "${name}": ${flaw}`)),
  ];
}

function flawsOf(name: string, { include, exclude, classes }: Contract): string[] {
  const flaws: string[] = [];
  if (!CONTRACT_NAME.test(name) || name.length > MAX_NAME)
    flaws.push(
      `its name is part of a URL: use at most ${MAX_NAME} lower-case letters, digits, and single hyphens between them, and begin with a letter`,
    );
  if (RESERVED.has(name)) flaws.push('the name is reserved: choose another one');
  if (include.length + exclude.length + classes.length === 0)
    flaws.push('it selects nothing: state tags in "include" or "exclude", or sensitivity classes in "classes"');
  for (const [list, tags] of Object.entries({ include, exclude })) {
    if (tags.length > MAX_TAGS) flaws.push(`"${list}" has ${tags.length} tags; the limit is ${MAX_TAGS}`);
    for (const tag of tags)
      if (!TAG.test(tag)) flaws.push(`"${tag}" is not a tag: use up to 128 letters, digits, and _ - /`);
  }
  for (const tag of include) if (exclude.includes(tag)) flaws.push(`it both includes and excludes the tag "${tag}"`);
  for (const of of classes)
    if (!CLASSES.includes(of)) flaws.push(`${of} is not a sensitivity class: use ${CLASSES.join(', ')}`);
  return flaws;
}
