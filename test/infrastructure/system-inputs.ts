import { productKey } from '../../subgraphs/infrastructure/matching/product-key';
import { Vendor } from '../../subgraphs/infrastructure/vendor/vendor';
import { Vulnerability } from '../../subgraphs/infrastructure/vulnerability/vulnerability';
import type { Framework } from '../support/framework';

/** Selections and valid inputs of mutations about systems, inventories, rules, directives, and policies. */
export const SYSTEM = 'system { id revision status loggingLevel atoExpires authorizationInForce { id } }';
export const AUTHORIZATION = 'authorization { id revision status expiresOn revokedOn supersededOn }';
export const ITEM = 'item { id revision status exposure count version fullyTagged removedOn }';
export const RULE = 'rule { id revision status activatedAt }';
export const DIRECTIVE =
  'directive { number revision status revokedOn supersededBy { number } phases { nodes { name } } }';
export const PROGRESS = 'progress { id revision status exceptionUntil reason asOf }';
export const POLICY = 'policy { name basis effectiveFrom unratedDays }';

type Change = Record<string, unknown>;

export const systemInput = (change: Change = {}) => ({ name: 'Payroll', impactLevel: 'HIGH', ...change });
export const authorizationInput = (system: string, change: Change = {}) => ({
  ...{ system, kind: 'ATO', decidedOn: '2026-06-01', expiresOn: '2027-06-01', ...change },
});
export const itemInput = (system: string, change: Change = {}) => ({
  ...{ system, vendor: 'Pumice Works', product: 'Gate', version: '2.4', count: 3, ...change },
});
export const ruleInput = (change: Change = {}) => ({ vendor: 'Pumice Works', product: 'Gate', ...change });
export const directiveInput = (number: string, change: Change = {}) => ({
  ...{ number, title: 'Protect gates', issuedOn: '2026-06-12', appliesTo: 'Civilian agencies' },
  phases: [{ name: 'Inventory', dueOn: '2026-09-01', duties: 'List all gates.' }],
  ...change,
});
export const policyInput = (change: Change = {}) => ({
  ...{ title: 'Faster', effectiveFrom: '2027-01-01', rows: [{ row: 4, dueInDays: 7 }], ...change },
});

/** Adds a vulnerability of the KEV catalog, as importers do. */
export async function addListed(graph: Framework, cveId: string, product = 'Gate'): Promise<void> {
  const vendorName = 'Pumice Works';
  const names = { vendorKey: 'pumice-works', vendorName, product, productKey: productKey(vendorName, product) };
  const kev = { kevDateAdded: '2026-06-12', kevDueDate: '2026-06-26', ransomwareUse: false };
  const ssvc = { automatable: false, technicalImpact: 'TOTAL' as const };
  const texts = { name: 'Flaw', description: 'A flaw.', requiredAction: 'Patch.', cwes: [], notes: null };
  await graph.subgraph('infrastructure').database.transaction(async (inside) => {
    const vendor = { key: 'pumice-works', name: vendorName, developerKey: null, exercise: false };
    await inside.upsert(Vendor, [vendor]);
    await inside.insert(Vulnerability, [{ cveId, ...names, ...texts, ...kev, ...ssvc, exercise: false }]);
  });
}
