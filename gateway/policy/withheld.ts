import { type GraphQLSchema, isInterfaceType, isObjectType } from 'graphql';
import { LRUCache } from 'lru-cache';
import { roleNames, roleSpec } from '#base/identity/roles';
import { MAX_ENTRIES, readWithheld, sortedEntries, WITHHELD_HEADER, type WithheldEntry } from '#base/withheld';
import type { SubgraphAnswer } from '../transport/transport';

/** The number of entries beyond the limit. */
export interface OmittedEntries {
  readonly kind: 'OMITTED';
  readonly count: number;
}

/** `extensions.withheld` of an answer. The same object for equal headers. */
export type WithheldExtension = readonly (Partial<WithheldEntry> | OmittedEntries)[];

type Headers = readonly SubgraphAnswer['headers'][];

interface Merged {
  readonly extension: WithheldExtension | undefined;
  /** Number of headers that could not be read. */
  readonly malformed: number;
}

/** Limits of the caches, in entries and characters of their headers. */
const CACHE_LIMITS = { max: 2_000, maxSize: 4 * 1024 * 1024 };

/** Reads what subgraphs say about the rights of callers, and merges it for clients: docs/decisions/0033. */
export class WithheldEntries {
  /** Headers that were malformed. */
  malformed = 0;
  private readonly merged = new LRUCache<string, Merged>({
    ...CACHE_LIMITS,
    sizeCalculation: (_value, key) => key.length,
  });

  /** @param schema the API schema, so that clients learn of no other field */
  constructor(private readonly schema: GraphQLSchema) {}

  /**
   * @param seesSchema whether the caller may see the schema, and so the words of rules, which name fields
   * @returns undefined if nothing limits the caller
   */
  extension(answered: Headers, seesSchema: boolean): WithheldExtension | undefined {
    const texts = textsIn(answered);
    if (!texts) return undefined;
    const key = `${seesSchema}\n${texts.join('\n')}`;
    let merged = this.merged.get(key);
    if (!merged) {
      merged = this.merge(texts, seesSchema);
      this.merged.set(key, merged);
    }
    this.malformed += merged.malformed;
    return merged.extension;
  }

  private merge(texts: readonly string[], seesSchema: boolean): Merged {
    const lists = texts.flatMap((text) => readWithheld(text, (coordinate) => this.isInSchema(coordinate)) ?? []);
    const malformed = texts.length - lists.length;
    const all = sortedEntries(lists.flatMap(({ entries }) => entries));
    const omitted = lists.reduce((sum, list) => sum + list.omitted, Math.max(0, all.length - MAX_ENTRIES));
    if (all.length + omitted === 0) return { extension: undefined, malformed };
    const entries = all.slice(0, MAX_ENTRIES).map(({ coordinate, kind, class: of, readable, why, grantedTo }) => ({
      coordinate,
      kind,
      ...(of ? { class: of } : {}),
      readable,
      ...(seesSchema ? { why } : {}),
      grantedTo: rolesIn(grantedTo),
    }));
    return { extension: omitted > 0 ? [...entries, { kind: 'OMITTED', count: omitted }] : entries, malformed };
  }

  /**
   * Returns the entries of an answer in parts that no part has had yet.
   * @param answered all headers so far
   */
  news(answered: () => Headers, seesSchema: boolean): () => WithheldExtension | undefined {
    const sent = new Set<string>();
    return () => {
      const entries = this.extension(answered(), seesSchema)?.filter((entry) => !sent.has(JSON.stringify(entry)));
      for (const entry of entries ?? []) sent.add(JSON.stringify(entry));
      return entries?.length ? entries : undefined;
    };
  }

  private isInSchema(coordinate: string): boolean {
    const [name = '', field] = coordinate.split('.');
    const type = this.schema.getType(name);
    if (!isObjectType(type) && !isInterfaceType(type)) return false;
    return field === undefined || Object.hasOwn(type.getFields(), field);
  }
}

/** Sorted different headers; undefined for none, which is usual and must cost nothing. */
function textsIn(answered: Headers): readonly string[] | undefined {
  let texts: Set<string> | undefined;
  for (const { [WITHHELD_HEADER]: header } of answered) {
    if (header === undefined) continue;
    texts ??= new Set();
    for (const text of Array.isArray(header) ? header : [header]) texts.add(text);
  }
  return texts && [...texts].sort();
}

/** Whether a role is in a group of roles that a rule names. */
const GROUPS: Readonly<Record<string, (role: string) => boolean>> = {
  '@government': (role) => roleSpec(role)?.isGovernment === true,
  '@casework': (role) => roleSpec(role)?.isGovernment === true && !roleSpec(role)?.isStatistical,
  '@oversight': (role) => roleSpec(role)?.isOversight === true,
};

/** Names of roles, sorted. Groups become the roles that the supergraph declares. */
function rolesIn(grantedTo: readonly string[]): string[] {
  const roles = grantedTo.flatMap((role): readonly string[] => {
    if (!role.startsWith('@')) return [role];
    const isInGroup = GROUPS[role];
    return isInGroup ? roleNames().filter(isInGroup) : [];
  });
  return [...new Set(roles)].sort();
}
