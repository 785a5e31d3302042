import { Arg, Directive, Field, ID, Int, Query, Resolver } from 'type-graphql';
import { enumeration } from '#kit/model/enumeration';
import { type ModelClass, stub } from '#kit/model/model';
import { AGENCY_REFERENCE_VERSION, type AgencyKind, type AgencyRecord, agencies, type OrderRole } from './agencies';
import { agencyByKey } from './directory';

const AgencyKindEnum = enumeration('AgencyKind', 'Type of an agency within the government.', {
  DEPARTMENT: 'Executive department.',
  MILITARY_DEPARTMENT: 'Military department. A separate agency in hiring data, and a component of Defense elsewhere.',
  COMPONENT: 'Bureau or component of a department.',
  INDEPENDENT: 'Independent agency or government corporation.',
  OFFICE: 'Executive Office of the President.',
  LEGISLATIVE: 'Agency of the legislative branch.',
});

const OrderRoleEnum = enumeration('OrderRole', 'Role that the executive order assigns to an agency.', {
  LEAD: 'Leads a program of the order.',
  CONSULTED: 'Advises the lead agencies.',
  ENFORCEMENT: 'Enforces criminal law against misuse.',
  WORKFORCE: 'Leads the recruitment of AI and cybersecurity professionals.',
});

/** Base fields of an agency, from the shared table. */
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
 * Declares the Agency class of a subgraph: the entity with key and base fields, to which the subgraph adds fields. Unknown keys resolve to
 * null.
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
  publish('key', () => ID, false, 'Short name in kebab case, such as "nsa" or "treasury".');
  publish('name', () => String, false, 'Full name of the agency.');
  publish('abbreviation', () => String, true, 'Usual abbreviation. Null if it has none.');
  publish(
    'alsoKnownAs',
    () => [String],
    false,
    'Other names in statutes and published data, such as "Department of War" for Defense.',
  );
  publish('kind', () => AgencyKindEnum, false, 'Type of the agency within the government.');
  publish(
    'orderRole',
    () => OrderRoleEnum,
    true,
    'Role that the executive order assigns to the agency. Null without one.',
  );
  Object.defineProperty(prototype, 'parent', {
    get(this: T) {
      return this.parentKey ? target.of!(this.parentKey) : null;
    },
  });
  publish('parent', () => target, true, 'Parent department. Null for a top-level agency.');
  stub('Federal agency or component. Base fields come from one reference table that all subgraphs share.', {
    name: 'Agency',
    key: 'key',
    findable: true,
  })(target);
}

/** Root fields for agencies. Every subgraph serves them, so that no query needs a hop to start. */
export function agencyRootsOf(target: ModelClass & { of?: (key: string) => object | null }): ModelClass {
  @Resolver()
  class AgencyRoots {
    @Query(() => target, {
      nullable: true,
      description: 'Agency with this key, or null if the reference table has no such agency.',
    })
    @Directive('@shareable')
    agency(@Arg('key', () => ID, { description: 'Agency key, such as "treasury".' }) key: string): object | null {
      return target.of!(key);
    }

    @Query(() => [target], { description: 'Agencies in the order of the reference table, filtered by kind and role.' })
    @Directive('@shareable')
    @Directive(`@listSize(assumedSize: ${agencies.length}, requireOneSlicingArgument: false)`)
    agencies(
      @Arg('kind', () => AgencyKindEnum as never, {
        nullable: true,
        description: 'Returns only agencies of this kind.',
      })
      kind?: AgencyKind,
      @Arg('orderRole', () => OrderRoleEnum as never, {
        nullable: true,
        description: 'Returns only agencies with this role in the executive order.',
      })
      orderRole?: OrderRole,
    ): object[] {
      return agencies
        .filter((record) => (!kind || record.kind === kind) && (!orderRole || record.orderRole === orderRole))
        .map((record) => target.of!(record.key)!);
    }

    @Query(() => Int, {
      description: 'Version of the agency reference table. All subgraphs of a deployment must have the same one.',
    })
    @Directive('@shareable')
    agencyReferenceVersion(): number {
      return AGENCY_REFERENCE_VERSION;
    }
  }
  return AgencyRoots;
}
