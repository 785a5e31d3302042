import { Args, ArgsType, Ctx, Directive, Field, ID, InputType, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, pageSide } from '../collection/page';
import { PageInfo } from '../collection/page-info';
import { enumeration } from '../model/enumeration';
import type { ModelClass } from '../model/model';
import { GraphQLInstant } from '../model/scalars';
import { part, valueObject } from '../model/value-object';
import type { Protected } from '../policy/policy';
import type { Context } from '../subgraph/context';
import type { Entry, FieldsUsed } from './entry';
import type { Position, SearchCriteria, SearchHit } from './search';

/** Types of the access log, which oversight may read as a whole. */
export const ACCESS_LOG_TYPES: ReadonlySet<string> = new Set([
  'AccessLogEntry',
  'AccessLogObjects',
  'AccessLogUse',
  'AccessLogConnection',
  'AccessLogEdge',
]);

/** List name for cursors; the same in all subgraphs. */
const LIST = 'AccessLogEntry';

/** Name of the root field for the access log of a subgraph. */
export const accessLogField = (subgraph: string): string => `${subgraph}AccessLog`;

export const Sensitivity = enumeration(
  'Sensitivity',
  'Sensitivity classes of fields, from public to most restricted.',
  {
    PUBLIC: 'Readable by everyone.',
    GOV: 'Readable by government roles.',
    GOV_DELIB: 'Deliberative: readable by the agency that wrote it, and oversight.',
    PROPIN:
      'Proprietary to a developer: readable by the developer, the intake office, the agencies that it shares with, and oversight.',
    PII: "Personal: readable by the hiring agency's HR, partly by its hiring managers, and by oversight.",
    ISVI: "Vulnerabilities of information systems: readable by the system's owner, the coordinator, and oversight. Others see aggregates.",
  },
);

const AccessKind = enumeration('AccessKind', 'Kind of action in the record.', {
  READ: 'Read of protected fields or objects.',
  ATTEMPT: 'Attempted mutation, which may have been rejected.',
  CHANGE: 'Completed mutation.',
});

const personal = { sensitivity: 'PII' } as const;
const personalOrNull = { sensitivity: 'PII', nullable: true } as const;

@Directive('@shareable')
@valueObject('Objects of one type that were listed, or of which fields of one class were read.', 'AccessLogObjects')
class AccessLogObjects {
  @part(() => String, 'Name of the object type.', personal)
  type!: string;
  @part(() => Sensitivity, 'Sensitivity class of the fields.', personal)
  sensitivity!: Protected;
  @part(() => Int, 'Number of objects.', personal)
  count!: number;
  @part(() => [ID], 'Keys of the first thousand objects. Never field values.', personal)
  keys!: readonly string[];
  @part(
    () => Boolean,
    'Whether only the existence of the objects was revealed, and no field of the class. The class is then that of the type.',
    personal,
  )
  idsOnly!: boolean;
}

const UseKind = enumeration('UseKind', 'How a list used protected fields.', {
  FILTER: 'The list was filtered by the fields.',
  ORDER: 'The list was ordered by the fields.',
  COUNT: 'The list was counted, filtered by the fields if there are any.',
  AGGREGATE: 'The list was grouped by the fields, or their values were aggregated.',
  LIST: 'Objects of the type were listed. "fields" is empty.',
});

@Directive('@shareable')
@valueObject(
  'Use of protected fields of one type and class to filter, order, count, or aggregate lists, or a list of a protected type.',
  'AccessLogUse',
)
class AccessLogUse {
  @part(() => String, 'Name of the object type.', personal)
  type!: string;
  @part(() => Sensitivity, 'Sensitivity class of the fields.', personal)
  sensitivity!: Protected;
  @part(() => UseKind, 'How the list used the fields.', personal)
  how!: keyof typeof UseKind;
  @part(
    () => [String],
    'Field names, never values. Empty if objects were listed, or counted without a filter.',
    personal,
  )
  fields!: readonly string[];
}

