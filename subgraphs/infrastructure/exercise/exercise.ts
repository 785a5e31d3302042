import { addDays, civilDate, startOfDay } from '#base/civil';
import type { Random } from '#domain/exercise/random';
import {
  after,
  type CatalogedVulnerability,
  EXERCISE_AGENCIES,
  type ExerciseRows,
  type ExerciseWorld,
  type FlawStory,
  latest,
  officeTime,
  randomOf,
  rows,
} from '#domain/exercise/story';
import type { Database } from '#kit/database/database';
import { stableId } from '#kit/ids';
import type { Link } from '#kit/model/links';
import { DefenseAccess } from '../access/defense-access';
import { CapabilityAssessment } from '../capability/capability';
import { CaseSector, CaseSystem, ClearinghouseCase } from '../clearinghouse/clearinghouse-case';
import { DirectiveProgress } from '../directive/directive';
import type { ProductMatchRule } from '../matching/product-match-rule';
import { dimensions, directivePhases, directives, sectors } from '../reference/references';
import { SectorRisk } from '../sector/sector';
import { FederalSystem, SystemSector } from '../system/federal-system';
import { InventoryItem } from '../system/inventory-item';
import { SystemAuthorization } from '../system/system-authorization';
import { DefensiveTool, DeploymentSystem, ToolDeployment, ToolPurpose, ToolSubcategory } from '../tool/defensive-tool';
import { Vendor } from '../vendor/vendor';
import { IN_KEV_SQL } from '../vulnerability/kev-listing';
import { Vulnerability } from '../vulnerability/vulnerability';
import { exerciseAccesses } from './accesses';
import { activeRulesIn, ExerciseInventory, exerciseMatchRules, exerciseProduct, PRODUCTS, VENDORS } from './inventory';
import { type ExerciseFinding, ExerciseRemediation, type ExerciseVulnerability } from './remediation';

const WEAKNESSES = ['CWE-22', 'CWE-78', 'CWE-79', 'CWE-89', 'CWE-287', 'CWE-416', 'CWE-502', 'CWE-787'];
const SYSTEMS = [
  'Case Management',
  'Payroll',
  'Records',
  'Field Office Network',
  'Public Portal',
  'Analytics',
  'Identity',
  'Grants',
];

/** Generates the exercise data of the infrastructure program. */
export function infrastructureExercise(world: ExerciseWorld, flaws: readonly FlawStory[]): { rows: ExerciseRows[] } {
  const vendors = VENDORS.map((name) => ({
    key: `exercise-${name.toLowerCase()}`,
    name: `Exercise Vendor ${name}`,
    developerKey: null,
    exercise: true,
  }));
  const vulnerabilities = makeVulnerabilities(world);
  const { tools, subcategories } = makeTools(world);
  const systems: Partial<FederalSystem>[] = [];
  const systemSectors: Link[] = [];
  const items: Partial<InventoryItem>[] = [];
  const authorizations: Partial<SystemAuthorization>[] = [];
  const remediation = new ExerciseRemediation(world);
  const matchRules = activeRulesIn(world);
  const deployments: Partial<ToolDeployment>[] = [];
  const deploymentSystems: Link[] = [];
  for (const agencyKey of EXERCISE_AGENCIES) {
    const agencySystems = makeSystems(world, agencyKey, systemSectors);
    deploy(world, agencyKey, agencySystems, tools, deployments, deploymentSystems);
    for (const system of agencySystems) {
      const inventory = new ExerciseInventory(world, system);
      remediation.find(findVulnerabilities(world, system, inventory, vulnerabilities));
      remediation.find(suspectVulnerabilities(world, system, inventory, vulnerabilities, matchRules));
      items.push(...inventory.items);
      authorizations.push(...authorize(world, system));
    }
    systems.push(...agencySystems);
  }
  const cases = makeCases(world, flaws, systems);
  return {
    rows: [
      rows(Vendor, vendors),
      rows(Vulnerability, vulnerabilities),
      rows(FederalSystem, systems),
      rows(SystemSector, systemSectors),
      rows(SystemAuthorization, authorizations),
      rows(InventoryItem, items),
      ...exerciseMatchRules(world),
      ...remediation.rows(),
      rows(DefensiveTool, tools),
      rows(ToolSubcategory, subcategories),
      rows(ToolDeployment, deployments),
      rows(DeploymentSystem, deploymentSystems),
      rows(SectorRisk, makeSectorRisks(world)),
      rows(CapabilityAssessment, assess(world)),
      rows(DirectiveProgress, progress(world)),
      rows(DefenseAccess, exerciseAccesses(world, tools)),
      ...cases,
    ],
  };
}

