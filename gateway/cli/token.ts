import { OperatorError, RequestError } from '../../shared/errors';
import { principalOf, ROLES } from '../../shared/identity/principal';
import { DevelopmentIssuer } from '../identity/development-issuer';

export interface TokenFlags {
  role: string[];
  agency?: string;
  organization?: string;
  case?: string;
  scope?: string[];
  subject: string;
  hours: number;
  data?: string;
}

const EXAMPLES = [
  '--role analyst',
  '--role agency-reviewer --agency nsa',
  '--role developer-submitter --organization exercise-alder',
  '--role inspector --case 2026-17',
];

export const describeRoles = (): string =>
  `\nRoles: ${ROLES.join(', ')}\nExamples:\n${EXAMPLES.map((one) => `  npm run token -- ${one}`).join('\n')}`;

/** Prints a token of the development issuer, and nothing else, so that a shell can take it. @throws OperatorError */
export async function printToken({
  role,
  hours,
  dataFolder,
  ...flags
}: TokenFlags & { dataFolder: string }): Promise<void> {
  let principal: ReturnType<typeof principalOf>;
  try {
    principal = principalOf({ ...flags, roles: role, caseNumber: flags.case, scopes: flags.scope });
  } catch (error) {
    if (error instanceof RequestError) throw new OperatorError(error.message, describeRoles().trim());
    throw error;
  }
  if (!DevelopmentIssuer.isIn(dataFolder))
    process.stderr.write(
      `There was no development issuer in ${dataFolder}, so this makes one. A graph that runs with another --data does not accept its tokens.\n`,
    );
  const issuer = await DevelopmentIssuer.in(dataFolder);
  process.stdout.write(`${await issuer.token(principal, hours * 3_600)}\n`);
}
