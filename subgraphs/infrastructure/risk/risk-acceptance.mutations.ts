import { addDays, civilDate, endOfDay } from '#base/civil';
import { InputError, UnknownReferenceError } from '#base/errors';
import { personKey } from '#base/identity/principal';
import { type ChangeableType, ChangeSet, itsAgency, ofOwnAgency } from '#domain/change-set';
import { callersOf, reasonInput, targetInput, verb } from '#domain/verbs';
import { marks } from '#kit/database/marks';
import { dateInput, idInput, listInput } from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { scheduled } from '#kit/subgraph/schedule';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { UNRESOLVED, VulnerabilityFinding } from '../vulnerability/vulnerability-finding';
import { type AcceptanceFacts, acceptanceLifecycle } from './acceptance-lifecycle';
import { endDeviations } from './poam-items';
import { RiskAcceptance, RiskAcceptanceFinding, type RiskAcceptanceStatus } from './risk-acceptance';

/** Acceptances as mutations change them: those of the caller's agency. */
const ACCEPTANCES: ChangeableType<RiskAcceptance, RiskAcceptanceStatus, AcceptanceFacts> = {
  type: RiskAcceptance,
  machine: acceptanceLifecycle,
  state: 'status',
  timeline: InfrastructureEvent,
  subject: 'ACCEPTANCE',
  isOpenTo: ofOwnAgency,
  agencyOf: itsAgency,
  since: ({ proposedAt }) => proposedAt,
};

/** Maximum findings of an acceptance. */
const MAX_FINDINGS = 1_000;
/** Maximum days for which a risk is accepted. */
const MAX_DAYS = 365;

const returns = ['acceptance', () => RiskAcceptance] as const;
const target = targetInput('the acceptance');

const proposeAcceptance = mutation({
  name: 'proposeAcceptance',
  description: 'Proposes to accept the risk of unresolved findings of the agency. Another officer decides.',
  by: callersOf(acceptanceLifecycle, 'proposeAcceptance'),
  input: {
    findings: listInput(idInput('Id of a finding.'), `Ids of the findings: 1 to ${MAX_FINDINGS}.`, {
      max: MAX_FINDINGS,
    }),
    reason: reasonInput(),
  },
  returns,
  async run(work, { findings, reason }) {
    const { database, principal, now } = work;
    const path = ['input', 'findings'];
    if (findings.length === 0) throw new InputError('"findings" is empty: name at least one', path);
    const known = new Map((await database.findBy(VulnerabilityFinding, 'id', findings)).map((row) => [row.id, row]));
    for (const [place, id] of findings.entries())
      requireUnresolved(known.get(id), principal.agency, id, [...path, place]);
    const acceptances = await ChangeSet.open(ACCEPTANCES, work, []);
    const { key } = acceptances.add(
      {
        ...{ id: work.newId('rac'), agencyKey: principal.agency!, reason, proposedAt: now, decidedAt: null },
        ...{ expiresOn: null, proposerKey: personKey(principal), revision: 1, exercise: false },
      },
      { trigger: 'proposeAcceptance', kind: 'ACCEPTANCE_PROPOSED', detail: reason },
    );
    await acceptances.save();
    await database.insert(
      RiskAcceptanceFinding,
      findings.map((targetKey) => ({ ownerKey: key, targetKey })),
    );
    return key;
  },
});

function requireUnresolved(
  finding: VulnerabilityFinding | undefined,
  agency: string | null,
  id: string,
  path: readonly (string | number)[],
): void {
  if (finding?.agencyKey !== agency) throw new UnknownReferenceError('vulnerability finding', id, path);
  if (!UNRESOLVED.includes(finding!.status))
    throw new InputError(
      `The finding "${id}" is ${finding!.status}: name findings that are ${UNRESOLVED.join(', ')}`,
      path,
    );
}