/** CVE ids start in 1999, so ids of 1900 cannot be mistaken for real ones. */
function makeVulnerabilities(world: ExerciseWorld): Partial<Vulnerability>[] {
  const random = randomOf(world, 'vulnerabilities');
  const evaluated = randomOf(world, 'vulnerability evaluations');
  return Array.from({ length: Math.min(1_000, 40 * world.scale) }, (_, index) => {
    const added = addDays(civilDate(world.asOf), -random.integer(-0, 500));
    const vendor = random.pick(VENDORS);
    const product = random.pick(PRODUCTS);
    const facts = {
      cveId: `CVE-1900-${String(10_000 + index)}`,
      vendorKey: `exercise-${vendor.toLowerCase()}`,
      ...exerciseProduct(vendor, product),
      name: `${vendor} ${product} vulnerability ${index + 1} (exercise)`,
      description: 'A made-up vulnerability for exercises.',
      requiredAction: 'Apply the vendor’s update (exercise).',
      kevDateAdded: added,
      kevDueDate: addDays(added, 21),
      ransomwareUse: random.chance(0.2),
      cwes: random.some(WEAKNESSES, random.integer(1, 2)),
      notes: null,
      exercise: true,
    };
    const isListed = index % UNLISTED_EVERY !== UNLISTED_EVERY - 1;
    return { ...facts, ...evaluation(evaluated, added), ...(isListed ? {} : UNLISTED) };
  });
}

/** Of so many vulnerabilities, the KEV catalog does not list one. */
const UNLISTED_EVERY = 8;
const UNLISTED = {
  requiredAction: null,
  kevDateAdded: null,
  kevDueDate: null,
  kevForensicTriage: null,
  ransomwareUse: null,
} as const;

/** SSVC values, a few of them missing, and whether the catalog asks for triage, which only recent entries state. */
function evaluation(random: Random, added: string): Partial<Vulnerability> {
  const [automatable, isTotal, asksTriage, isMissing] = [
    random.chance(0.4),
    random.chance(0.6),
    random.chance(0.3),
    random.chance(0.05),
  ];
  return {
    kevRemovedOn: null,
    kevForensicTriage: added < '2026-06-10' ? null : asksTriage,
    exploitation: 'ACTIVE',
    automatable: isMissing ? null : automatable,
    technicalImpact: isTotal ? 'TOTAL' : 'PARTIAL',
    ssvcEvaluatedOn: added,
    ssvcSource: 'exercise',
  };
}

function makeSystems(world: ExerciseWorld, agencyKey: string, systemSectors: Link[]): Partial<FederalSystem>[] {
  return Array.from({ length: 10 * world.scale }, (_, index) => {
    const random = randomOf(world, `system ${agencyKey} ${index}`);
    const id = stableId('sys', world.seed, agencyKey, index);
    for (const { key } of random.some(sectors, random.integer(0, 2)))
      systemSectors.push({ ownerKey: id, targetKey: key! });
    const impactLevel = random.weighted({ LOW: 3, MODERATE: 5, HIGH: 2 });
    return {
      id,
      agencyKey,
      name: `${agencyKey.toUpperCase()} ${random.pick(SYSTEMS)} ${index + 1} (exercise)`,
      impactLevel,
      ...operation(randomOf(world, `operation ${id}`)),
      highValueAsset: impactLevel === 'HIGH' && random.chance(0.4),
      atoExpires: random.chance(0.05) ? null : addDays(civilDate(world.asOf), random.integer(-120, 900)),
      coveredByAiTool: false,
      coveredSince: null,
      revision: 1,
      exercise: true,
    };
  });
}