@Directive('@shareable')
@valueObject('Entry of the record of reads and changes.', 'AccessLogEntry')
class AccessLogEntry {
  @part(() => ID, 'Name of the record and number of the entry in it, as in `ordergraph audit verify`.', personal)
  id!: string;
  @part(() => GraphQLInstant, 'Time of the action.', personal)
  at!: string;
  @part(() => String, 'Subgraph that keeps the record.', personal)
  subgraph!: string;
  @part(() => AccessKind, 'Kind of action.', personal)
  kind!: string;
  @part(() => String, "Subject of the caller's token. Null for the public.", personalOrNull)
  subject!: string | null;
  @part(() => String, 'Issuer of the token, which makes the subject unique. Null in older entries.', personalOrNull)
  issuer!: string | null;
  @part(() => [String], 'Roles of the caller.', personal)
  roles!: readonly string[];
  @part(() => ID, "Key of the caller's agency.", personalOrNull)
  agencyKey!: string | null;
  @part(() => ID, "Key of the caller's organization.", personalOrNull)
  organizationKey!: string | null;
  @part(() => String, 'Case number under which oversight read.', personalOrNull)
  caseNumber!: string | null;
  @part(() => String, 'Request id, which is the same in the records of all subgraphs.', personalOrNull)
  request!: string | null;
  @part(() => String, 'Operation name that the client sent.', personalOrNull)
  operation!: string | null;
  @part(() => String, 'Client address of the request.', personalOrNull)
  address!: string | null;
  @part(() => [AccessLogObjects], 'Objects that were read or listed.', personal)
  objects!: readonly AccessLogObjects[];
  @part(
    () => [AccessLogUse],
    'Uses of protected fields to filter, order, count, or aggregate lists, and lists of protected types.',
    personal,
  )
  uses!: readonly AccessLogUse[];
  @part(() => String, 'Name of the attempted or completed mutation.', personalOrNull)
  mutation!: string | null;
  @part(() => ID, 'Key of the changed object.', personalOrNull)
  changed!: string | null;
}

@Directive('@shareable')
@ObjectType('AccessLogEdge', { description: 'Entry of the record with its cursor.' })
class AccessLogEdge {
  @part(
    () => String,
    'Cursor of the entry. Pass it as "after" for older entries, or as "before" for newer ones.',
    personal,
  )
  cursor!: string;
  @part(() => AccessLogEntry, 'The entry.', personal)
  node!: AccessLogEntry;
}

@Directive('@shareable')
@ObjectType('AccessLogConnection', { description: 'Page of the record, newest entries first.' })
class AccessLogConnection {
  @part(() => [AccessLogEntry], 'Entries on this page.', personal)
  nodes!: AccessLogEntry[];
  @part(() => [AccessLogEdge], 'Entries on this page, each with its cursor.', personal)
  edges!: AccessLogEdge[];
  @part(() => PageInfo, 'Position of this page in the record.', personal)
  pageInfo!: PageInfo;
}

@InputType('AccessLogFilter', { description: 'Filter for entries of the record. An entry must meet all conditions.' })
class AccessLogFilter {
  @Field(() => AccessKind, { nullable: true, description: 'Kind of action.' })
  kind?: string;
  @Field(() => String, { nullable: true, description: "Subject of the caller's token." })
  subject?: string;
  @Field(() => ID, { nullable: true, description: "Key of the caller's agency." })
  agency?: string;
  @Field(() => ID, { nullable: true, description: 'Key of an object that was read or changed.' })
  object?: string;
  @Field(() => String, { nullable: true, description: 'Name of the type of objects that were read.' })
  type?: string;
  @Field(() => Sensitivity, { nullable: true, description: 'Sensitivity class of fields that were read.' })
  sensitivity?: Protected;
  @Field(() => ID, { nullable: true, description: 'Request id.' })
  request?: string;
  @Field(() => GraphQLInstant, { nullable: true, description: 'Start of the time range, inclusive.' })
  from?: string;
  @Field(() => GraphQLInstant, { nullable: true, description: 'End of the time range, exclusive.' })
  until?: string;
}

@ArgsType()
class AccessLogArgs {
  @Field(() => Int, {
    nullable: true,
    description: `Page size, counted from the newest entry: 0 to ${MAX_PAGE_SIZE}. Defaults to ${DEFAULT_PAGE_SIZE} without "first" and "last".`,
  })
  first?: number | null;
  @Field(() => String, { nullable: true, description: 'Returns entries older than this cursor.' })
  after?: string | null;
  @Field(() => Int, { nullable: true, description: `Page size, counted from the oldest entry: 0 to ${MAX_PAGE_SIZE}.` })
  last?: number | null;
  @Field(() => String, { nullable: true, description: 'Returns entries newer than this cursor.' })
  before?: string | null;
  @Field(() => AccessLogFilter, { nullable: true, description: 'Conditions that every listed entry must meet.' })
  filter?: AccessLogFilter | null;
}

