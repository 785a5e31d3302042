import { OperatorError } from '../errors';

/**
 * Roles of callers. A subgraph declares its own, and publishes them with its schema: the gateway reads them from the supergraph. A role
 * that a process does not know grants nothing there.
 */
export interface RoleSpec {
  readonly description: string;
  /** Claim that a caller with the role must have. */
  readonly needs?: 'organization' | 'agency' | 'caseNumber';
  /** Whether its callers work for the government, and so read internal data and figures. */
  readonly isGovernment?: boolean;
  /** Whether it works with figures only, so that small counts are hidden from it. */
  readonly isStatistical?: boolean;
  /** Whether it reads everything, for a named case. */
  readonly isOversight?: boolean;
}

/** Names of all roles. Whoever declares a role adds its name by declaration merging, so that a misspelled one does not compile. */
// biome-ignore lint/suspicious/noEmptyInterface: declaration merging fills it
export interface RoleNames {}
export type Role = keyof RoleNames & string;

export type RoleSpecs = Readonly<Record<string, RoleSpec>>;

/** Names of specs, to merge into {@link RoleNames}. */
export type NamesOf<Specs extends RoleSpecs> = { readonly [Name in keyof Specs]: true };

const roles = new Map<string, RoleSpec>();

/** @throws OperatorError when a role was declared with another meaning; then none is declared */
export function declareRoles(specs: RoleSpecs): void {
  for (const [name, spec] of Object.entries(specs)) {
    if (isUncheckedOversight(spec))
      throw new OperatorError(
        `The role "${name}" inspects everything without being of the government and naming a case`,
        "Add isGovernment, and needs: 'caseNumber'",
      );
    const declared = roles.get(name);
    if (declared !== undefined && meaningOf(declared) !== meaningOf(spec))
      throw new OperatorError(
        `The role "${name}" has another meaning than before`,
        'Give the role a new name, or restart the processes of the graph with its new meaning',
      );
  }
  for (const [name, spec] of Object.entries(specs)) roles.set(name, { ...spec, ...roles.get(name) });
}

/** Kinds of a role, as `@role` lists them. */
export function kindsOf({ isGovernment, isStatistical, isOversight }: RoleSpec): readonly string[] {
  return [
    ...(isGovernment ? ['GOVERNMENT'] : []),
    ...(isStatistical ? ['STATISTICAL'] : []),
    ...(isOversight ? ['OVERSIGHT'] : []),
  ];
}

/** What a role grants and requires, for comparisons and messages. */
export const meaningOf = (spec: RoleSpec): string =>
  `${kindsOf(spec).join(' ') || 'no kind'}${spec.needs ? ` with needs "${spec.needs}"` : ''}`;

/** Reads by oversight are recorded as the government's, under a case. */
export const isUncheckedOversight = ({ isOversight, isGovernment, needs }: RoleSpec): boolean =>
  isOversight === true && !(isGovernment && needs === 'caseNumber');

/** Undefined for a role that no code of this process declares. */
export const roleSpec = (name: string): RoleSpec | undefined => roles.get(name);

/** Names of the declared roles, in order of declaration. */
export const roleNames = (): readonly Role[] => [...roles.keys()] as Role[];
