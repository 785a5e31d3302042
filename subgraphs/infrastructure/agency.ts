import { Directive, Float } from 'type-graphql';
import { AgencyFields, agencyRootsOf, declareAgency } from '#domain/agency/agency';
import { hasMany } from '#kit/collection/connection';
import { computed } from '#kit/model/fields';
import { median } from '#kit/model/value-object';
import { isShown } from '#kit/policy/suppression';
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
import { VulnerabilityFinding, WEAKNESS_ROLES } from './vulnerability/vulnerability-finding';

/** An agency, as infrastructure extends it. */
export class Agency extends AgencyFields {
  @hasMany(() => AgencyIdentifier, 'agencyKey', 'What other catalogs call it.') identifiers!: unknown;
  @hasMany(() => FederalSystem, 'agencyKey', 'Its information systems.') systems!: unknown;
  @hasMany(() => VulnerabilityFinding, 'agencyKey', 'Vulnerabilities found on its systems.')
  vulnerabilityFindings!: unknown;
  @hasMany(() => ToolDeployment, 'agencyKey', 'Defensive tools it deploys.') toolDeployments!: unknown;
  @hasMany(() => CapabilityAssessment, 'agencyKey', 'How it stands in the Cybersecurity Framework.')
  capabilityAssessments!: unknown;
  @hasMany(() => DirectiveProgress, 'agencyKey', 'How far it is with directives.') directiveProgress!: unknown;
  @hasMany(() => AIUseCase, 'agencyKey', 'Uses of AI it has published.') aiUseCases!: unknown;
  @hasMany(() => AgencyAuthorization, 'agencyKey', 'Cloud offerings it has authorized.') cloudAuthorizations!: unknown;
  @hasMany(() => GovDomain, 'agencyKey', 'Its .gov domains.') domains!: unknown;
  @hasMany(() => Bureau, 'agencyKey', 'Its bureaus.') bureaus!: unknown;
  @hasMany(() => Sector, 'leadAgencyKey', 'Sectors whose risk it manages as the lead.') leadsSectors!: unknown;

  @computed(
    () => Float,
    'Median days from finding a vulnerability to mending it, over all mended ones; null of none, and of fewer than five except for roles that work with vulnerabilities.',
    {
      nullable: true,
      sensitivity: 'GOV',
      derivedFrom: ['VulnerabilityFinding.detectedAt', 'VulnerabilityFinding.remediatedAt'],
      coarsened: 'A median, hidden where it is of fewer than five.',
    },
  )
  @Directive('@cost(weight: 100)')
  medianDaysToRemediate({ loaders, database, principal }: Context): Promise<number | null> {
    return loaders
      .batched<number | null>(Agency, 'days to remediate', async (keys) => {
        const rows = await database.query<{ agency: string; days: number }>(
          `SELECT agency_key AS agency, ${database.dialect.daysBetween('detected_at', 'remediated_at')} AS days
           FROM vulnerability_finding WHERE agency_key IN (${keys.map(() => '?').join(', ')}) AND remediated_at IS NOT NULL`,
          keys,
        );
        const byAgency = Map.groupBy(rows, ({ agency }) => agency);
        return keys.map((key) => {
          const days = (byAgency.get(key) ?? []).map((row) => Number(row.days));
          return isShown(days.length, principal, { wholeFor: WEAKNESS_ROLES }) ? median(days) : null;
        });
      })
      .load(this.key);
  }
}
declareAgency(Agency);

export const AgencyRoots = agencyRootsOf(Agency);
