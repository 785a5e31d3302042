import { Arg, Directive, Field, ID, Int, Query, Resolver } from 'type-graphql';
import { enumeration } from '#kit/model/enumeration';
import { type ModelClass, stub } from '#kit/model/model';
import { AGENCY_REFERENCE_VERSION, type AgencyKind, type AgencyRecord, agencies, type OrderRole } from './agencies';
import { agencyByKey } from './directory';

const AgencyKindEnum = enumeration('AgencyKind', 'Where an agency stands in the government.', {
  DEPARTMENT: 'An executive department.',
  MILITARY_DEPARTMENT: 'A military department: an agency in hiring data, a component of Defense elsewhere.',
  COMPONENT: 'A bureau or component of a department.',
  INDEPENDENT: 'An independent agency or government corporation.',
  OFFICE: 'The Executive Office of the President.',
  LEGISLATIVE: 'An agency of the legislative branch.',
});

const OrderRoleEnum = enumeration('OrderRole', 'What the executive order asks of an agency.', {
  LEAD: 'Leads a program of the order.',
  CONSULTED: 'Is consulted by the leads.',
  ENFORCEMENT: 'Enforces the criminal law against misuse.',
  WORKFORCE: 'Leads the recruitment of AI and cybersecurity professionals.',
});

/** The base fields of an agency: the same in every subgraph, from the shared table. */
export class AgencyFields {
  key!: string;
  name!: string;
  abbreviation!: string | null;
  alsoKnownAs!: readonly string[];
  parentKey!: string | null;
  kind!: AgencyKind;
  orderRole!: OrderRole | null;
}

/**
 * Declares a subgraph's own Agency class: the entity with key and base fields, to which the subgraph adds its fields.
 * Unknown keys have no agency.
 */
export function declareAgency<T extends AgencyFields>(
  target: ModelClass<T> & { of?: (key: string) => T | null },
): void {
  const make = (record: AgencyRecord): T => Object.assign(Object.create(target.prototype) as T, record);
  target.of = (key) => {
    const record = agencyByKey(key);
    return record ? make(record) : null;
  };
  const { prototype } = target;
  const publish = (name: string, type: () => unknown, nullable: boolean, description: string) => {
    Field(type as never, { nullable, description })(prototype, name);
    Directive('@sensitivity(class: PUBLIC)')(prototype, name);
    if (name !== 'key') Directive('@shareable')(prototype, name);
  };
  publish('key', () => ID, false, 'Short name in kebab case, for example "nsa", "treasury".');
  publish('name', () => String, false, 'Full name.');
  publish('abbreviation', () => String, true, 'Usual abbreviation.');
  publish(
    'alsoKnownAs',
    () => [String],
    false,
    'Other names that publishers and statutes use: Defense is also "Department of War".',
  );
  publish('kind', () => AgencyKindEnum, false, 'Where it stands in the government.');
  publish('orderRole', () => OrderRoleEnum, true, 'What the executive order asks of it.');
  Object.defineProperty(prototype, 'parent', {
    get(this: T) {
      return this.parentKey ? target.of!(this.parentKey) : null;
    },
  });
  publish('parent', () => target, true, 'The department it is part of.');
  stub('An agency of the government. Base fields come from one reference table that all subgraphs share.', {
    name: 'Agency',
    key: 'key',
    findable: true,
  })(target);
}

/** The root fields that lead to agencies; every subgraph serves them alike, so that no query needs a hop to start. */
export function agencyRootsOf(target: ModelClass & { of?: (key: string) => object | null }): ModelClass {
  @Resolver()
  class AgencyRoots {
    @Query(() => target, { nullable: true, description: 'The agency with this key, or null.' })
    @Directive('@shareable')
    agency(@Arg('key', () => ID, { description: 'For example "treasury".' }) key: string): object | null {
      return target.of!(key);
    }

    @Query(() => [target], { description: 'All agencies, in the order of the reference table.' })
    @Directive('@shareable')
    @Directive(`@listSize(assumedSize: ${agencies.length}, requireOneSlicingArgument: false)`)
    agencies(
      @Arg('kind', () => AgencyKindEnum as never, { nullable: true, description: 'Only agencies of this kind.' })
      kind?: AgencyKind,
      @Arg('orderRole', () => OrderRoleEnum as never, {
        nullable: true,
        description: 'Only agencies of which the order asks this.',
      })
      orderRole?: OrderRole,
    ): object[] {
      return agencies
        .filter((record) => (!kind || record.kind === kind) && (!orderRole || record.orderRole === orderRole))
        .map((record) => target.of!(record.key)!);
    }

    @Query(() => Int, {
      description: 'Version of the agency reference table; the same in all subgraphs of a sound deployment.',
    })
    @Directive('@shareable')
    agencyReferenceVersion(): number {
      return AGENCY_REFERENCE_VERSION;
    }
  }
  return AgencyRoots;
}
