import { civilDate, startOfDay } from '#base/civil';
import { InputError, UnknownReferenceError } from '#base/errors';
import { type ChangeableType, ChangeSet, itsAgency, ofOwnAgency } from '#domain/change-set';
import {
  booleanInput,
  dateInput,
  enumInput,
  expectedRevisionInput,
  idInput,
  longTextInput,
  optional,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { FederalSystem } from './federal-system';
import { type AuthorizationFacts, authorizationLifecycle } from './lifecycle';
import { type AuthorizationRecordState, SystemAuthorization, SystemAuthorizationKind } from './system-authorization';
import { ownSystems } from './systems';

/** Decisions as mutations change them: those on systems of the caller's agency. */
const AUTHORIZATIONS: ChangeableType<SystemAuthorization, AuthorizationRecordState, AuthorizationFacts> = {
  type: SystemAuthorization,
  machine: authorizationLifecycle,
  state: 'state',
  timeline: InfrastructureEvent,
  subject: 'AUTHORIZATION',
  isOpenTo: ofOwnAgency,
  agencyOf: itsAgency,
  since: ({ decidedOn }) => startOfDay(decidedOn),
};

const by = ['CISO'];
const returns = ['authorization', () => SystemAuthorization] as const;

interface Decision {
  readonly kind: SystemAuthorizationKind;
  readonly decidedOn: string;
  readonly expiresOn: string | null;
  readonly ongoing: boolean;
}

/** @throws InputError */
function requireTerm({ kind, decidedOn, expiresOn, ongoing }: Decision): void {
  const path = ['input', 'expiresOn'];
  if (kind === 'NOT_AUTHORIZED') {
    if (expiresOn !== null || ongoing)
      throw new InputError('A decision of NOT_AUTHORIZED has no term: omit "expiresOn" and "ongoing"', path);
    return;
  }
  if ((expiresOn === null) !== ongoing)
    throw new InputError('An authorization either expires or is ongoing: send "expiresOn" or "ongoing: true"', path);
  if (expiresOn !== null && expiresOn < decidedOn)
    throw new InputError(`"expiresOn" is before the decision, of ${decidedOn}`, path);
}

/** @throws InputError unless the day is today or before */
function requirePast({ now }: Work, field: string, day: string): void {
  const today = civilDate(now);
  if (day > today) throw new InputError(`"${field}" is in the future: it is ${today} today`, ['input', field]);
}

/** Shows the expiration date on the system. */
async function showExpiration({ database }: Work, system: FederalSystem, atoExpires: string | null): Promise<void> {
  if (system.atoExpires === atoExpires) return;
  await database.update(FederalSystem, system.id, { atoExpires, revision: system.revision + 1 });
}

const recordAuthorization = mutation({
  name: 'recordAuthorization',
  description: 'Records the decision of an authorizing official on a system. It replaces the decision before.',
  by,
  input: {
    system: idInput('Id of the system.'),
    kind: enumInput(() => SystemAuthorizationKind, 'Decision.'),
    decidedOn: dateInput('Date of the decision. Not in the future, and not before the last decision.'),
    expiresOn: optional(dateInput('Last day of the authorization. Required unless it is ongoing.')),
    ongoing: optional(booleanInput('Whether the authorization is ongoing, under continuous monitoring.')),
  },
  returns,
  async run(work, { system: systemId, ...stated }) {
    const decision = { ...stated, ongoing: stated.ongoing ?? false };
    requirePast(work, 'decidedOn', decision.decidedOn);
    requireTerm(decision);
    const system = (await ownSystems(work, [systemId])).get(systemId);
    if (!system) throw new UnknownReferenceError('federal system', systemId, ['input', 'system']);
    if (system.status === 'DISPOSITION')
      throw new InputError('The system is retired: decisions are recorded for systems in use', ['input', 'system']);
    const earlier = await work.database.findBy(SystemAuthorization, 'systemId', [systemId]);
    requireLatest(earlier, decision.decidedOn);
    const current = earlier.filter(({ state }) => state === 'RECORDED').map(({ id }) => id);
    const decisions = await ChangeSet.open(AUTHORIZATIONS, work, current);
    for (const id of current)
      decisions.move({ id }, () => ({
        trigger: 'laterDecision',
        kind: 'AUTHORIZATION_SUPERSEDED',
        actor: 'SYSTEM',
        change(next) {
          next.supersededOn = decision.decidedOn;
        },
      }));
    const { key } = decisions.add(
      {
        ...{ id: work.newId('sau'), systemId, agencyKey: system.agencyKey, ...decision },
        ...{ revokedOn: null, supersededOn: null, revision: 1, exercise: system.exercise },
      },
      { trigger: 'recordAuthorization', kind: 'AUTHORIZATION_RECORDED', detail: decision.kind },
    );
    await decisions.save();
    await showExpiration(work, system, decision.expiresOn);
    return key;
  },
});

/** @throws InputError if a decision is dated later */
function requireLatest(earlier: readonly SystemAuthorization[], decidedOn: string): void {
  const last = earlier
    .map((decision) => decision.decidedOn)
    .sort()
    .at(-1);
  if (last !== undefined && decidedOn < last)
    throw new InputError(`"decidedOn" is before the last decision, of ${last}: decisions are recorded in order`, [
      'input',
      'decidedOn',
    ]);
}

const revokeAuthorization = mutation({
  name: 'revokeAuthorization',
  description: 'Revokes an authorization that is in force. The system keeps its status.',
  by,
  input: {
    id: idInput('Id of the authorization.'),
    expectedRevision: expectedRevisionInput(),
    revokedOn: dateInput('Date of the revocation. Not in the future, and not before the decision.'),
    reason: longTextInput('Reason.'),
  },
  returns,
  async run(work, { id, expectedRevision, revokedOn, reason }) {
    requirePast(work, 'revokedOn', revokedOn);
    const [found] = await work.database.findBy(SystemAuthorization, 'id', [id]);
    // one of others takes as long as a missing one
    const isOpen = found !== undefined && AUTHORIZATIONS.isOpenTo(work, found);
    const systems = await ownSystems(work, isOpen ? [found.systemId] : []);
    const decisions = await ChangeSet.open(AUTHORIZATIONS, work, [id]);
    decisions.move({ id, expectedRevision }, ({ kind, decidedOn, expiresOn }) => {
      if (revokedOn < decidedOn)
        throw new InputError(`"revokedOn" is before the decision, of ${decidedOn}`, ['input', 'revokedOn']);
      return {
        trigger: 'revokeAuthorization',
        kind: 'AUTHORIZATION_REVOKED',
        facts: {
          isAuthorization: kind !== 'NOT_AUTHORIZED',
          isExpired: expiresOn !== null && expiresOn < revokedOn,
        },
        detail: reason,
        change(next) {
          next.revokedOn = revokedOn;
        },
      };
    });
    await decisions.save();
    await showExpiration(work, systems.get(found!.systemId)!, null);
    return id;
  },
});

export const authorizationMutations = [recordAuthorization, revokeAuthorization];
