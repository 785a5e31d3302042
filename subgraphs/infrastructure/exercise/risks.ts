import { addDays, civilDate, endOfDay } from '#base/civil';
import { after, daysFrom, type ExerciseRows, type ExerciseWorld, latest, randomOf, rows } from '#domain/exercise/story';
import { stableId } from '#kit/ids';
import type { Link } from '#kit/model/links';
import { PoamItem, type PoamItemStatus, PoamMilestone } from '../risk/poam-item';
import { RiskAcceptance, RiskAcceptanceFinding } from '../risk/risk-acceptance';
import { UNRESOLVED, type VulnerabilityFinding } from '../vulnerability/vulnerability-finding';

type Finding = Partial<VulnerabilityFinding>;

/** Acceptances of risks, and plans of action, of some findings, to which it adds the references. */
export function exerciseRisks(world: ExerciseWorld, findings: readonly Finding[]): ExerciseRows[] {
  const bySystem = Map.groupBy(findings, ({ systemId }) => systemId!);
  const acceptances: Partial<RiskAcceptance>[] = [];
  const links: Link[] = [];
  const items: Partial<PoamItem>[] = [];
  const milestones: Partial<PoamMilestone>[] = [];
  for (const [systemId, ofSystem] of bySystem) {
    const overdue = ofSystem.filter((finding) => isOverdue(world, finding));
    if (overdue.length > 0 && randomOf(world, `accepts ${systemId}`).chance(0.4)) {
      const acceptance = acceptanceOf(world, systemId, overdue);
      acceptances.push(acceptance);
      links.push(...overdue.map(({ id }) => ({ ownerKey: acceptance.id!, targetKey: id! })));
      if (acceptance.status === 'IN_FORCE') for (const finding of overdue) finding.acceptanceId = acceptance.id!;
    }
    const planned = plannedOf(world, systemId, ofSystem);
    if (planned.length === 0) continue;
    const item = itemOf(world, systemId, planned);
    items.push(item);
    milestones.push(...milestonesOf(world, item));
    for (const finding of planned) finding.poamItemId = item.id!;
  }
  return [
    rows(RiskAcceptance, acceptances),
    rows(RiskAcceptanceFinding, links),
    rows(PoamItem, items),
    rows(PoamMilestone, milestones),
  ];
}

const isOverdue = ({ asOf }: ExerciseWorld, { status, dueAt }: Finding): boolean =>
  UNRESOLVED.includes(status!) && dueAt != null && dueAt < asOf;

function acceptanceOf(world: ExerciseWorld, systemId: string, findings: readonly Finding[]): Partial<RiskAcceptance> {
  const { asOf } = world;
  const random = randomOf(world, `acceptance ${systemId}`);
  const detected = latest(...findings.map(({ detectedAt }) => detectedAt!));
  const proposedAt = after(detected, daysFrom(detected, asOf) * random.next());
  const decidedAt = after(proposedAt, daysFrom(proposedAt, asOf) * random.next());
  const today = civilDate(asOf);
  const hasExpired = civilDate(decidedAt) < addDays(today, -1);
  const drawn = random.weighted({ IN_FORCE: 5, PROPOSED: 2, DECLINED: 1, REVOKED: 1, EXPIRED: 1 });
  const status = drawn === 'EXPIRED' && !hasExpired ? 'IN_FORCE' : drawn;
  const isAccepted = status === 'IN_FORCE' || status === 'REVOKED';
  const expiresOn =
    status === 'EXPIRED' ? addDays(today, -1) : isAccepted ? addDays(today, random.integer(5, 200)) : null;
  return {
    id: stableId('rac', systemId),
    agencyKey: findings[0]!.agencyKey,
    status,
    reason: 'The system is replaced soon, and is not reachable from outside (exercise).',
    proposedAt,
    decidedAt: status === 'PROPOSED' ? null : decidedAt,
    expiresOn,
    proposerKey: '',
    revision: 1,
    exercise: true,
  };
}

/** Findings that a plan of action is about: the unresolved ones of some systems, and verified ones of others. */
function plannedOf(world: ExerciseWorld, systemId: string, findings: readonly Finding[]): Finding[] {
  const random = randomOf(world, `plans ${systemId}`);
  const unresolved = findings.filter(({ status }) => UNRESOLVED.includes(status!));
  if (unresolved.length > 0) return random.chance(0.4) ? unresolved : [];
  return random.chance(0.3) ? findings.filter(({ status }) => status === 'VERIFIED') : [];
}

function itemOf(world: ExerciseWorld, systemId: string, findings: readonly Finding[]): Partial<PoamItem> {
  const random = randomOf(world, `item ${systemId}`);
  const [first] = findings;
  const isClosed = first!.status === 'VERIFIED';
  const drawn = random.weighted({ OPEN: 1, INVESTIGATING: 2, REMEDIATING: 4, DEVIATION_REQUESTED: 1 });
  const acceptanceId = isClosed ? null : sharedAcceptance(findings);
  const status: PoamItemStatus = isClosed ? 'CLOSED' : acceptanceId ? 'DEVIATION_ACCEPTED' : drawn;
  return {
    id: stableId('poa', systemId),
    systemId,
    agencyKey: first!.agencyKey,
    title: `${findings.length} vulnerabilities of the system (exercise)`,
    description: 'Vendor updates are tested, and installed in the next maintenance window (exercise).',
    status,
    responsibleRole: random.pick(['system owner', 'information system security officer']),
    resources: random.chance(0.5) ? 'One maintenance window (exercise).' : null,
    openedAt: latest(...findings.map(({ detectedAt }) => detectedAt!)),
    closedAt: isClosed ? latest(...findings.map(({ verifiedAt }) => verifiedAt!)) : null,
    acceptanceId,
    revision: 1,
    exercise: true,
  };
}

/** The acceptance in force that covers all of the findings. */
function sharedAcceptance(findings: readonly Finding[]): string | null {
  const [first, ...others] = new Set(findings.map(({ acceptanceId }) => acceptanceId ?? null));
  return others.length === 0 ? (first ?? null) : null;
}

function milestonesOf(world: ExerciseWorld, item: Partial<PoamItem>): Partial<PoamMilestone>[] {
  const random = randomOf(world, `milestones ${item.id}`);
  const today = civilDate(world.asOf);
  return ['Test the updates', 'Install the updates', 'Scan again'].map((title, place) => {
    const dueOn = addDays(civilDate(item.openedAt!), 10 * (place + 1) + random.integer(0, 5));
    const isDone = item.status === 'CLOSED' || (dueOn < today && random.chance(0.6));
    const doneOn = isDone ? (dueOn < today ? dueOn : today) : null;
    return {
      id: stableId('pom', item.id!, place),
      poamItemId: item.id,
      agencyKey: item.agencyKey,
      title: `${title} (exercise)`,
      dueOn,
      dueAt: endOfDay(dueOn),
      status: isDone ? 'DONE' : 'PLANNED',
      doneOn,
      revision: 1,
      exercise: true,
    };
  });
}
