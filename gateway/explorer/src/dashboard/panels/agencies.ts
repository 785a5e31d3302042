interface ByAgency<Figures> {
  readonly groups: {
    readonly nodes: readonly { readonly agency: { readonly key: string } | null; readonly aggregates: Figures }[];
  };
}

/** Answer of `agencies.graphql`. */
export interface AgenciesAnswer {
  readonly agencies: readonly {
    readonly key: string;
    readonly name: string;
    readonly abbreviation: string | null;
    readonly kind: string;
    readonly orderRole: string | null;
    readonly reviewWorkload: { readonly openReviews: number; readonly reviewers: number } | null;
  }[];
  readonly positions: ByAgency<{ readonly count: number; readonly vacant: { readonly numerator: number } }> | null;
  readonly hiringRequests: ByAgency<{ readonly count: number }> | null;
  readonly federalSystems: ByAgency<{ readonly count: number }> | null;
  readonly vulnerabilityFindings: ByAgency<{ readonly count: number }> | null;
}

/** What a column of the list reads. */
export interface AgencyRow {
  readonly key: string;
  readonly name: string;
  readonly orderRole: string | null;
  readonly openReviews: number | undefined;
  readonly hires: number | undefined;
  readonly vacant: number | undefined;
  readonly posts: number | undefined;
  readonly systems: number | undefined;
  readonly overdue: number | undefined;
}

/**
 * Lists of which the caller can read nothing, and those of which it can read some. A list without readable objects has no figure, not even zero: there
 * may be others.
 */
export interface Limited {
  readonly nothing: ReadonlySet<string>;
  readonly some: ReadonlySet<string>;
}

/** Agencies that have a part in the order, by their role in it and name. Agencies without any figure are left out. */
export function agencyRows(answer: AgenciesAnswer, limited: Limited): AgencyRow[] {
  const figure = <Figures>(list: ByAgency<Figures> | null, coordinate: string, value: (figures: Figures) => number) => {
    const values = new Map(
      (list?.groups.nodes ?? []).flatMap(({ agency, aggregates }) => (agency ? [[agency.key, value(aggregates)]] : [])),
    );
    const none = limited.some.has(coordinate) ? undefined : 0;
    return (key: string) => (list === null || limited.nothing.has(coordinate) ? undefined : (values.get(key) ?? none));
  };
  const vacant = figure(answer.positions, 'Query.positions', (figures) => figures.vacant.numerator);
  const posts = figure(answer.positions, 'Query.positions', ({ count }) => count);
  const hires = figure(answer.hiringRequests, 'Query.hiringRequests', ({ count }) => count);
  const systems = figure(answer.federalSystems, 'Query.federalSystems', ({ count }) => count);
  const overdue = figure(answer.vulnerabilityFindings, 'Query.vulnerabilityFindings', ({ count }) => count);
  return answer.agencies
    .map(
      ({ key, name, orderRole, reviewWorkload }): AgencyRow => ({
        key,
        name,
        orderRole,
        openReviews: reviewWorkload?.openReviews,
        hires: hires(key),
        vacant: vacant(key),
        posts: posts(key),
        systems: systems(key),
        overdue: overdue(key),
      }),
    )
    .filter(({ orderRole, openReviews, posts: all, systems: owned }) => orderRole || openReviews || all || owned)
    .sort((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name));
}

const ROLES = ['LEAD', 'CONSULTED', 'WORKFORCE', 'ENFORCEMENT'];
const rank = ({ orderRole }: AgencyRow): number => (orderRole ? ROLES.indexOf(orderRole) : ROLES.length);
