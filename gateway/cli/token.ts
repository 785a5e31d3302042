import { existsSync } from 'node:fs';
import { OperatorError, RequestError } from '#base/errors';
import { DEVELOPMENT_ISSUER, principalOf } from '#base/identity/principal';
import { roleNames, roleSpec } from '#base/identity/roles';
import { nearest } from '#base/nearest';
import { agencies } from '#domain/agency/agencies';
import { findAgency } from '#domain/agency/directory';
import { exerciseDeveloper, exerciseDevelopersAt } from '#domain/exercise/developers';
import { developerKeys, organizationNamed } from '#domain/organization/organizations';
import { parseDatabaseUrl } from '#kit/database/url';
import { DevelopmentIssuer } from '../identity/development-issuer';
import { databaseUrl } from './databases';
import { loadSubgraph } from './load-subgraph';
import { declareOwnRoles } from './roles';
import type { StoreSettings } from './settings';

export interface TokenFlags {
  role: string[];
  agency?: string;
  organization?: string;
  /** Whether the organization may be unregistered. */
  newOrganization?: boolean;
  case?: string;
  scope?: string[];
  subject: string;
  hours: number;
}

const EXAMPLES = [
  '--role analyst',
  '--role agency-reviewer --agency nsa',
  '--role developer-submitter --organization exercise-alder',
  '--role inspector --case 2026-17',
];

export function describeRoles(): string {
  declareOwnRoles();
  return listOfRoles();
}

const listOfRoles = (): string =>
  `\nRoles:\n${roleNames()
    .map((name) => `  ${name.padEnd(24)} ${describeRole(name)}`)
    .join('\n')}\n\nExamples:\n${EXAMPLES.map((flags) => `  npm run token -- ${flags}`).join('\n')}`;

const CLAIM_FLAGS = { agency: '--agency', organization: '--organization', caseNumber: '--case' };

function describeRole(name: string): string {
  const { description, needs } = roleSpec(name)!;
  return needs === undefined ? description : `${description} Requires ${CLAIM_FLAGS[needs]}.`;
}

/** Prints a token of the development issuer and nothing else, so that a shell can capture it. @throws OperatorError */
export async function printToken({
  role,
  hours,
  settings,
  ...flags
}: TokenFlags & { settings: StoreSettings }): Promise<void> {
  declareOwnRoles();
  for (const name of role)
    if (!roleSpec(name))
      throw new OperatorError(`"${name}" is not a role${nearest(name, roleNames())}`, listOfRoles().trim());
  // first, since principalOf rejects names and abbreviations without a suggestion
  if (flags.agency !== undefined) requireAgency(flags.agency);
  let principal: ReturnType<typeof principalOf>;
  try {
    principal = principalOf({
      ...flags,
      issuer: DEVELOPMENT_ISSUER,
      roles: role,
      caseNumber: flags.case,
      scopes: flags.scope,
    });
  } catch (error) {
    if (error instanceof RequestError) throw new OperatorError(error.message, listOfRoles().trim());
    throw error;
  }
  if (principal.organization !== null && !flags.newOrganization)
    await requireOrganization(principal.organization, settings);
  if (!DevelopmentIssuer.isIn(settings.data))
    process.stderr.write(
      `Creating a development issuer in ${settings.data}, which has none. Graphs with another --data folder do not accept its tokens.\n`,
    );
  const issuer = await DevelopmentIssuer.in(settings.data);
  process.stdout.write(`${await issuer.token(principal, hours * 3_600)}\n`);
}

/** @throws OperatorError that suggests the nearest keys */
function requireAgency(key: string): void {
  const keys = agencies.map((agency) => agency.key);
  if (keys.includes(key)) return;
  // users also write names and abbreviations
  const suggestion = findAgency(key)?.agency.key;
  const hint = suggestion ? `; did you mean "${suggestion}"?` : nearest(key, keys);
  throw new OperatorError(`"${key}" is not an agency key${hint}`, `Agency keys: ${keys.toSorted().join(', ')}`);
}

/** @throws OperatorError that suggests the nearest keys */
async function requireOrganization(key: string, settings: StoreSettings): Promise<void> {
  const keys = [...new Set([...(await registeredOrganizations(settings)), ...developerKeys()])];
  if (keys.includes(key)) return;
  const { key: suggestion, by } = organizationNamed(key);
  const hint = by === 'name' && keys.includes(suggestion) ? `; did you mean "${suggestion}"?` : nearest(key, keys);
  throw new OperatorError(
    `"${key}" is not a developer organization key${hint}`,
    'Use a registered organization, or add --new-organization for one that is about to register',
  );
}

/** Keys of the organizations in the submissions database; before it exists, those that the first start will create. */
async function registeredOrganizations(settings: StoreSettings): Promise<readonly string[]> {
  const url = databaseUrl('submissions', settings);
  const address = parseDatabaseUrl(url);
  if (address.kind === 'sqlite' && !existsSync(address.file))
    return Array.from({ length: exerciseDevelopersAt(1) }, (_, index) => exerciseDeveloper(index).key);
  // imported here so that a token for an agency loads no database code
  const [{ Database }, { DeveloperOrganization }, { entities }] = [
    await import('#kit/database/database'),
    await import('../../subgraphs/submissions/developer/developer-organization'),
    (await loadSubgraph('submissions')).parts,
  ];
  const database = await Database.connect({ url, name: 'submissions', entities, migrations: [] });
  try {
    const rows = await database.query<{ organization: string }>(
      `SELECT ${database.column(DeveloperOrganization, 'key')} AS organization FROM ${database.table(DeveloperOrganization)}`,
    );
    return rows.map(({ organization }) => organization);
  } finally {
    await database.close();
  }
}