function operation(random: Random): Partial<FederalSystem> {
  return {
    status: random.weighted({ OPERATIONAL: 17, UNDER_MAJOR_MODIFICATION: 2, UNDER_DEVELOPMENT: 1 }),
    operatedBy: random.weighted({ AGENCY: 6, CONTRACTOR: 3, SHARED_SERVICE: 1 }),
    loggingLevel: random.chance(0.1) ? null : random.integer(0, 4),
  };
}

/** The decision behind the expiration date of a system. */
function authorize(world: ExerciseWorld, system: Partial<FederalSystem>): Partial<SystemAuthorization>[] {
  const random = randomOf(world, `authorization ${system.id}`);
  const { atoExpires } = system;
  return [
    {
      id: stableId('sau', system.id!),
      systemId: system.id,
      agencyKey: system.agencyKey,
      kind: atoExpires ? random.weighted({ ATO: 4, ATO_WITH_CONDITIONS: 1 }) : 'NOT_AUTHORIZED',
      decidedOn: addDays(atoExpires ?? civilDate(world.asOf), atoExpires ? -3 * 365 : -random.integer(5, 200)),
      expiresOn: atoExpires ?? null,
      ongoing: false,
      revokedOn: null,
      supersededOn: null,
      state: 'RECORDED',
      revision: 1,
      exercise: true,
    },
  ];
}

function makeTools(world: ExerciseWorld): { tools: Partial<DefensiveTool>[]; subcategories: Link[] } {
  const random = randomOf(world, 'tools');
  const subcategories: Link[] = [];
  const tools = Object.values(ToolPurpose).flatMap((purpose, place) =>
    [true, false].map((aiPowered): Partial<DefensiveTool> => {
      const id = stableId('tol', world.seed, purpose, String(aiPowered));
      const vendor = VENDORS[(place + (aiPowered ? 0 : 3)) % VENDORS.length]!;
      for (const { id: dimension } of random.some(dimensions.slice(6), 2))
        subcategories.push({ ownerKey: id, targetKey: dimension! });
      return {
        id,
        name: `Exercise ${aiPowered ? 'AI ' : ''}${purpose.toLowerCase().replace('_', ' ')} tool`,
        vendorName: `Exercise Vendor ${vendor}`,
        aiPowered,
        purpose,
        modelId: null,
        registeredByKey: null,
        revision: 1,
        exercise: true,
      };
    }),
  );
  return { tools, subcategories };
}

/** Deploys tools at an agency, and marks systems that a deployed AI-powered tool covers. */
function deploy(
  world: ExerciseWorld,
  agencyKey: string,
  systems: Partial<FederalSystem>[],
  tools: readonly Partial<DefensiveTool>[],
  deployments: Partial<ToolDeployment>[],
  deploymentSystems: Link[],
): void {
  const random = randomOf(world, `deployments ${agencyKey}`);
  for (const tool of random.some(tools, random.integer(3, 6))) {
    const id = stableId('tdp', world.seed, agencyKey, tool.id!);
    const stage = random.weighted({ PRE_DEPLOYMENT: 1, PILOT: 2, DEPLOYED: 6, RETIRED: 1 });
    const since = civilDate(after(world.asOf, -random.next() * 700));
    const covered = random.some(systems, Math.floor(systems.length * (0.1 + random.next() * 0.3)));
    deployments.push({
      id,
      agencyKey,
      toolId: tool.id,
      stage,
      since,
      systemsCovered: covered.length,
      haveAto: stage === 'DEPLOYED' || random.chance(0.3),
      useCaseId: null,
      revision: 1,
      exercise: true,
    });
    deploymentSystems.push(...covered.map((system) => ({ ownerKey: id, targetKey: system.id! })));
    if (tool.aiPowered && stage === 'DEPLOYED')
      for (const system of covered) {
        system.coveredByAiTool = true;
        if (!system.coveredSince || since < system.coveredSince) system.coveredSince = since;
      }
  }
}

