import { FederalSystem } from '../../subgraphs/infrastructure/system/federal-system';
import type { Framework } from '../support/framework';

/** Callers of the infrastructure program, and valid inputs of its mutations. */
export const ciso = (agency: string) => `role=infrastructure-officer; agency=${agency}; subject=officer-1`;
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
export function addSystem(graph: Framework, id: string, agencyKey: string): Promise<void> {
  const { database } = graph.subgraph('infrastructure');
  const flags = { highValueAsset: false, coveredByAiTool: false, coveredSince: null };
  const system = { id, agencyKey, name: 'Mail', impactLevel: 'HIGH' as const, atoExpires: null, ...flags };
  return database.transaction((inside) => inside.insert(FederalSystem, [{ ...system, revision: 1, exercise: false }]));
}
