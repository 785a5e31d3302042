import { type Contract, type Contracts, flawsOfContracts } from '#base/contract';
import { OperatorError } from '#base/errors';
import { nearest } from '#base/nearest';
import { readText } from '#base/read-text';
import { CLASSES, isCovered, type Sensitivity } from '#base/sensitivity';

/** What a subgraph may do to a part of the graph that another one owns, if the owner consents, with the words for messages. */
export const ACTS = {
  OVERRIDE: 'takes over',
  SHARE: 'also resolves',
  PROVIDE: 'provides values of',
  REQUIRE: 'requires values of',
  COARSEN: 'publishes in a weaker class what follows from',
  HIDE: 'hides',
  TAG: 'tags',
  AUTHORIZE: 'changes who may read',
  COST: 'changes the cost of',
  DEPRECATE: 'deprecates',
  KEY: 'adds a key to',
  NODE: 'resolves global ids of',
  INTERFACE_OBJECT: 'adds fields to all types of',
  EXTEND: 'extends',
  CHANGE: 'has another definition of',
} as const;

export type Act = keyof typeof ACTS;

/** Consent of an owner to what other subgraphs do. */
export interface Consent {
  /** Subgraph that owns the coordinates. */
  readonly by: string;
  /** Subgraphs that may act. */
  readonly to: readonly string[];
  readonly act: Act;
  /** Such as `Type`, `Type.field`, or `Type.field(argument:)`. */
  readonly coordinates: readonly string[];
  readonly reason: string;
  /** Last day, as YYYY-MM-DD in UTC; undefined without an end. */
  readonly until?: string;
  /** Whether it holds only for schemas that are served, since it was withdrawn or its last day is over. */
  readonly ended?: true;
}

/** What the owners of a graph agreed on. Without an entry, nothing is allowed. */
export interface Agreement {
  /** Owners of types and fields that several subgraphs define, by coordinate; `*` for those without another owner. */
  readonly owners: Readonly<Record<string, string>>;
  /** Classes of other subgraphs' fields that a subgraph may be sent; PUBLIC only for subgraphs that are not listed. */
  readonly clearances: Readonly<Record<string, readonly Sensitivity[]>>;
  readonly consents: readonly Consent[];
  /** Parts of the graph that gateways serve at paths of their own. */
  readonly contracts?: Contracts;
}

export const NO_AGREEMENT: Agreement = { owners: {}, clearances: {}, consents: [] };

/** Whether an agreement lets a subgraph be sent values of a class. */
export const isCleared = ({ clearances }: Agreement, subgraph: string, of: Sensitivity): boolean =>
  (own(clearances, subgraph) ?? ['PUBLIC']).some((by) => isCovered(of, by));

/** The entry of a name, which may also be that of a property of all objects. */
export const own = <T>(entries: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(entries, name) ? entries[name] : undefined;

/** Whether the owner of a coordinate consents to what a subgraph does to it. */
export const hasConsent = (
  { consents }: Agreement,
  owner: string,
  { by, act, coordinate }: { readonly by: string; readonly act: Act; readonly coordinate: string },
): boolean =>
  consents.some(
    (consent) =>
      consent.by === owner &&
      consent.act === act &&
      consent.to.includes(by) &&
      consent.coordinates.includes(coordinate),
  );

/** @throws OperatorError for a file that cannot be read, or is no agreement */
export function readAgreement(file: string, today: string): Agreement {
  return agreementOf(readText(file, 'The agreement of the owners'), file, today);
}

/**
 * Parses an agreement, without the consents that have ended.
 * @param today as YYYY-MM-DD @throws OperatorError that lists all flaws
 */
export function agreementOf(text: string, file: string, today: string): Agreement {
  const flaws: string[] = [];
  const parsed = new AgreementReader(flaws).read(jsonOf(text, file));
  if (flaws.length > 0)
    throw new OperatorError(
      `${file} is not an agreement of owners:\n${flaws.map((flaw) => `- ${flaw}`).join('\n')}`,
      'docs/agency-schemas.md describes its form',
    );
  return { ...parsed, consents: parsed.consents.filter(({ until }) => until === undefined || until >= today) };
}

function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OperatorError(
      `${file} is not JSON: ${(error as Error).message}`,
      'docs/agency-schemas.md has an example',
      {
        cause: error,
      },
    );
  }
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const KEYS = ['owners', 'clearances', 'consents', 'contracts'];
const CONTRACT_KEYS = ['description', 'include', 'exclude', 'classes'];
const CONSENT_KEYS = ['by', 'to', 'act', 'coordinates', 'reason', 'until'];

