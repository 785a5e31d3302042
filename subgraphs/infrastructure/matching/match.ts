import type { Database } from '#kit/database/database';
import { marks } from '#kit/database/marks';
import type { Work } from '#kit/mutation/work';
import { PolicyBook } from '../remediation/policy-book';
import { insertFindings, type NewFinding } from '../remediation/recompute';
import type { AssetExposure } from '../system/inventory-item';
import type { TechnicalImpact } from '../vulnerability/vulnerability';
import { ACTIVE_SQL } from '../vulnerability/vulnerability-finding';
import { mayInclude } from './version';

/** Vulnerabilities, rules, or inventory items to match; all by default. */
export interface MatchScope {
  readonly cves?: readonly string[];
  readonly rules?: readonly string[];
  readonly items?: readonly string[];
}

/** Matches that one page of statements covers. */
const PAGE = 2_000;

/** A vulnerability and an inventory item that an active rule matches. */
interface Match extends Record<string, unknown> {
  readonly cveId: string;
  readonly itemId: string;
  readonly ruleId: string;
  readonly systemId: string;
  readonly agencyKey: string;
  readonly exercise: number;
  readonly version: string | null;
  readonly versionFrom: string | null;
  readonly versionBefore: string | null;
  readonly exposure: AssetExposure;
  readonly kevDateAdded: string;
  readonly kevDueDate: string | null;
  readonly kevForensicTriage: number | null;
  readonly automatable: number | null;
  readonly technicalImpact: TechnicalImpact | null;
}

/**
 * Raises a SUSPECTED finding for each inventory item that an active rule matches to a vulnerability of the KEV catalog, unless a finding of
 * the two exists. Skips systems in disposition. Reads and writes matches by page, so memory does not grow with their number.
 * @returns the number of findings
 */
export async function matchInventory(work: Work, scope: MatchScope = {}): Promise<number> {
  if (Object.values(scope).some((keys) => keys.length === 0)) return 0;
  const policies = await PolicyBook.read(work.database);
  let raised = 0;
  for (const cves of await batchesOf(work.database, scope))
    for (let after: Place = START; ; ) {
      const matches = await readPage(work.database, { ...scope, cves }, after);
      const findings = distinct(matches).map((match) => suspected(work, match));
      await insertFindings(work, policies, findings);
      raised += findings.length;
      if (matches.length < PAGE) break;
      after = matches.at(-1)!;
    }
  return raised;
}

/**
 * Tables and conditions of the matches of a scope. On SQLite, CROSS JOIN keeps the order of the two tables, so that a page reads the matches
 * of its vulnerabilities only.
 * @param statuses of the rules, as an SQL list
 */
export function matchesIn(
  { cves, rules, items }: MatchScope,
  statuses = "'ACTIVE'",
): { sql: string; parameters: unknown[] } {
  const limits = [
    ...(cves ? [{ column: 'v.cve_id', keys: cves }] : []),
    ...(rules ? [{ column: 'r.id', keys: rules }] : []),
    ...(items ? [{ column: 'i.id', keys: items }] : []),
  ];
  return {
    sql: `FROM vulnerability v
     CROSS JOIN product_match_rule r ON r.product_key = v.product_key AND r.status IN (${statuses})
     JOIN product_match_name n ON n.rule_id = r.id
     JOIN inventory_item i ON i.product_key = n.product_key AND i.status = 'RECORDED'
     JOIN federal_system s ON s.id = i.system_id AND s.status <> 'DISPOSITION'
     WHERE v.kev_date_added IS NOT NULL AND v.kev_removed_on IS NULL
       ${limits.map(({ column, keys }) => `AND ${column} IN (${marks(keys)})`).join(' ')}
       AND NOT EXISTS (SELECT 1 FROM vulnerability_finding x
         WHERE x.system_id = i.system_id AND x.cve_id = v.cve_id
           AND (x.item_id = i.id OR (x.item_id IS NULL AND x.status IN (${ACTIVE_SQL}))))`,
    parameters: limits.flatMap(({ keys }) => keys),
  };
}

/** Vulnerabilities of a scope with matches, in batches of a page of matches; one with more is a batch of its own. */
async function batchesOf(database: Database, scope: MatchScope): Promise<string[][]> {
  const { sql, parameters } = matchesIn(scope);
  const counts = await database.query<{ cveId: string; n: number }>(
    `SELECT v.cve_id AS cveId, COUNT(*) AS n ${sql} GROUP BY v.cve_id ORDER BY v.cve_id`,
    parameters,
  );
  const batches: string[][] = [];
  let size = PAGE;
  for (const { cveId, n } of counts) {
    size += Number(n);
    if (size < PAGE) batches.at(-1)!.push(cveId);
    else {
      batches.push([cveId]);
      size = Number(n);
    }
  }
  return batches;
}

/** Place of a match in their order. */
type Place = Pick<Match, 'cveId' | 'itemId' | 'ruleId'>;
const START: Place = { cveId: '', itemId: '', ruleId: '' };

function readPage(database: Database, scope: MatchScope, { cveId, itemId, ruleId }: Place): Promise<Match[]> {
  const { sql, parameters } = matchesIn(scope);
  return database.query<Match>(
    `SELECT v.cve_id AS cveId, i.id AS itemId, r.id AS ruleId, i.system_id AS systemId, i.agency_key AS agencyKey,
            i.exercise AS exercise, i.product_version AS version, r.version_from AS versionFrom, r.version_before AS versionBefore,
            i.exposure AS exposure, v.kev_date_added AS kevDateAdded, v.kev_due_date AS kevDueDate,
            v.kev_forensic_triage AS kevForensicTriage, v.automatable AS automatable, v.technical_impact AS technicalImpact
     ${sql} AND (v.cve_id > ? OR (v.cve_id = ? AND (i.id > ? OR (i.id = ? AND r.id > ?))))
     ORDER BY v.cve_id, i.id, r.id LIMIT ${PAGE}`,
    [...parameters, cveId, cveId, itemId, itemId, ruleId],
  );
}

/** Matches whose versions fit, one for each vulnerability and item. */
function distinct(matches: readonly Match[]): Match[] {
  const byPair = new Map<string, Match>();
  for (const match of matches) {
    const pair = `${match.cveId} ${match.itemId}`;
    if (mayInclude(match, match.version) && !byPair.has(pair)) byPair.set(pair, match);
  }
  return [...byPair.values()];
}

const booleanOf = (stored: number | null): boolean | null => (stored === null ? null : Boolean(stored));

function suspected(work: Work, match: Match): NewFinding {
  const { cveId, itemId, ruleId, systemId, agencyKey } = match;
  return {
    finding: {
      id: work.newId('vfn'),
      systemId,
      agencyKey,
      cveId,
      itemId,
      matchRuleId: ruleId,
      detectedAt: work.now,
      status: 'SUSPECTED',
      remediatedAt: null,
      method: 'catalog match',
      reopensId: null,
      revision: 1,
      exercise: Boolean(match.exercise),
    },
    facts: {
      exposure: match.exposure,
      kevDateAdded: match.kevDateAdded,
      kevDueDate: match.kevDueDate,
      kevForensicTriage: booleanOf(match.kevForensicTriage),
      automatable: booleanOf(match.automatable),
      technicalImpact: match.technicalImpact,
    },
  };
}
