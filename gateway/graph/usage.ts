import { createHash } from 'node:crypto';
import { type DocumentNode, Kind, type OperationDefinitionNode, print, type ValueNode, visit } from 'graphql';

/** Requests of a client for an operation. */
export interface OperationUse {
  readonly digest: string;
  /** Name of the operation. */
  readonly name: string;
  /** The operation without values. */
  readonly operation: string;
  readonly client: string;
  readonly version: string;
  requests: number;
}

/** How a client introduces itself. Without a token, any names could be made up. */
export interface ClientName {
  readonly client: string;
  readonly version: string;
}

/** All clients whose callers have no token. */
export const PUBLIC: ClientName = { client: 'public', version: 'public' };

/** Maximum operations between two reports, their characters in all, and clients of each. Requests beyond them are only counted in all. */
const MAX_OPERATIONS = 5_000;
const MAX_CHARACTERS = 8 * 1024 * 1024;
/** Maximum operations of the public among them. */
const MAX_PUBLIC = 100;
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
  private characters = 0;
  private publicOperations = 0;
  /** Requests that were not counted by operation. */
  uncounted = 0;

  count(document: DocumentNode, operationName: string | undefined, { client, version }: ClientName): void {
    const { digest, name, operation } = this.reportedOf(document, operationName);
    const uses = operation === undefined ? undefined : this.usesOf(digest, operation, client === PUBLIC.client);
    const known = uses?.findIndex((use) => use.client === client && use.version === version) ?? -1;
    if (known >= 0) uses![known]!.requests += 1;
    else if (uses && uses.length < MAX_CLIENTS)
      uses.push({ digest, name, operation: operation!, client, version, requests: 1 });
    else this.uncounted += 1;
  }

  /** What was counted since the last time, most requests first. */
  take(): OperationUse[] {
    const taken = [...this.counts.values()].flat();
    this.counts = new Map();
    this.characters = 0;
    this.publicOperations = 0;
    return taken.sort((a, b) => b.requests - a.requests);
  }

  /** Undefined for a further operation when there are too many. */
  private usesOf(digest: string, operation: string, isPublic: boolean): OperationUse[] | undefined {
    const known = this.counts.get(digest);
    if (known) return known;
    if (this.counts.size >= MAX_OPERATIONS || this.characters + operation.length > MAX_CHARACTERS) return undefined;
    if (isPublic && this.publicOperations >= MAX_PUBLIC) return undefined;
    if (isPublic) this.publicOperations += 1;
    const uses: OperationUse[] = [];
    this.counts.set(digest, uses);
    this.characters += operation.length;
    return uses;
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
