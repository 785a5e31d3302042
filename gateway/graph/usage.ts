import { createHash } from 'node:crypto';
import { type DocumentNode, Kind, type OperationDefinitionNode, print, type ValueNode, visit } from 'graphql';
import type { Principal } from '#base/identity/principal';

/** Requests of a client for an operation. */
export interface OperationUse {
  readonly digest: string;
  /** Name of the operation. */
  readonly name: string;
  /** The operation without values. */
  readonly operation: string;
  readonly client: string;
  readonly version: string;
  readonly party: string;
  requests: number;
}

/** How a client introduces itself, and for which party its caller acts. Without a token, any names could be made up. */
export interface ClientName {
  readonly client: string;
  readonly version: string;
  /** Parties have equal shares, so that one that makes up names or operations takes nothing from others. */
  readonly party: string;
}

/** All clients whose callers have no token. */
export const PUBLIC: ClientName = { client: 'public', version: 'public', party: 'public' };

/** The party that a caller acts for: its agency or organization, or else all callers with its first role. */
export const partyOf = ({ agency, organization, roles }: Principal): string =>
  agency !== null
    ? `agency:${agency}`
    : organization !== null
      ? `organization:${organization}`
      : `role:${roles[0] ?? 'none'}`;

/** A part of what is counted between two reports. */
interface Share {
  uses: number;
  characters: number;
}

/** What is counted between two reports: of each party, of the public, and of all. Requests beyond it are only counted in all. */
const OF_PARTY: Share = { uses: 2_000, characters: 2 * 1024 * 1024 };
const OF_PUBLIC: Share = { uses: 100, characters: 256 * 1024 };
const OF_ALL: Share = { uses: 20_000, characters: 16 * 1024 * 1024 };
/** Maximum clients of a party that an operation is counted for. */
const MAX_CLIENTS = 50;
/** Maximum bytes of an operation that is counted. */
const MAX_BYTES = 32_000;
const MAX_NAME = 60;
const NAME = /^[\w./@+-]+( [\w./@+-]+)*$/;
export const UNNAMED = 'unnamed';

/** A name that a client gave itself in a header, if it is one. */
export const clientNameOf = (header: string | string[] | undefined): string =>
  typeof header === 'string' && header.length <= MAX_NAME && NAME.test(header) && header !== PUBLIC.client
    ? header
    : UNNAMED;

/** An operation as it is reported. */
interface Reported {
  readonly digest: string;
  readonly name: string;
  /** Without values; undefined if it is too long to be counted. */
  readonly operation: string | undefined;
}

/** Counts which client sends which operation. Counting reads no values, and costs a few lookups for a known operation. */
export class Usage {
  private readonly reported = new WeakMap<DocumentNode, Map<string, Reported>>();
  private counts = new Map<Reported['digest'], OperationUse[]>();
  private shares = new Map<string, Share>();
  private all: Share = { uses: 0, characters: 0 };
  /** Requests that were not counted by operation. */
  uncounted = 0;

  count(document: DocumentNode, operationName: string | undefined, { client, version, party }: ClientName): void {
    const { digest, name, operation } = this.reportedOf(document, operationName);
    const uses = this.counts.get(digest) ?? [];
    const known = uses.find((use) => use.client === client && use.version === version && use.party === party);
    if (known) known.requests += 1;
    else if (operation !== undefined && takesFurther(uses, party) && this.takesRoom(party, operation.length)) {
      uses.push({ digest, name, operation, client, version, party, requests: 1 });
      this.counts.set(digest, uses);
    } else this.uncounted += 1;
  }

  /** What was counted since the last time, most requests first. */
  take(): OperationUse[] {
    const taken = [...this.counts.values()].flat();
    this.counts = new Map();
    this.shares = new Map();
    this.all = { uses: 0, characters: 0 };
    return taken.sort((a, b) => b.requests - a.requests);
  }

  /** Takes the room for one more use, if the party, and all together, have it. */
  private takesRoom(party: string, characters: number): boolean {
    const share = this.shares.get(party) ?? { uses: 0, characters: 0 };
    const max = party === PUBLIC.party ? OF_PUBLIC : OF_PARTY;
    const hasRoom = (taken: Share, limit: Share) =>
      taken.uses < limit.uses && taken.characters + characters <= limit.characters;
    if (!hasRoom(share, max) || !hasRoom(this.all, OF_ALL)) return false;
    for (const taken of [share, this.all]) {
      taken.uses += 1;
      taken.characters += characters;
    }
    this.shares.set(party, share);
    return true;
  }

  private reportedOf(document: DocumentNode, operationName: string | undefined): Reported {
    let byName = this.reported.get(document);
    if (!byName) {
      byName = new Map();
      this.reported.set(document, byName);
    }
    let reported = byName.get(operationName ?? '');
    if (!reported) {
      const text = withoutValues(document, operationName);
      reported = {
        digest: createHash('sha256').update(text).digest('hex'),
        name: nameOf(document, operationName),
        operation: Buffer.byteLength(text) > MAX_BYTES ? undefined : text,
      };
      byName.set(operationName ?? '', reported);
    }
    return reported;
  }
}

/** Whether an operation takes one more client of a party. */
const takesFurther = (uses: readonly OperationUse[], party: string): boolean =>
  uses.filter((use) => use.party === party).length < MAX_CLIENTS;

const operationsIn = ({ definitions }: DocumentNode): OperationDefinitionNode[] =>
  definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);

function nameOf(document: DocumentNode, operationName: string | undefined): string {
  const name = operationName ?? operationsIn(document)[0]?.name?.value;
  return name === undefined || name.length > MAX_NAME ? UNNAMED : name;
}

/**
 * An operation without what its sender put into it: strings and numbers become empty ones; aliases, variables, and fragments get numbers.
 * What parts of the schema it uses stays.
 */
export function withoutValues(document: DocumentNode, operationName: string | undefined): string {
  let aliases = 0;
  const [variables, fragments] = [new Numbers('variable'), new Numbers('Fragment')];
  const chosen =
    operationName === undefined
      ? document
      : {
          ...document,
          definitions: document.definitions.filter(
            (definition) => definition.kind !== Kind.OPERATION_DEFINITION || definition.name?.value === operationName,
          ),
        };
  const stripped = visit(chosen, {
    Field: (field) => {
      if (!field.alias) return undefined;
      aliases += 1;
      return { ...field, alias: { ...field.alias, value: `alias${aliases}` } };
    },
    Variable: (node) => ({ ...node, name: { ...node.name, value: variables.of(node.name.value) } }),
    FragmentSpread: (node) => ({ ...node, name: { ...node.name, value: fragments.of(node.name.value) } }),
    FragmentDefinition: (node) => ({ ...node, name: { ...node.name, value: fragments.of(node.name.value) } }),
    StringValue: (node) => ({ ...node, value: '', block: false }),
    IntValue: (node) => ({ ...node, value: '0' }),
    FloatValue: (node) => ({ ...node, value: '0' }),
    ListValue: { leave: (node) => ({ ...node, values: distinct(node.values) }) },
  });
  return print(stripped);
}

/** Names with numbers, in the order in which they are asked for. */
class Numbers {
  private readonly names = new Map<string, string>();

  constructor(private readonly prefix: string) {}

  of(name: string): string {
    let numbered = this.names.get(name);
    if (numbered === undefined) {
      numbered = `${this.prefix}${this.names.size + 1}`;
      this.names.set(name, numbered);
    }
    return numbered;
  }
}

/** Values that differ in what they use. */
const distinct = (values: readonly ValueNode[]): ValueNode[] => [
  ...new Map(values.map((value) => [print(value), value])).values(),
];
