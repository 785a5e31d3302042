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

/** Those who look after weaknesses everywhere. */
const everywhere = any(having('coordinator'), oversight);

/** And those of the agency whose system it is. */
const keepers = any(ofAgency('agencyKey', 'infrastructure-officer'), everywhere);

/** Who referred a flaw follows what becomes of it. */
const openers = any(ofAgency('openedByKey', 'infrastructure-officer', 'agency-reviewer'), everywhere);

/** Before a case is published, everything in it is a weakness that nobody has mended. */
const cases = any(openers, where('status', ['PUBLISHED', 'CLOSED'], government));

const open: Policy = { rows: everyone };
const internal: Policy = { rows: government, GOV: government, ISVI: keepers };

/** Who may see what of the infrastructure program. Roles and sensitivity classes: docs/domain.md. */
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
  [Vulnerability, { rows: everyone, ISVI: everywhere }],
  [FederalSystem, internal],
  [VulnerabilityFinding, { rows: keepers, ISVI: keepers }],
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
      rows: cases,
      ISVI: cases,
      // publishing a case does not publish the finding of a review or the systems that have the flaw
      PROPIN: any(ofAgency('openedByKey', 'agency-reviewer'), oversight),
      fields: { affectedSystems: openers },
    },
  ],
];
