import { productKey } from '../../subgraphs/infrastructure/matching/product-key';
import { FederalSystem, type SystemStatus } from '../../subgraphs/infrastructure/system/federal-system';
import { type AssetExposure, InventoryItem } from '../../subgraphs/infrastructure/system/inventory-item';
import { Vendor } from '../../subgraphs/infrastructure/vendor/vendor';
import { Vulnerability } from '../../subgraphs/infrastructure/vulnerability/vulnerability';
import type { Framework } from '../support/framework';

/** Callers of the infrastructure program, and valid inputs of its mutations. */
export const ciso = (agency: string, subject = 'officer-1') =>
  `role=infrastructure-officer; agency=${agency}; subject=${subject}`;
export const coordinator = (agency: string) => `role=coordinator; agency=${agency}; subject=coordinator-1`;
export const TREASURY = coordinator('treasury');
export const CISA = coordinator('cisa');

export const CASE = 'case { id revision status priority embargoUntil patchedAt publishedAt assignedCve vendorName }';

export const caseInput = (change: Record<string, unknown> = {}) => ({
  title: 'Flaw of a mail gateway',
  source: 'INDUSTRY',
  priority: 'MEDIUM',
  ...change,
});

export const TOOL = 'tool { id revision name purpose }';
export const DEPLOYMENT = 'deployment { id revision stage since systemsCovered haveAto lacksUseCase }';
export const ASSESSMENT = 'assessment { id revision status tier target assessedOn current corrects { id } }';
export const ACCESS = 'access { id revision status recipients endedOn }';

export const toolInput = (change: Record<string, unknown> = {}) => ({
  ...{ name: 'Watcher', vendorName: 'Granite', aiPowered: true, purpose: 'DETECTION', ...change },
});

export const assessmentInput = (change: Record<string, unknown> = {}) => ({
  ...{ dimension: 'DE', tier: 2, target: 3, assessedOn: '2026-06-01', assessor: 'Self-assessment', ...change },
});

export const accessInput = (change: Record<string, unknown> = {}) => ({
  ...{ recipientKind: 'CRITICAL_INFRASTRUCTURE', sector: 'energy', region: 'OH', recipients: 3, since: '2026-06-01' },
  ...change,
});

/** Adds a system of an agency, as importers do. */
export function addSystem(graph: Framework, id: string, agencyKey: string, status?: SystemStatus): Promise<void> {
  const { database } = graph.subgraph('infrastructure');
  const flags = { highValueAsset: false, coveredByAiTool: false, coveredSince: null };
  const system = { id, agencyKey, name: 'Mail', impactLevel: 'HIGH' as const, atoExpires: null, ...flags, status };
  return database.transaction((inside) => inside.insert(FederalSystem, [{ ...system, revision: 1, exercise: false }]));
}

/** Adds inventory items of a system, as importers do. */
export function addItems(
  graph: Framework,
  ids: readonly string[],
  system: { readonly id: string; readonly agencyKey: string },
  exposure: AssetExposure = 'PUBLIC',
): Promise<void> {
  const named = { vendor: 'Granite', product: 'Mail', version: '1.0', productKey: productKey('Granite', 'Mail') };
  const of = { systemId: system.id, agencyKey: system.agencyKey, ...named, count: 1, exposure };
  const { database } = graph.subgraph('infrastructure');
  return database.transaction((inside) =>
    inside.insert(
      InventoryItem,
      ids.map((id) => ({ id, ...of, revision: 1, exercise: false })),
    ),
  );
}

/** Adds vulnerabilities of one vendor, as importers do. The KEV catalog lists them since two weeks before the tests begin. */
export async function addVulnerabilities(
  graph: Framework,
  vulnerabilities: readonly (Partial<Vulnerability> & Pick<Vulnerability, 'cveId'>)[],
): Promise<void> {
  const { database } = graph.subgraph('infrastructure');
  const texts = { vendorName: 'Granite', product: 'Mail', name: 'Flaw', description: 'A flaw.' };
  const listing = { requiredAction: 'Apply updates.', kevDateAdded: '2026-06-01', kevDueDate: '2026-06-22' };
  await database.transaction(async (inside) => {
    await inside.upsert(Vendor, [{ key: 'granite', name: 'Granite', developerKey: null, exercise: false }]);
    await inside.insert(
      Vulnerability,
      vulnerabilities.map((facts) => ({
        ...{ vendorKey: 'granite', ...texts, ...listing, cwes: [], productKey: productKey('Granite', 'Mail') },
        ...{ exercise: false, ...facts },
      })),
    );
  });
}

export const VULNERABILITY_FINDING = `finding { id revision status dueAt clockStartedAt dueBasis overdue daysOverdue
  remediatedAt remediationMethod verifiedAt mitigation mitigationReviewOn satisfiesAction acceptedUntil
  acceptance { id status } poamItem { id } reopens { id } triage { id revision status } }`;
export const TRIAGE = 'triage { id revision status outcome scopedAt evidenceAt decidedAt evidenceSha256 lateSteps }';
export const ACCEPTANCE = `acceptance { id revision status expiresOn decidedAt
  findings { nodes { id status overdue dueAt acceptedUntil } } }`;
export const POAM_ITEM = `poamItem { id revision status delayed closedAt acceptance { id } findings { nodes { id } }
  milestones { nodes { id revision title dueOn doneOn status late } } }`;

export const SHA256 = 'ab'.repeat(32);