const acceptRisk = mutation({
  name: 'acceptRisk',
  description:
    'Accepts the risk of the findings that are still unresolved, until a day. Not by the officer who proposed it. Deadlines stay, and overdue findings stay overdue.',
  by: callersOf(acceptanceLifecycle, 'acceptRisk'),
  input: {
    ...target,
    expiresOn: dateInput(`Last day of the acceptance: after today, and ${MAX_DAYS} days from today at most.`),
  },
  returns,
  async run(work, { expiresOn, ...aim }) {
    const { database, now, principal } = work;
    requireExpiry(expiresOn, civilDate(now));
    const acceptances = await ChangeSet.open(ACCEPTANCES, work, [aim.id]);
    // findings of a hidden acceptance stay unlocked
    const links = acceptances.get(aim.id) ? await database.findBy(RiskAcceptanceFinding, 'ownerKey', [aim.id]) : [];
    const findings = await database.lockAll(
      VulnerabilityFinding,
      links.map(({ targetKey }) => targetKey),
    );
    const unresolved = findings.filter(({ status }) => UNRESOLVED.includes(status));
    acceptances.move(aim, ({ proposerKey }) => ({
      trigger: 'acceptRisk',
      facts: {
        isProposer: proposerKey === personKey(principal),
        unresolved: unresolved.length,
        accepted: unresolved.filter(({ acceptanceId }) => acceptanceId !== null).length,
      },
      kind: 'RISK_ACCEPTED',
      detail: `Until ${expiresOn}`,
      change: (next, decidedAt) => Object.assign(next, { decidedAt, expiresOn }),
    }));
    await acceptances.save();
    await setAcceptance(
      work,
      aim.id,
      `id IN (${marks(unresolved)})`,
      unresolved.map(({ id }) => id),
    );
    return aim.id;
  },
});

function requireExpiry(expiresOn: string, today: string): void {
  const last = addDays(today, MAX_DAYS);
  if (expiresOn <= today || expiresOn > last)
    throw new InputError(`"expiresOn" is ${expiresOn}: choose a day after ${today}, and ${last} at the latest`, [
      'input',
      'expiresOn',
    ]);
}

/** Writes to findings which acceptance is in force. One statement. */
async function setAcceptance(
  { database }: Work,
  acceptanceId: string | null,
  condition: string,
  parameters: readonly string[],
): Promise<void> {
  await database.query(`UPDATE vulnerability_finding SET acceptance_id = ?, version = version + 1 WHERE ${condition}`, [
    acceptanceId,
    ...parameters,
  ]);
}

/** Ends what rests on an acceptance: deviations of plans of action, and what findings show. */
async function endEffects(work: Work, id: string, occurredAt: string | null): Promise<void> {
  await endDeviations(work, id, occurredAt);
  await setAcceptance(work, null, 'acceptance_id = ?', [id]);
}

const declineAcceptance = verb({
  of: ACCEPTANCES,
  returns,
  target,
  name: 'declineAcceptance',
  description: 'Declines a proposed acceptance of a risk.',
  input: { reason: reasonInput() },
  step: (_acceptance, { reason }) => ({
    kind: 'ACCEPTANCE_DECLINED',
    detail: reason,
    change(next, decidedAt) {
      next.decidedAt = decidedAt;
    },
  }),
});

const revokeAcceptance = mutation({
  name: 'revokeAcceptance',
  description: 'Revokes the acceptance of a risk. Deviations that rest on it end.',
  by: callersOf(acceptanceLifecycle, 'revokeAcceptance'),
  input: { ...target, reason: reasonInput() },
  returns,
  async run(work, { reason, ...aim }) {
    const acceptances = await ChangeSet.open(ACCEPTANCES, work, [aim.id]);
    acceptances.move(aim, () => ({ trigger: 'revokeAcceptance', kind: 'ACCEPTANCE_REVOKED', detail: reason }));
    await acceptances.save();
    await endEffects(work, aim.id, aim.occurredAt);
    return aim.id;
  },
});

async function expireWhenDue(work: Work, id: string): Promise<void> {
  const acceptances = await ChangeSet.open(ACCEPTANCES, work, [id]);
  const acceptance = acceptances.get(id);
  if (acceptance?.status !== 'IN_FORCE' || acceptance.expiresOn! >= civilDate(work.now)) return;
  const occurredAt = endOfDay(acceptance.expiresOn!);
  acceptances.move({ id, occurredAt }, () => ({ trigger: 'acceptanceExpired', kind: 'ACCEPTANCE_EXPIRED' }));
  await acceptances.save();
  await endEffects(work, id, occurredAt);
}

/** Ends acceptances on the day after their last one. */
export const expireAcceptances = scheduled(
  'expire risk acceptances',
  async (database, now, limit) => {
    const rows = await database.query<{ id: string }>(
      `SELECT id FROM risk_acceptance WHERE status = 'IN_FORCE' AND expires_on < ? ORDER BY expires_on LIMIT ${limit}`,
      [civilDate(now)],
    );
    return rows.map(({ id }) => id);
  },
  expireWhenDue,
);

export const acceptanceMutations = [proposeAcceptance, acceptRisk, declineAcceptance, revokeAcceptance];
