import type { ModelClass } from '#kit/model/model';
import type { Policy } from '#kit/policy/policy';
import { any, everyone, government, having, ofAgency, oversight, present, through, where } from '#kit/policy/rule';
import { DefenseAccess } from './access/defense-access';
import { AgencyIdentifier } from './agency-identifier';
import { CapabilityAssessment, CapabilityDimension, Control } from './capability/capability';
import { CatalogEdition } from './catalog/catalog-edition';
import { ClearinghouseCase } from './clearinghouse/clearinghouse-case';
import { AgencyAuthorization, CloudOffering, MarketplaceAgency } from './cloud/cloud-offering';
import { Directive, DirectivePhase, DirectiveProgress } from './directive/directive';
import { Bureau, GovDomain } from './domain';
import { ProductMatchRule } from './matching/product-match-rule';
import { FindingDueChange } from './remediation/finding-due-change';
import { ForensicTriage } from './remediation/forensic-triage';
import { RemediationPolicy, RemediationRow } from './remediation/remediation-policy';
import { PoamItem, PoamMilestone } from './risk/poam-item';
import { RiskAcceptance } from './risk/risk-acceptance';
import { Sector, SectorRisk } from './sector/sector';
import { FederalSystem } from './system/federal-system';
import { InventoryItem } from './system/inventory-item';
import { SystemAuthorization } from './system/system-authorization';
import { InfrastructureEvent } from './timeline/infrastructure-event';
import { REMEDIATION_SUBJECTS } from './timeline/remediation-events';
import { DefensiveTool, ToolDeployment } from './tool/defensive-tool';
import { AIUseCase } from './use-case/ai-use-case';
import { Vendor } from './vendor/vendor';
import { Vulnerability } from './vulnerability/vulnerability';
import { VulnerabilityFinding } from './vulnerability/vulnerability-finding';

/** Roles that work with vulnerabilities of every agency. */
const allAgencies = any(having('coordinator'), oversight);

/** Roles that work with inventories, of their agency or of all. */
const inventoryWorkers = any(having('infrastructure-officer'), allAgencies);

/** Adds the infrastructure officers of the agency that owns the system. */
const systemOwners = any(ofAgency('agencyKey', 'infrastructure-officer'), allAgencies);

/** Adds the agency that opened the case, so that it can follow it. */
const caseOpeners = any(ofAgency('openedByKey', 'infrastructure-officer', 'agency-reviewer'), allAgencies);

/** Until publication, every detail of a case may expose an unpatched flaw. */
const publishedCase = where(
  'status',
  ['PUBLISHED', 'CLOSED'],
  // declined and merged cases are closed without publication
  present('publishedAt', government, 'that was published'),
  'published',
);
const caseReaders = any(caseOpeners, publishedCase);

/** Events follow the rules of the objects that they are about. */
const event = any(
  where(
    'subjectType',
    ['CASE'],
    through('subjectId', () => ClearinghouseCase, caseReaders),
  ),
  where('subjectType', Object.keys(REMEDIATION_SUBJECTS), systemOwners),
  where('subjectType', ['TOOL', 'DEPLOYMENT', 'ASSESSMENT', 'SECTOR', 'DEFENSE_ACCESS'], government),
  where('subjectType', ['MATCH_RULE', 'DIRECTIVE', 'DIRECTIVE_PROGRESS', 'REMEDIATION_POLICY'], government),
  where('subjectType', ['SYSTEM', 'AUTHORIZATION', 'INVENTORY_ITEM'], systemOwners),
);
/** The government sees what happened to a system, and not the details. */
const eventRows = any(event, where('subjectType', ['SYSTEM', 'AUTHORIZATION'], government));

const open: Policy = { rows: everyone };
const internal: Policy = { rows: government, GOV: government, ISVI: systemOwners };

/** Access rules of the infrastructure program. Roles and sensitivity classes: docs/domain.md. */
export const policies: readonly (readonly [ModelClass, Policy])[] = [
  [Sector, open],
  [SectorRisk, { rows: everyone, GOV: government }],
  [AgencyIdentifier, open],
  [GovDomain, open],
  [Bureau, open],
  [Vendor, open],
  [CloudOffering, open],
  [AgencyAuthorization, open],
  [MarketplaceAgency, open],
  [Vulnerability, { rows: everyone, ISVI: allAgencies }],
  [FederalSystem, internal],
  [SystemAuthorization, internal],
  [InventoryItem, { rows: systemOwners, ISVI: systemOwners }],
  [ProductMatchRule, { rows: government, GOV: government, ISVI: inventoryWorkers }],
  [VulnerabilityFinding, { rows: systemOwners, ISVI: systemOwners }],
  [FindingDueChange, { rows: systemOwners, ISVI: systemOwners }],
  [ForensicTriage, { rows: systemOwners, ISVI: systemOwners }],
  [RemediationPolicy, { rows: everyone, GOV: government }],
  [RiskAcceptance, { rows: systemOwners, ISVI: systemOwners }],
  [PoamItem, { rows: systemOwners, ISVI: systemOwners }],
  [PoamMilestone, { rows: systemOwners, ISVI: systemOwners }],
  [RemediationRow, open],
  [CatalogEdition, open],
  [CapabilityDimension, { rows: everyone, GOV: government }],
  [CapabilityAssessment, internal],
  [Control, open],
  [DefensiveTool, { rows: government, GOV: government }],
  [ToolDeployment, internal],
  [DefenseAccess, internal],
  [AIUseCase, open],
  [Directive, { rows: everyone, GOV: government }],
  [DirectivePhase, open],
  [DirectiveProgress, internal],
  [
    ClearinghouseCase,
    {
      rows: caseReaders,
      ISVI: caseReaders,
      // publication of a case reveals neither the review finding behind it nor the affected systems
      PROPIN: any(ofAgency('openedByKey', 'agency-reviewer'), oversight),
      fields: { affectedSystems: caseOpeners },
    },
  ],
  [InfrastructureEvent, { rows: eventRows, GOV: eventRows, ISVI: event }],
];
