import { ExerciseReplacement } from '#domain/exercise/replacement';
import { staffingHandlers } from '#domain/staffing/handlers';
import { StaffingNotice } from '#domain/staffing/staffing-notice';
import { rootsOf } from '#kit/collection/connection';
import { bulkTables, workTables } from '#kit/events/tables';
import { Subgraph } from '#kit/subgraph/subgraph';
import { DefenseAccess } from './access/defense-access';
import { defenseAccessMutations } from './access/defense-access.mutations';
import { INFRASTRUCTURE_ACTORS } from './actors';
import { Agency, AgencyRoots } from './agency';
import { AgencyIdentifier } from './agency-identifier';
import { AIModel } from './ai-model';
import { CapabilityAssessment, CapabilityDimension, Control, DimensionWorkRole } from './capability/capability';
import { capabilityMutations } from './capability/capability.mutations';
import { CatalogEdition } from './catalog/catalog-edition';
import { CaseSector, CaseSystem, ClearinghouseCase } from './clearinghouse/clearinghouse-case';
import { clearinghouseMutations } from './clearinghouse/clearinghouse-case.mutations';
import { clearinghouseHandlers } from './clearinghouse/handlers';
import { AgencyAuthorization, CloudOffering, MarketplaceAgency } from './cloud/cloud-offering';
import { AuthorizedOfferingResolver } from './cloud/offering-of-authorization';
import { DeveloperOrganization } from './developer-organization';
import { Directive, DirectivePhase, DirectiveProgress } from './directive/directive';
import { directiveMutations } from './directive/directive.mutations';
import { progressMutations } from './directive/directive-progress.mutations';
import { Bureau, GovDomain } from './domain';
import { AgencyWorkRole, Finding, WorkRole } from './entities';
import { importers } from './importers/importers';
import { MatchPreviewResolver } from './matching/preview';
import { ProductMatchName, ProductMatchRule } from './matching/product-match-rule';
import { matchRuleMutations } from './matching/product-match-rule.mutations';
import { migrations } from './migrations/migrations';
import { ExecutiveOrder, InfrastructureMetricsResolver } from './order/executive-order';
import { policies } from './policy';
import { references } from './reference/references';
import { FindingDueChange } from './remediation/finding-due-change';
import { ForensicTriage } from './remediation/forensic-triage';
import { remediationMutations } from './remediation/mutations';
import { RemediationPolicy, RemediationRow } from './remediation/remediation-policy';
import { policyMutations } from './remediation/remediation-policy.mutations';
import { PoamControl, PoamItem, PoamMilestone } from './risk/poam-item';
import { RiskAcceptance, RiskAcceptanceFinding } from './risk/risk-acceptance';
import { ROLES } from './roles';
import { infrastructureSchedule } from './schedule';
import { Sector, SectorCoAgency, SectorRisk } from './sector/sector';
import { sectorMutations } from './sector/sector.mutations';
import { AuthorizationInForceResolver } from './system/authorization-in-force';
import { FederalSystem, SystemCloudOffering, SystemDomain, SystemSector } from './system/federal-system';
import { systemMutations } from './system/federal-system.mutations';
import { InventoryItem } from './system/inventory-item';
import { inventoryMutations } from './system/inventory-item.mutations';
import { SystemAuthorization } from './system/system-authorization';
import { authorizationMutations } from './system/system-authorization.mutations';
import { InfrastructureEvent } from './timeline/infrastructure-event';
import { ToolAdoptionResolver } from './tool/adoption';
import { DefensiveTool, DeploymentSystem, ToolDeployment, ToolSubcategory } from './tool/defensive-tool';
import { toolMutations } from './tool/defensive-tool.mutations';
import { deploymentMutations } from './tool/tool-deployment.mutations';
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
  actors: INFRASTRUCTURE_ACTORS,
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
    Directive,
    DirectivePhase,
    DirectiveProgress,
    RemediationPolicy,
    RemediationRow,
    CatalogEdition,
    Vulnerability,
    FederalSystem,
    SystemSector,
    SystemCloudOffering,
    SystemDomain,
    SystemAuthorization,
    InventoryItem,
    ProductMatchRule,
    ProductMatchName,
    RiskAcceptance,
    PoamItem,
    PoamMilestone,
    VulnerabilityFinding,
    RiskAcceptanceFinding,
    FindingDueChange,
    ForensicTriage,
    CapabilityDimension,
    DimensionWorkRole,
    CapabilityAssessment,
    Control,
    PoamControl,
    DefensiveTool,
    ToolSubcategory,
    AIUseCase,
    UseCaseVendor,
    ToolDeployment,
    DeploymentSystem,
    DefenseAccess,
    ClearinghouseCase,
    CaseSector,
    CaseSystem,
    InfrastructureEvent,
    ExerciseReplacement,
    StaffingNotice,
    ...workTables,
    ...bulkTables,
  ],
  stubs: [Agency, AgencyWorkRole, AIModel, DeveloperOrganization, ExecutiveOrder, Finding, WorkRole],
  resolvers: [
    AgencyRoots,
    AuthorizationInForceResolver,
    AuthorizedOfferingResolver,
    ExposureResolver,
    InfrastructureMetricsResolver,
    MatchPreviewResolver,
    ToolAdoptionResolver,
    UseCaseStatisticsResolver,
    rootsOf(Sector, { one: 'sector', many: 'sectors', keys: 'sectorKeys' }),
    rootsOf(FederalSystem, { one: 'federalSystem', many: 'federalSystems' }),
    rootsOf(Vulnerability, { one: 'vulnerability', many: 'vulnerabilities', keys: 'vulnerabilityKeys' }),
    rootsOf(VulnerabilityFinding, { one: 'vulnerabilityFinding', many: 'vulnerabilityFindings' }),
    rootsOf(InventoryItem, { one: 'inventoryItem', many: 'inventoryItems' }),
    rootsOf(SystemAuthorization, { one: 'systemAuthorization', many: 'systemAuthorizations' }),
    rootsOf(ForensicTriage, { one: 'forensicTriage', many: 'forensicTriages' }),
    rootsOf(RiskAcceptance, { one: 'riskAcceptance', many: 'riskAcceptances' }),
    rootsOf(PoamItem, { one: 'poamItem', many: 'poamItems' }),
    rootsOf(PoamMilestone, { one: 'poamMilestone', many: 'poamMilestones' }),
    rootsOf(RemediationPolicy, { one: 'remediationPolicy', many: 'remediationPolicies' }),
    rootsOf(ProductMatchRule, { one: 'productMatchRule', many: 'productMatchRules' }),
    rootsOf(CatalogEdition, { one: 'catalogEdition', many: 'catalogEditions' }),
    rootsOf(Vendor, { one: 'vendor', many: 'vendors' }),
    rootsOf(DefensiveTool, { one: 'defensiveTool', many: 'defensiveTools' }),
    rootsOf(ToolDeployment, { one: 'toolDeployment', many: 'toolDeployments' }),
    rootsOf(DefenseAccess, { one: 'defenseAccess', many: 'defenseAccesses' }),
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
  mutations: [
    ...clearinghouseMutations,
    ...toolMutations,
    ...deploymentMutations,
    ...capabilityMutations,
    ...sectorMutations,
    ...defenseAccessMutations,
    ...systemMutations,
    ...authorizationMutations,
    ...inventoryMutations,
    ...matchRuleMutations,
    ...directiveMutations,
    ...progressMutations,
    ...policyMutations,
    ...remediationMutations,
  ],
  handlers: [...clearinghouseHandlers, ...staffingHandlers],
  schedule: infrastructureSchedule,
  policies,
  migrations,
  references,
  importers,
});
