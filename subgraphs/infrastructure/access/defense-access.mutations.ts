import { civilDate } from '#base/civil';
import { InputError, UnknownReferenceError } from '#base/errors';
import { type ChangeableType, ChangeSet, itsAgency, ofOwnAgency } from '#domain/change-set';
import {
  dateInput,
  enumInput,
  expectedRevisionInput,
  idInput,
  intInput,
  longTextInput,
  optional,
  textInput,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { CLEARINGHOUSE, requireCoordinatorOf } from '../actors';
import { Sector } from '../sector/sector';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { DefensiveTool } from '../tool/defensive-tool';
import { DefenseAccess, type DefenseAccessStatus, RecipientKind } from './defense-access';
import { defenseAccessLifecycle } from './lifecycle';

/** Access as mutations change it: that which the caller's agency provides. */
const ACCESSES: ChangeableType<DefenseAccess, DefenseAccessStatus, object> = {
  type: DefenseAccess,
  machine: defenseAccessLifecycle,
  state: 'status',
  timeline: InfrastructureEvent,
  subject: 'DEFENSE_ACCESS',
  isOpenTo: ofOwnAgency,
  agencyOf: itsAgency,
};

const by = ['CISO', 'COORDINATOR'];
const returns = ['access', () => DefenseAccess] as const;
const target = { id: idInput('Id of the access.'), expectedRevision: expectedRevisionInput() };
const recipients = intInput('Number of recipients.', { max: 1_000_000 });

function requirePast({ now }: Work, name: string, day: string): void {
  const today = civilDate(now);
  if (day > today) throw new InputError(`"${name}" is in the future: it is ${today} today`, ['input', name]);
}

const provideDefenseAccess = mutation({
  name: 'provideDefenseAccess',
  description:
    'Records that the agency provides others with access to a defensive tool or a model. Names no recipient.',
  by,
  input: {
    tool: optional(idInput('Id of the tool. Either this or the model.')),
    model: optional(idInput('Id of the AI model. Either this or the tool.')),
    recipientKind: enumInput(() => RecipientKind, 'Kind of recipients.'),
    sector: optional(
      idInput('Key of the sector. Only for operators of critical infrastructure, and required for them.'),
    ),
    region: textInput('State, territory, or region of the recipients, such as "OH".', { max: 60 }),
    recipients,
    since: dateInput('First day of the access. Not in the future.'),
  },
  returns,
  async run(work, { tool, model, sector, ...fields }) {
    requireCoordinatorOf(work, CLEARINGHOUSE);
    const { database, principal } = work;
    if ((tool === null) === (model === null)) throw new InputError('Send either "tool" or "model"', ['input', 'tool']);
    if ((sector === null) !== (fields.recipientKind === 'STATE_LOCAL'))
      throw new InputError('"sector" is for CRITICAL_INFRASTRUCTURE only, which needs it', ['input', 'sector']);
    requirePast(work, 'since', fields.since);
    if (tool !== null && (await database.findBy(DefensiveTool, 'id', [tool])).length === 0)
      throw new UnknownReferenceError('defensive tool', tool, ['input', 'tool']);
    if (sector !== null && (await database.findBy(Sector, 'key', [sector])).length === 0)
      throw new UnknownReferenceError('sector', sector, ['input', 'sector']);
    const accesses = await ChangeSet.open(ACCESSES, work, []);
    const { key } = accesses.add(
      {
        ...{ id: work.newId('dac'), agencyKey: principal.agency!, toolId: tool, modelId: model, sectorKey: sector },
        ...{ ...fields, endedOn: null, revision: 1, exercise: false },
      },
      { trigger: 'provideDefenseAccess', kind: 'ACCESS_PROVIDED' },
    );
    await accesses.save();
    return key;
  },
});

const countRecipients = mutation({
  name: 'countRecipients',
  description: 'Changes the number of recipients of an access.',
  by,
  input: { ...target, recipients },
  returns,
  async run(work, { recipients: count, ...at }) {
    requireCoordinatorOf(work, CLEARINGHOUSE);
    const accesses = await ChangeSet.open(ACCESSES, work, [at.id]);
    const { key } = accesses.move(at, () => ({
      trigger: 'countRecipients',
      kind: 'RECIPIENTS_COUNTED',
      change(next) {
        next.recipients = count;
      },
    }));
    await accesses.save();
    return key;
  },
});

const endDefenseAccess = mutation({
  name: 'endDefenseAccess',
  description: 'Ends an access.',
  by,
  input: {
    ...target,
    endedOn: dateInput('Last day of the access. Not in the future, and not before its first day.'),
    reason: optional(longTextInput('Reason.')),
  },
  returns,
  async run(work, { endedOn, reason, ...at }) {
    requireCoordinatorOf(work, CLEARINGHOUSE);
    requirePast(work, 'endedOn', endedOn);
    const accesses = await ChangeSet.open(ACCESSES, work, [at.id]);
    const { key } = accesses.move(at, ({ since }) => {
      if (endedOn < since) throw new InputError(`"endedOn" is before the first day, ${since}`, ['input', 'endedOn']);
      return {
        trigger: 'endDefenseAccess',
        kind: 'ACCESS_ENDED',
        detail: reason,
        change(next) {
          next.endedOn = endedOn;
        },
      };
    });
    await accesses.save();
    return key;
  },
});

export const defenseAccessMutations = [provideDefenseAccess, countRecipients, endDefenseAccess];
