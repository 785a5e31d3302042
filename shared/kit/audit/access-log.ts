import { Args, ArgsType, Ctx, Directive, Field, ID, InputType, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { PageInfo } from '../collection/connection';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, pageSide } from '../collection/page';
import { enumeration } from '../model/enumeration';
import type { ModelClass } from '../model/model';
import { GraphQLInstant } from '../model/scalars';
import { part, valueObject } from '../model/value-object';
import type { Protected } from '../policy/policy';
import type { Context } from '../subgraph/context';
import type { Entry, FieldsUsed } from './entry';
import type { Found, Position, Sought } from './search';

/** Types of the access log: shown to oversight, as a whole. */
export const ACCESS_LOG_TYPES: ReadonlySet<string> = new Set([
  'AccessLogEntry',
  'AccessLogObjects',
  'AccessLogUse',
  'AccessLogConnection',
  'AccessLogEdge',
]);

/** The list that its cursors are of: newest first, in all subgraphs. */
const LIST = 'AccessLogEntry';

/** The root field of a subgraph's access log. */
export const accessLogField = (subgraph: string): string => `${subgraph}AccessLog`;

export const Sensitivity = enumeration(
  'Sensitivity',
  'Classes of sensitivity, from what everyone may read to what few may.',
  {
    PUBLIC: 'Everyone.',
    GOV: 'Government roles.',
    GOV_DELIB: 'Deliberative: the agency that wrote it, and oversight.',
    PROPIN: 'Proprietary to a developer: the developer, intake, the agencies it named, oversight.',
    PII: "Personal: the hiring agency's HR, in part its managers, oversight.",
    ISVI: "Vulnerability of information systems: the system's owner, the coordinator, oversight; others see aggregates.",
  },
);

const AccessKind = enumeration('AccessKind', 'What was done.', {
  READ: 'Protected fields of objects were read.',
  ATTEMPT: 'A mutation was asked for; it may have been refused.',
  CHANGE: 'A mutation was done.',
});

const personal = { sensitivity: 'PII' } as const;
const personalOrNull = { sensitivity: 'PII', nullable: true } as const;

@Directive('@shareable')
@valueObject('Objects of one type whose fields of one class were read, or which were listed.', 'AccessLogObjects')
class AccessLogObjects {
  @part(() => String, 'The type.', personal)
  type!: string;
  @part(() => Sensitivity, 'The class of the fields.', personal)
  sensitivity!: Protected;
  @part(() => Int, 'How many objects.', personal)
  count!: number;
  @part(() => [ID], 'Their keys, the first thousand of them. Never what was read of them.', personal)
  keys!: readonly string[];
  @part(
    () => Boolean,
    'True: no field of the class was read of them, only which objects there are. The class is that of the type.',
    personal,
  )
  idsOnly!: boolean;
}

const UseKind = enumeration('UseKind', 'How a list used protected fields.', {
  FILTER: 'The list was filtered by them.',
  ORDER: 'The list was ordered by them.',
  COUNT: 'The list was counted, filtered by them if any.',
  LIST: 'Objects of the type were listed; names no fields.',
});

@Directive('@shareable')
@valueObject(
  'Protected fields of one type and class that lists were filtered, ordered or counted by, or a protected type that was listed.',
  'AccessLogUse',
)
class AccessLogUse {
  @part(() => String, 'The type.', personal)
  type!: string;
  @part(() => Sensitivity, 'The class of the fields.', personal)
  sensitivity!: Protected;
  @part(() => UseKind, 'How they were used.', personal)
  how!: keyof typeof UseKind;
  @part(
    () => [String],
    'Field names, never values; empty when objects of a protected type were listed, or all of them counted.',
    personal,
  )
  fields!: readonly string[];
}

@Directive('@shareable')
@valueObject('A line of the record of who read and changed what.', 'AccessLogEntry')
class AccessLogEntry {
  @part(() => ID, 'The record it stands in and its number there, as `ordergraph audit verify` counts.', personal)
  id!: string;
  @part(() => GraphQLInstant, 'When.', personal)
  at!: string;
  @part(() => String, 'The subgraph that keeps the record.', personal)
  subgraph!: string;
  @part(() => AccessKind, 'What was done.', personal)
  kind!: string;
  @part(() => String, 'Who; null for the public.', personalOrNull)
  subject!: string | null;
  @part(
    () => String,
    'Issuer of the token, without which the subject names no one person; null in older lines.',
    personalOrNull,
  )
  issuer!: string | null;
  @part(() => [String], 'In which roles.', personal)
  roles!: readonly string[];
  @part(() => ID, 'Key of the agency for which.', personalOrNull)
  agencyKey!: string | null;
  @part(() => ID, 'Key of the organization for which.', personalOrNull)
  organizationKey!: string | null;
  @part(() => String, 'The case under which oversight read.', personalOrNull)
  caseNumber!: string | null;
  @part(() => String, 'The id of the request, which is the same in the records of all subgraphs.', personalOrNull)
  request!: string | null;
  @part(() => String, "The client's name for its operation.", personalOrNull)
  operation!: string | null;
  @part(() => String, 'The address it came from.', personalOrNull)
  address!: string | null;
  @part(() => [AccessLogObjects], 'What was read.', personal)
  objects!: readonly AccessLogObjects[];
  @part(
    () => [AccessLogUse],
    'Protected fields that lists were filtered, ordered or counted by, and protected types that were listed.',
    personal,
  )
  uses!: readonly AccessLogUse[];
  @part(() => String, 'The mutation that was asked for or done.', personalOrNull)
  mutation!: string | null;
  @part(() => ID, 'Key of the object that was changed.', personalOrNull)
  changed!: string | null;
}