/** Reads an agreement from JSON, and collects all flaws. */
class AgreementReader {
  constructor(private readonly flaws: string[]) {}

  read(value: unknown): Agreement {
    const { owners = {}, clearances = {}, consents = [], contracts } = this.object(value, 'the file', KEYS);
    return {
      ...(contracts === undefined ? {} : { contracts: this.contracts(contracts) }),
      owners: this.entries(owners, 'owners', (owner, at) => this.text(owner, at)),
      clearances: this.entries(clearances, 'clearances', (classes, at) =>
        this.list(classes, at, (name, of) => this.oneOf(name, of, CLASSES)),
      ),
      consents: this.list(consents, 'consents', (consent, at) => this.consent(consent, at)),
    };
  }

  private consent(value: unknown, at: string): Consent {
    const { by, to, act, coordinates, reason, until } = this.object(value, at, CONSENT_KEYS);
    if (until !== undefined && !(typeof until === 'string' && DATE.test(until)))
      this.flaws.push(`${at}.until must be a date such as "2027-01-31"`);
    return {
      by: this.text(by, `${at}.by`),
      to: this.list(to, `${at}.to`, (name, of) => this.text(name, of)),
      act: this.oneOf(act, `${at}.act`, Object.keys(ACTS) as Act[]),
      coordinates: this.list(coordinates, `${at}.coordinates`, (name, of) => this.text(name, of)),
      reason: this.text(reason, `${at}.reason`),
      ...(typeof until === 'string' ? { until } : {}),
    };
  }

  private contracts(value: unknown): Contracts {
    const before = this.flaws.length;
    const contracts = this.entries(value, 'contracts', (contract, at) => this.contract(contract, at));
    // of parts that could not be read, more would be wrong
    if (this.flaws.length === before) this.flaws.push(...flawsOfContracts(contracts));
    return contracts;
  }

  private contract(value: unknown, at: string): Contract {
    const { description, include = [], exclude = [], classes = [] } = this.object(value, at, CONTRACT_KEYS);
    const tags = (list: unknown, of: string) => this.list(list, of, (tag, place) => this.text(tag, place));
    return {
      description: this.text(description, `${at}.description`),
      include: tags(include, `${at}.include`),
      exclude: tags(exclude, `${at}.exclude`),
      classes: this.list(classes, `${at}.classes`, (name, of) => this.oneOf(name, of, CLASSES)),
    };
  }

  private object(value: unknown, at: string, keys: readonly string[]): Record<string, unknown> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.flaws.push(`${at} must be an object`);
      return {};
    }
    for (const key of Object.keys(value))
      if (!keys.includes(key)) this.flaws.push(`${at} has the unknown key "${key}"${nearest(key, keys)}`);
    return value as Record<string, unknown>;
  }

  private entries<T>(value: unknown, at: string, read: (value: unknown, at: string) => T): Record<string, T> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.flaws.push(`${at} must be an object`);
      return {};
    }
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, read(entry, `${at}.${key}`)]));
  }

  private list<T>(value: unknown, at: string, read: (value: unknown, at: string) => T): T[] {
    if (Array.isArray(value)) return value.map((item, index) => read(item, `${at}[${index}]`));
    this.flaws.push(`${at} must be a list`);
    return [];
  }

  private text(value: unknown, at: string): string {
    if (typeof value === 'string' && value.trim() !== '') return value;
    this.flaws.push(`${at} must be a text`);
    return '';
  }

  private oneOf<T extends string>(value: unknown, at: string, names: readonly T[]): T {
    if (names.includes(value as T)) return value as T;
    this.flaws.push(`${at} must be one of ${names.join(', ')}${nearest(String(value), names)}`);
    return names[0]!;
  }
}
