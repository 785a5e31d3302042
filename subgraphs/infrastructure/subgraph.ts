import { rootsOf } from '#kit/collection/connection';
import { workTables } from '#kit/events/tables';
import { Subgraph } from '#kit/subgraph/subgraph';
import { Agency, AgencyRoots } from './agency';
import { AgencyIdentifier } from './agency-identifier';
import { AIModel } from './ai-model';
import { CapabilityAssessment, CapabilityDimension, Control, DimensionWorkRole } from './capability/capability';
import { CaseSector, CaseSystem, ClearinghouseCase } from './clearinghouse/clearinghouse-case';
import { clearinghouseHandlers } from './clearinghouse/handlers';
import { AgencyAuthorization, CloudOffering, MarketplaceAgency } from './cloud/cloud-offering';
import { AuthorizedOfferingResolver } from './cloud/offering-of-authorization';
import { DeveloperOrganization } from './developer-organization';
import { Directive, DirectiveProgress } from './directive/directive';
import { Bureau, GovDomain } from './domain';
import { AgencyWorkRole, Finding, WorkRole } from './entities';
import { importers } from './importers/importers';
import { migrations } from './migrations/migrations';
import { ExecutiveOrder, InfrastructureMetricsResolver } from './order/executive-order';
import { policies } from './policy';
import { references } from './reference/references';
import { ROLES } from './roles';
import { Sector, SectorCoAgency, SectorRisk } from './sector/sector';
import { FederalSystem, SystemCloudOffering, SystemDomain, SystemSector } from './system/federal-system';
import { ToolAdoptionResolver } from './tool/adoption';
import { DefensiveTool, DeploymentSystem, ToolDeployment, ToolSubcategory } from './tool/defensive-tool';
import { AIUseCase, UseCaseVendor } from './use-case/ai-use-case';
import { UseCaseStatisticsResolver } from './use-case/statistics';
import { Vendor } from './vendor/vendor';
import { ExposureResolver, Vulnerability } from './vulnerability/vulnerability';
import { VulnerabilityFinding } from './vulnerability/vulnerability-finding';

export const infrastructure = new Subgraph({
  name: 'infrastructure',
  description:
    'Sectors, federal systems, vulnerabilities, defensive tools, AI use cases, cloud offerings, capabilities, and directives.',
  owners: ['cisa'],
  roles: ROLES,
  entities: [
    Sector,
    SectorRisk,
    SectorCoAgency,
    AgencyIdentifier,
    GovDomain,
    Bureau,
    Vendor,
    CloudOffering,
    AgencyAuthorization,
    MarketplaceAgency,
    Vulnerability,
    FederalSystem,
    SystemSector,
    SystemCloudOffering,
    SystemDomain,
    VulnerabilityFinding,
    CapabilityDimension,
    DimensionWorkRole,
    CapabilityAssessment,
    Control,
    DefensiveTool,
    ToolSubcategory,
    ToolDeployment,
    DeploymentSystem,
    AIUseCase,
    UseCaseVendor,
    Directive,
    DirectiveProgress,
    ClearinghouseCase,
    CaseSector,
    CaseSystem,
    ...workTables,
  ],
  stubs: [Agency, AgencyWorkRole, AIModel, DeveloperOrganization, ExecutiveOrder, Finding, WorkRole],
  resolvers: [
    AgencyRoots,
    AuthorizedOfferingResolver,
    ExposureResolver,
    InfrastructureMetricsResolver,
    ToolAdoptionResolver,
    UseCaseStatisticsResolver,
    rootsOf(Sector, { one: 'sector', many: 'sectors', keys: 'sectorKeys' }),
    rootsOf(FederalSystem, { one: 'federalSystem', many: 'federalSystems' }),
    rootsOf(Vulnerability, { one: 'vulnerability', many: 'vulnerabilities', keys: 'vulnerabilityKeys' }),
    rootsOf(VulnerabilityFinding, { one: 'vulnerabilityFinding', many: 'vulnerabilityFindings' }),
    rootsOf(Vendor, { one: 'vendor', many: 'vendors' }),
    rootsOf(DefensiveTool, { one: 'defensiveTool', many: 'defensiveTools' }),
    rootsOf(ToolDeployment, { one: 'toolDeployment', many: 'toolDeployments' }),
    rootsOf(AIUseCase, { one: 'aiUseCase', many: 'aiUseCases' }),
    rootsOf(CloudOffering, { one: 'cloudOffering', many: 'cloudOfferings' }),
    rootsOf(AgencyAuthorization, { one: 'agencyAuthorization', many: 'agencyAuthorizations' }),
    rootsOf(MarketplaceAgency, { one: 'marketplaceAgency', many: 'marketplaceAgencies' }),
    rootsOf(CapabilityDimension, { one: 'capabilityDimension', many: 'capabilityDimensions' }),
    rootsOf(CapabilityAssessment, { one: 'capabilityAssessment', many: 'capabilityAssessments' }),
    rootsOf(Control, { one: 'control', many: 'controls' }),
    rootsOf(Directive, { one: 'directive', many: 'directives' }),
    rootsOf(ClearinghouseCase, { one: 'clearinghouseCase', many: 'clearinghouseCases', keys: 'clearinghouseCaseKeys' }),
    rootsOf(GovDomain, { one: 'govDomain', many: 'govDomains' }),
    rootsOf(Bureau, { one: 'bureau', many: 'bureaus' }),
  ],
  handlers: clearinghouseHandlers,
  policies,
  migrations,
  references,
  importers,
});