@Directive('@shareable')
@ObjectType('AccessLogEdge', { description: 'A line of the record and its cursor.' })
class AccessLogEdge {
  @part(() => String, 'Cursor of the line; pass it as "after" for older lines or as "before" for newer ones.', personal)
  cursor!: string;
  @part(() => AccessLogEntry, 'The line.', personal)
  node!: AccessLogEntry;
}

@Directive('@shareable')
@ObjectType('AccessLogConnection', { description: 'A page of the record, newest first.' })
class AccessLogConnection {
  @part(() => [AccessLogEntry], 'The lines of this page.', personal)
  nodes!: AccessLogEntry[];
  @part(() => [AccessLogEdge], 'The same lines, each with its cursor.', personal)
  edges!: AccessLogEdge[];
  @part(() => PageInfo, 'Where this page stands.', personal)
  pageInfo!: PageInfo;
}

@InputType('AccessLogFilter', { description: 'Only lines that all of this holds for.' })
class AccessLogFilter {
  @Field(() => AccessKind, { nullable: true, description: 'What was done.' })
  kind?: string;
  @Field(() => String, { nullable: true, description: 'By whom.' })
  subject?: string;
  @Field(() => ID, { nullable: true, description: 'For which agency, by its key.' })
  agency?: string;
  @Field(() => ID, { nullable: true, description: 'To which object, by its key.' })
  object?: string;
  @Field(() => String, { nullable: true, description: 'To objects of which type.' })
  type?: string;
  @Field(() => Sensitivity, { nullable: true, description: 'To fields of which class.' })
  sensitivity?: Protected;
  @Field(() => ID, { nullable: true, description: 'In which request.' })
  request?: string;
  @Field(() => GraphQLInstant, { nullable: true, description: 'From when on.' })
  from?: string;
  @Field(() => GraphQLInstant, { nullable: true, description: 'Before when.' })
  until?: string;
}

@ArgsType()
class AccessLogArgs {
  @Field(() => Int, {
    nullable: true,
    description: `Page size, counted from the newest line: 0 to ${MAX_PAGE_SIZE}; ${DEFAULT_PAGE_SIZE} if neither "first" nor "last" is given.`,
  })
  first?: number | null;
  @Field(() => String, { nullable: true, description: 'Only lines older than this cursor.' })
  after?: string | null;
  @Field(() => Int, { nullable: true, description: `Page size, counted from the oldest line: 0 to ${MAX_PAGE_SIZE}.` })
  last?: number | null;
  @Field(() => String, { nullable: true, description: 'Only lines newer than this cursor.' })
  before?: string | null;
  @Field(() => AccessLogFilter, { nullable: true, description: 'Conditions that every listed line meets.' })
  filter?: AccessLogFilter | null;
}

/** The root field by which oversight reads the record of a subgraph. What is read of it is recorded, too. */
export function accessLogRoot(subgraph: string): ModelClass {
  @Resolver()
  class AccessLogRoot {
    async read(page: AccessLogArgs, { accessLog, reads, cursors }: Context): Promise<AccessLogConnection> {
      const { size, backward } = pageSide(page);
      const positionOf = (argument: 'after' | 'before') =>
        page[argument] == null ? undefined : (cursors.open(LIST, page[argument], argument) as unknown as Position);
      const [newest, oldest] = [positionOf('after'), positionOf('before')];
      const found = await accessLog(soughtOf(page.filter), {
        most: size + 1,
        before: newest,
        after: oldest,
        oldest: backward,
      });
      const more = found.length > size;
      const shown = backward ? found.slice(more ? 1 : 0) : found.slice(0, size);
      const edges = shown.map((one) => ({ cursor: cursors.seal(LIST, one.position), node: lineOf(one) }));
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
    description: `Who read and changed what of ${subgraph}, newest first: for oversight.`,
  })(prototype, 'read', Object.getOwnPropertyDescriptor(prototype, 'read')!);
  Directive('@sensitivity(class: PII)')(prototype, 'read');
  return AccessLogRoot;
}

/** GraphQL gives null for what is taken back, and classes for input objects. */
function soughtOf(filter: AccessLogFilter | null | undefined): Sought {
  const given = Object.entries(filter ?? {}).filter(([, value]) => value !== null && value !== undefined);
  const { kind, ...rest } = Object.fromEntries(given) as AccessLogFilter;
  return { ...rest, ...(kind ? { kind: kind.toLowerCase() as Sought['kind'] } : {}) };
}

function lineOf({ position: [, record, number], entry }: Found): AccessLogEntry {
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