/** Findings on a system, of invented vulnerabilities and of imported ones. */
function findVulnerabilities(
  world: ExerciseWorld,
  system: Partial<FederalSystem>,
  inventory: ExerciseInventory,
  vulnerabilities: readonly Partial<Vulnerability>[],
): ExerciseFinding[] {
  const random = randomOf(world, `findings ${system.id}`);
  const invented = random.some(vulnerabilities, random.integer(2, 10)).map((vulnerability) => {
    const published = vulnerability.kevDateAdded ?? vulnerability.ssvcEvaluatedOn!;
    const added = startOfDay(published);
    const seen = after(added, random.next() * 40);
    const detectedAt = seen > world.asOf ? latest(added, after(world.asOf, -0.5)) : seen;
    return findingOf(world, random, system, inventory, vulnerability as ExerciseVulnerability, detectedAt);
  });
  const ofCatalog = randomOf(world, `cataloged findings ${system.id}`);
  const imported = ofCatalog.some(world.cataloged ?? [], ofCatalog.integer(0, 2)).map((vulnerability) => {
    // published long ago, in most cases: a recent scan detects it
    const detectedAt = latest(startOfDay(vulnerability.kevDateAdded), after(world.asOf, -ofCatalog.next() * 45));
    return findingOf(world, ofCatalog, system, inventory, vulnerability, detectedAt);
  });
  return [...invented, ...imported];
}

/** Systems with an AI-powered tool are remediated sooner. */
function findingOf(
  world: ExerciseWorld,
  random: Random,
  system: Partial<FederalSystem>,
  inventory: ExerciseInventory,
  vulnerability: ExerciseVulnerability,
  detectedAt: string,
): ExerciseFinding {
  const remediatedAt = after(
    detectedAt,
    (system.coveredByAiTool ? 3 : 6) + random.next() * (system.coveredByAiTool ? 22 : 40),
  );
  const fate = random.weighted({ remediated: 80, falsePositive: 6, retired: 3, stuck: 11 });
  const isRemediated = fate === 'remediated' && remediatedAt <= world.asOf;
  const status = isRemediated
    ? random.weighted({ REMEDIATED: 1, VERIFIED: 2 })
    : fate === 'falsePositive'
      ? 'FALSE_POSITIVE'
      : fate === 'retired'
        ? 'SYSTEM_RETIRED'
        : random.weighted({ OPEN: 4, IN_REMEDIATION: 4, MITIGATED: 2 });
  const item = inventory.itemOf(vulnerability);
  return {
    item,
    vulnerability,
    finding: {
      id: stableId('vfn', system.id!, vulnerability.cveId!),
      systemId: system.id!,
      agencyKey: system.agencyKey!,
      cveId: vulnerability.cveId!,
      itemId: item.id!,
      matchRuleId: null,
      detectedAt,
      status,
      remediatedAt: isRemediated ? remediatedAt : null,
      method: random.pick(['authenticated scan', 'agent report', 'external scan']),
      reopensId: null,
      revision: 1,
      exercise: true,
    },
  };
}

/** Findings that active match rules raise on products without a finding. */
function suspectVulnerabilities(
  world: ExerciseWorld,
  system: Partial<FederalSystem>,
  inventory: ExerciseInventory,
  vulnerabilities: readonly Partial<Vulnerability>[],
  rules: ReadonlyMap<string, Partial<ProductMatchRule>>,
): ExerciseFinding[] {
  const random = randomOf(world, `suspected findings ${system.id}`);
  const item = inventory.spare(exerciseProduct(random.pick(VENDORS), random.pick(PRODUCTS)));
  const rule = item && rules.get(item.productKey!);
  const matches = vulnerabilities.filter((vulnerability) => {
    return vulnerability.kevDateAdded && vulnerability.productKey === item?.productKey;
  });
  if (!rule || matches.length === 0) return [];
  const vulnerability = random.pick(matches) as ExerciseVulnerability;
  const detectedAt = latest(startOfDay(vulnerability.kevDateAdded!), after(world.asOf, -random.next() * 10));
  const checkedAt = after(detectedAt, 0.2 + random.next() * 3);
  const confirmedAt = random.chance(0.5) && checkedAt <= world.asOf ? checkedAt : null;
  return [
    {
      item,
      vulnerability,
      finding: {
        id: stableId('vfn', system.id!, vulnerability.cveId!, 'suspected'),
        systemId: system.id!,
        agencyKey: system.agencyKey!,
        cveId: vulnerability.cveId!,
        itemId: item.id!,
        matchRuleId: rule.id!,
        detectedAt,
        status: confirmedAt ? 'OPEN' : 'SUSPECTED',
        confirmedAt,
        remediatedAt: null,
        method: 'catalog match',
        reopensId: null,
        revision: 1,
        exercise: true,
      },
    },
  ];
}

