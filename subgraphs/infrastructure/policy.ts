import type { ModelClass } from '#kit/model/model';
import type { Policy } from '#kit/policy/policy';
import { any, everyone, government, having, ofAgency, oversight, where } from '#kit/policy/rule';
import { AgencyIdentifier } from './agency-identifier';
import { CapabilityAssessment, CapabilityDimension, Control } from './capability/capability';
import { ClearinghouseCase } from './clearinghouse/clearinghouse-case';
import { AgencyAuthorization, CloudOffering, MarketplaceAgency } from './cloud/cloud-offering';
import { Directive, DirectiveProgress } from './directive/directive';
import { Bureau, GovDomain } from './domain';
import { Sector, SectorRisk } from './sector/sector';
import { FederalSystem } from './system/federal-system';
import { DefensiveTool, ToolDeployment } from './tool/defensive-tool';
import { AIUseCase } from './use-case/ai-use-case';
import { Vendor } from './vendor/vendor';
import { Vulnerability } from './vulnerability/vulnerability';
import { VulnerabilityFinding } from './vulnerability/vulnerability-finding';

/** Roles that work with vulnerabilities of every agency. */
const allAgencies = any(having('coordinator'), oversight);

/** Adds the infrastructure officers of the agency that owns the system. */
const systemOwners = any(ofAgency('agencyKey', 'infrastructure-officer'), allAgencies);

/** Adds the agency that opened the case, so that it can follow it. */
const caseOpeners = any(ofAgency('openedByKey', 'infrastructure-officer', 'agency-reviewer'), allAgencies);

/** Until publication, every detail of a case may expose an unpatched flaw. */
const caseReaders = any(caseOpeners, where('status', ['PUBLISHED', 'CLOSED'], government, 'published'));

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
  [VulnerabilityFinding, { rows: systemOwners, ISVI: systemOwners }],
  [CapabilityDimension, { rows: everyone, GOV: government }],
  [CapabilityAssessment, internal],
  [Control, open],
  [DefensiveTool, { rows: government, GOV: government }],
  [ToolDeployment, internal],
  [AIUseCase, open],
  [Directive, { rows: everyone, GOV: government }],
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
];