/** Root field for oversight to read the record of a subgraph. Records these reads, too. */
export function accessLogRoot(subgraph: string): ModelClass {
  @Resolver()
  class AccessLogRoot {
    async read(page: AccessLogArgs, { accessLog, reads, cursors }: Context): Promise<AccessLogConnection> {
      const { size, backward } = pageSide(page);
      const positionOf = (argument: 'after' | 'before') =>
        page[argument] == null ? undefined : (cursors.open(LIST, page[argument], argument) as unknown as Position);
      const [newest, oldest] = [positionOf('after'), positionOf('before')];
      const entries = await accessLog(criteriaOf(page.filter), {
        limit: size + 1,
        before: newest,
        after: oldest,
        oldest: backward,
      });
      const more = entries.length > size;
      const shown = backward ? entries.slice(more ? 1 : 0) : entries.slice(0, size);
      const edges = shown.map((entry) => ({ cursor: cursors.seal(LIST, entry.position), node: lineOf(entry) }));
      for (const { node } of edges) reads.note('AccessLogEntry', 'PII', node.id);
      return {
        nodes: edges.map(({ node }) => node),
        edges,
        pageInfo: {
          hasNextPage: backward ? oldest !== undefined : more,
          hasPreviousPage: backward ? more : newest !== undefined,
          startCursor: edges[0]?.cursor ?? null,
          endCursor: edges.at(-1)?.cursor ?? null,
        },
      };
    }
  }
  const { prototype } = AccessLogRoot;
  Args(() => AccessLogArgs)(prototype, 'read', 0);
  Ctx()(prototype, 'read', 1);
  Query(() => AccessLogConnection, {
    name: accessLogField(subgraph),
    nullable: true,
    description: `Record of reads and changes in ${subgraph}, newest first. For oversight. Filter by kind, agency, object, type, class, request, and time.`,
  })(prototype, 'read', Object.getOwnPropertyDescriptor(prototype, 'read')!);
  Directive('@sensitivity(class: PII)')(prototype, 'read');
  return AccessLogRoot;
}

/** Removes nulls, which GraphQL passes for omitted conditions. */
function criteriaOf(filter: AccessLogFilter | null | undefined): SearchCriteria {
  const conditions = Object.entries(filter ?? {}).filter(([, value]) => value !== null && value !== undefined);
  const { kind, ...rest } = Object.fromEntries(conditions) as AccessLogFilter;
  return { ...rest, ...(kind ? { kind: kind.toLowerCase() as SearchCriteria['kind'] } : {}) };
}

function lineOf({ position: [, record, number], entry }: SearchHit): AccessLogEntry {
  const { at, subgraph, kind, who, origin } = entry;
  return Object.assign(new AccessLogEntry(), {
    id: `${record}/${number}`,
    at,
    subgraph,
    kind: kind.toUpperCase(),
    subject: who?.subject ?? null,
    issuer: who?.issuer ?? null,
    roles: who?.roles ?? [],
    agencyKey: who?.agency ?? null,
    organizationKey: who?.organization ?? null,
    caseNumber: who?.caseNumber ?? null,
    request: origin?.request ?? null,
    operation: origin?.operation ?? null,
    address: origin?.address ?? null,
    objects: entry.kind === 'read' ? entry.objects.map((objects) => ({ idsOnly: false, ...objects })) : [],
    uses: entry.kind === 'read' ? (entry.uses ?? []).map(useOf) : [],
    mutation: mutationOf(entry),
    changed: entry.kind === 'change' ? entry.object : null,
  });
}

const mutationOf = (entry: Entry): string | null =>
  entry.kind === 'attempt' || entry.kind === 'change' ? entry.mutation : null;

const useOf = (use: FieldsUsed): AccessLogUse =>
  Object.assign(new AccessLogUse(), { ...use, how: use.how.toUpperCase() as keyof typeof UseKind });
