import { Directive, Float, Int } from 'type-graphql';
import { AgencyFields, agencyRootsOf, declareAgency } from '#domain/agency/agency';
import { hasMany } from '#kit/collection/connection';
import { marks } from '#kit/database/marks';
import { percentiles } from '#kit/database/statistics';
import { computed } from '#kit/model/fields';
import type { Counted } from '#kit/model/value-object';
import { figuresEnd, isShown } from '#kit/policy/suppression';
import type { Context } from '#kit/subgraph/context';
import { AgencyIdentifier } from './agency-identifier';
import { CapabilityAssessment } from './capability/capability';
import { AgencyAuthorization } from './cloud/cloud-offering';
import { DirectiveProgress } from './directive/directive';
import { Bureau, GovDomain } from './domain';
import { Sector } from './sector/sector';
import { FederalSystem } from './system/federal-system';
import { ToolDeployment } from './tool/defensive-tool';
import { AIUseCase } from './use-case/ai-use-case';
import { VulnerabilityFinding } from './vulnerability/vulnerability-finding';
import { WEAKNESS_ROLES } from './vulnerability/weakness-roles';

/** What figures of remediation count. */
const REMEDIATED: Counted = {
  of: ['VulnerabilityFinding.detectedAt', 'VulnerabilityFinding.remediatedAt'],
  wholeFor: WEAKNESS_ROLES,
};

/** Agency fields that the infrastructure program adds. */
export class Agency extends AgencyFields {
  @hasMany(() => AgencyIdentifier, 'agencyKey', 'Names and codes of the agency in other catalogs.')
  identifiers!: unknown;
  @hasMany(() => FederalSystem, 'agencyKey', "The agency's information systems.") systems!: unknown;
  @hasMany(() => VulnerabilityFinding, 'agencyKey', "Vulnerability findings on the agency's systems.")
  vulnerabilityFindings!: unknown;
  @hasMany(() => ToolDeployment, 'agencyKey', 'Deployments of defensive tools at the agency.')
  toolDeployments!: unknown;
  @hasMany(
    () => CapabilityAssessment,
    'agencyKey',
    "Assessments of the agency's capability under the NIST Cybersecurity Framework.",
  )
  capabilityAssessments!: unknown;
  @hasMany(() => DirectiveProgress, 'agencyKey', "The agency's progress on binding directives.")
  directiveProgress!: unknown;
  @hasMany(() => AIUseCase, 'agencyKey', 'AI use cases that the agency has published.') aiUseCases!: unknown;
  @hasMany(() => AgencyAuthorization, 'agencyKey', "The agency's authorizations of cloud offerings.")
  cloudAuthorizations!: unknown;
  @hasMany(() => GovDomain, 'agencyKey', "The agency's .gov domains.") domains!: unknown;
  @hasMany(() => Bureau, 'agencyKey', "The agency's bureaus and other components.") bureaus!: unknown;
  @hasMany(() => Sector, 'leadAgencyKey', 'Sectors for which the agency is the lead risk management agency.')
  leadsSectors!: unknown;

  @computed(() => Int, 'Number of remediated vulnerabilities of the agency.', {
    nullable: true,
    sensitivity: 'GOV',
    counted: REMEDIATED,
  })
  @Directive('@cost(weight: 100)')
  async remediatedFindingCount(context: Context): Promise<number> {
    return (await remediation(context, this.key)).n;
  }

  @computed(
    () => Float,
    'Median days from detection to remediation of the vulnerabilities in "remediatedFindingCount". Null if that is zero.',
    { nullable: true, sensitivity: 'GOV', counted: { ...REMEDIATED, isMeasure: true } },
  )
  @Directive('@cost(weight: 100)')
  async medianDaysToRemediate(context: Context): Promise<number | null> {
    const { n, median } = await remediation(context, this.key);
    return isShown(n, context.principal, REMEDIATED) ? median : null;
  }
}

/** Number of remediated findings of an agency, and the median of their days from detection to remediation. */
function remediation(
  { loaders, database, principal, clock }: Context,
  agency: string,
): Promise<{ readonly n: number; readonly median: number | null }> {
  return loaders
    .batched(Agency, 'days to remediate', async (keys) => {
      const end = figuresEnd(REMEDIATED, principal, clock);
      const query = {
        from: `SELECT agency_key AS agency, ${database.dialect.daysBetween('detected_at', 'remediated_at')} AS days
               FROM vulnerability_finding
               WHERE agency_key IN (${marks(keys)}) AND remediated_at < ?`,
        value: 'days',
        groups: ['agency'],
        shares: { median: 0.5 },
      } as const;
      const rows = new Map((await percentiles(database, query, [...keys, end])).map((row) => [row.agency, row]));
      return keys.map((key) => {
        const { n = 0, median = null } = rows.get(key) ?? {};
        return { n, median };
      });
    })
    .load(agency);
}

declareAgency(Agency);

export const AgencyRoots = agencyRootsOf(Agency);