const MAX_CATALOGED = 200;

/** The latest imported vulnerabilities whose listing is not after an instant. */
export async function catalogedVulnerabilities(database: Database, asOf: string): Promise<CatalogedVulnerability[]> {
  const listed = await database.query(
    `SELECT ${database.selection(Vulnerability, 'v')} FROM vulnerability v
     WHERE exercise = 0 AND ${IN_KEV_SQL} AND kev_date_added <= ? ORDER BY kev_date_added DESC, cve_id LIMIT ${MAX_CATALOGED}`,
    [civilDate(asOf)],
  );
  return listed.map((row) => {
    const vulnerability = database.hydrate(Vulnerability, row);
    return { ...vulnerability, kevDateAdded: vulnerability.kevDateAdded! };
  });
}

function makeSectorRisks(world: ExerciseWorld): Partial<SectorRisk>[] {
  return sectors.flatMap(({ key }) =>
    [0, 90, 180, 270, 360, 450, 540, 630].map((daysAgo) => {
      const random = randomOf(world, `sector risk ${key} ${daysAgo}`);
      return {
        id: stableId('srk', world.seed, key!, daysAgo),
        sectorKey: key,
        asOf: addDays(civilDate(world.asOf), -daysAgo),
        level: random.weighted({ LOW: 2, GUARDED: 4, ELEVATED: 3, HIGH: 1 }),
        drivers: 'As reported by the sector’s partners (exercise).',
        exercise: true,
      };
    }),
  );
}

function assess(world: ExerciseWorld): Partial<CapabilityAssessment>[] {
  return EXERCISE_AGENCIES.flatMap((agencyKey) =>
    dimensions.flatMap(({ id }) => {
      const random = randomOf(world, `capability ${agencyKey} ${id}`);
      const before = random.integer(1, 3);
      const base = {
        agencyKey,
        dimensionId: id,
        target: random.integer(3, 4),
        assessor: 'Self-assessment (exercise)',
        status: 'RECORDED' as const,
        correctsId: null,
        revision: 1,
        exercise: true,
      };
      return [
        {
          ...base,
          id: stableId('cas', world.seed, agencyKey, id!, 1),
          tier: before,
          assessedOn: addDays(civilDate(world.asOf), -400),
          current: false,
        },
        {
          ...base,
          id: stableId('cas', world.seed, agencyKey, id!, 2),
          tier: Math.min(4, before + random.integer(0, 1)),
          assessedOn: addDays(civilDate(world.asOf), -random.integer(5, 90)),
          current: true,
        },
      ];
    }),
  );
}

/** What agencies report on: each phase of a directive in force, or the directive if it has none. */
function reported(): { directiveId: string; phaseId: string | null }[] {
  return directives
    .filter(({ revokedOn }) => revokedOn === null)
    .flatMap(({ id }): { directiveId: string; phaseId: string | null }[] => {
      const phases = directivePhases.filter(({ directiveId, dueOn }) => directiveId === id && dueOn !== null);
      if (phases.length === 0) return [{ directiveId: id!, phaseId: null }];
      return phases.map((phase) => ({ directiveId: id!, phaseId: phase.id! }));
    });
}

function progress(world: ExerciseWorld): Partial<DirectiveProgress>[] {
  return EXERCISE_AGENCIES.flatMap((agencyKey) =>
    reported().map(({ directiveId, phaseId }) => ({
      id: stableId('dpr', world.seed, agencyKey, phaseId ?? directiveId),
      agencyKey,
      directiveId,
      phaseId,
      exceptionUntil: null,
      reason: null,
      reporterKey: null,
      status: randomOf(world, `directive ${agencyKey} ${phaseId ?? directiveId}`).weighted({
        NOT_STARTED: 1,
        IN_PROGRESS: 3,
        REPORTED_COMPLETE: 4,
        VERIFIED: 3,
        EXCEPTION_REPORTED: 1,
      }),
      asOf: addDays(civilDate(world.asOf), -7),
      revision: 1,
      exercise: true,
    })),
  );
}

/** Cases from review findings, and cases from industry reports and agency scans. */
function makeCases(
  world: ExerciseWorld,
  flaws: readonly FlawStory[],
  systems: readonly Partial<FederalSystem>[],
): ExerciseRows[] {
  const cases: Partial<ClearinghouseCase>[] = [];
  const caseSectors: Link[] = [];
  const caseSystems: Link[] = [];
  const open = (
    id: string,
    origin: {
      openedByKey: string;
      findingId: string | null;
      source: ClearinghouseCase['source'];
      openedAt: string;
      sectorKeys: readonly string[];
    },
  ) => {
    const random = randomOf(world, `case ${id}`);
    const { sectorKeys, ...facts } = origin;
    const patched = after(origin.openedAt, 15 + random.next() * 60);
    const published = after(patched, 5 + random.next() * 20);
    const refused = random.chance(0.1);
    const status: ClearinghouseCase['status'] = refused
      ? random.weighted({ DECLINED: 1, NOT_A_FLAW: 1 })
      : published <= world.asOf
        ? random.weighted({ PUBLISHED: 1, CLOSED: 1 })
        : patched <= world.asOf
          ? 'PATCH_AVAILABLE'
          : random.weighted({ OPEN: 2, VALIDATED: 2, PATCH_IN_PROGRESS: 3 });
    cases.push({
      id,
      ...facts,
      title: `Flaw ${id.slice(-6)} (exercise)`,
      assignedCve: null,
      cveId: null,
      status,
      priority: random.weighted({ LOW: 1, MEDIUM: 3, HIGH: 3, URGENT: 1 }),
      embargoUntil: refused ? null : after(patched, 7),
      patchedAt: !refused && patched <= world.asOf ? patched : null,
      publishedAt: !refused && published <= world.asOf ? published : null,
      vendorName: null,
      vendorContactedAt: null,
      mergedIntoId: null,
      handledCve: null,
      revision: 1,
      exercise: true,
    });
    caseSectors.push(...sectorKeys.map((targetKey) => ({ ownerKey: id, targetKey })));
    caseSystems.push(
      ...random.some(systems, random.integer(0, 3)).map((system) => ({ ownerKey: id, targetKey: system.id! })),
    );
  };
  for (const { caseId, findingId, agencyKey, sectorKeys, referredAt } of flaws)
    open(caseId, { openedByKey: agencyKey, findingId, source: 'REVIEW_FINDING', openedAt: referredAt, sectorKeys });
  for (let index = 0; index < 12 * world.scale; index += 1) {
    const random = randomOf(world, `other case ${index}`);
    open(stableId('chc', world.seed, index), {
      openedByKey: random.pick(['cisa', 'nsa', 'treasury']),
      findingId: null,
      source: random.weighted({ INDUSTRY: 2, AGENCY_SCAN: 1 }),
      openedAt: officeTime(after(world.asOf, -1 - random.next() * 600), random),
      sectorKeys: random.some(sectors, 1).map(({ key }) => key!),
    });
  }
  return [
    rows(ClearinghouseCase, [...cases, ...duplicatesOf(world, cases)]),
    rows(CaseSector, caseSectors),
    rows(CaseSystem, caseSystems),
  ];
}

/** Second reports of flaws that are known: every twelfth report from outside of reviews, merged into the case of the first. */
function duplicatesOf(
  world: ExerciseWorld,
  cases: readonly Partial<ClearinghouseCase>[],
): Partial<ClearinghouseCase>[] {
  const reports = cases.filter(({ source }) => source !== 'REVIEW_FINDING').filter((_, place) => place % 12 === 0);
  return reports.map((first, place) => {
    const id = stableId('chc', world.seed, 'duplicate', place);
    return {
      ...first,
      ...{ id, title: `Flaw ${id.slice(-6)} (exercise)`, openedAt: after(first.openedAt!, 0.2) },
      ...{ status: 'CLOSED', mergedIntoId: first.id!, embargoUntil: null, patchedAt: null, publishedAt: null },
    };
  });
}
