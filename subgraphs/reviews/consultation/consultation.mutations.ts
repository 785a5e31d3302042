import { civilDate } from '#base/civil';
import { InputError, RequestError, UnknownReferenceError } from '#base/errors';
import { agencyByKey } from '#domain/agency/directory';
import {
  dateInput,
  expectedRevisionInput,
  idInput,
  listInput,
  longTextInput,
  optional,
  sha256Input,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { Dossier } from '../dossier';
import { consultationLifecycle } from '../lifecycle';
import { Advice, Consultation, ConsultationMessage } from './consultation';

const openConsultation = mutation({
  name: 'openConsultation',
  description: 'Opens the thread in which one agency and the developer work together on one submission. Either may.',
  by: ['AGENCY', 'DEVELOPER'],
  input: {
    submissionId: idInput('The submission.'),
    agencyKey: optional(idInput('The agency: for a developer to say; an agency opens its own.')),
  },
  returns: ['consultation', () => Consultation],
  async run(work, { submissionId, agencyKey: named }) {
    const { database, principal, actor, now } = work;
    const dossier = await Dossier.open(work, submissionId);
    const path = ['input', 'agencyKey'];
    if (actor === 'DEVELOPER' && named === null) throw new InputError('Say with which agency: "agencyKey"', path);
    const agencyKey = actor === 'AGENCY' ? principal.agency! : named!;
    if (actor === 'AGENCY' && named !== null && named !== agencyKey)
      throw new InputError(`An agency opens its own consultation: you act for ${agencyKey}`, path);
    if (!agencyByKey(agencyKey) || !dossier.notice.agencyKeys.includes(agencyKey))
      throw new UnknownReferenceError('agency that this submission is shared with', agencyKey, path);
    const threads = await database.findBy(Consultation, 'submissionId', [submissionId]);
    const open = threads.find((thread) => thread.agencyKey === agencyKey && thread.status === 'OPEN');
    if (open) throw new RequestError('ALREADY_EXISTS', `There is one open already: ${open.id}`, path);
    const id = work.newId('con');
    await database.insert(Consultation, [
      {
        id,
        submissionId,
        agencyKey,
        openedBy: actor === 'AGENCY' ? 'AGENCY' : 'DEVELOPER',
        openedAt: now,
        status: consultationLifecycle.next(null, 'openConsultation', actor, {}),
        revision: 1,
        exercise: dossier.notice.exercise,
      },
    ]);
    dossier.happen({ kind: 'CONSULTATION_OPENED', agencyKey, objectId: id });
    await dossier.save();
    return id;
  },
});

/** A thread that the caller is a side of. */
async function ownThread(
  work: Work,
  id: string,
  { expectedRevision, field }: { expectedRevision?: number; field: string },
) {
  const { actor, principal } = work;
  const { dossier, object: thread } = await Dossier.of(work, Consultation, 'consultation', id, {
    expectedRevision,
    field,
    mayKnow: ({ agencyKey }) => actor !== 'AGENCY' || agencyKey === principal.agency,
  });
  return { dossier, thread };
}

const sideOf = ({ actor }: Work) => (actor === 'AGENCY' ? ('AGENCY' as const) : ('DEVELOPER' as const));

const sendMessage = mutation({
  name: 'sendMessage',
  description: 'Sends a message in a consultation. It may ask for information by a day, or answer a message that did.',
  by: ['AGENCY', 'DEVELOPER'],
  input: {
    consultationId: idInput('The consultation.'),
    body: longTextInput('What it says.'),
    attachments: optional(listInput(sha256Input('Digest of a document.'), 'Digests of what is attached.', { max: 50 })),
    dueOn: optional(dateInput('By when an answer would help: then it asks for information.')),
    answersId: optional(idInput('The message it answers.')),
  },
  returns: ['consultation', () => Consultation],
  async run(work, { consultationId, body, attachments, dueOn, answersId }) {
    const { database, now } = work;
    const { dossier, thread } = await ownThread(work, consultationId, { field: 'consultationId' });
    consultationLifecycle.next(thread.status, 'sendMessage', work.actor, {});
    const today = civilDate(now);
    if (dueOn !== null && dueOn < today)
      throw new InputError(`"dueOn" is ${dueOn}, which has passed: today is ${today}`, ['input', 'dueOn']);
    if (answersId !== null) {
      const [asked] = await database.findBy(ConsultationMessage, 'id', [answersId]);
      if (asked?.consultationId !== consultationId)
        throw new UnknownReferenceError('message of this consultation', answersId, ['input', 'answersId']);
      if (asked.from === sideOf(work) || !asked.requestsInformation || asked.answeredAt !== null)
        throw new InputError('What is answered is a question of the other side that is still open', [
          'input',
          'answersId',
        ]);
      await database.update(ConsultationMessage, answersId, { answeredAt: now });
    }
    const id = work.newId('msg');
    await database.insert(ConsultationMessage, [
      {
        id,
        consultationId,
        from: sideOf(work),
        sentAt: now,
        body,
        attachments: attachments ?? [],
        requestsInformation: dueOn !== null,
        dueOn,
        answeredAt: null,
        readAt: null,
        overdueNoted: false,
        exercise: thread.exercise,
      },
    ]);
    await database.update(Consultation, consultationId, { revision: thread.revision + 1 });
    const kind =
      dueOn !== null ? 'INFORMATION_REQUESTED' : answersId !== null ? 'INFORMATION_PROVIDED' : 'MESSAGE_SENT';
    dossier.happen({ kind, agencyKey: thread.agencyKey, objectId: id });
    await dossier.save();
    return consultationId;
  },
});

const markMessagesRead = mutation({
  name: 'markMessagesRead',
  description: 'Records that you have read what the other side wrote in a consultation.',
  by: ['AGENCY', 'DEVELOPER'],
  input: { consultationId: idInput('The consultation.') },
  returns: ['consultation', () => Consultation],
  async run(work, { consultationId }) {
    const { dossier } = await ownThread(work, consultationId, { field: 'consultationId' });
    const { database } = work;
    await database.updateWhere(
      ConsultationMessage,
      { readAt: work.now },
      `consultation_id = ? AND read_at IS NULL AND ${database.column(ConsultationMessage, 'from')} <> ?`,
      [consultationId, sideOf(work)],
    );
    await dossier.save();
    return consultationId;
  },
});

const closeConsultation = mutation({
  name: 'closeConsultation',
  description: 'Ends a consultation. Either side may, and another can be opened.',
  by: ['AGENCY', 'DEVELOPER'],
  input: { id: idInput('The consultation.'), expectedRevision: expectedRevisionInput() },
  returns: ['consultation', () => Consultation],
  async run(work, { id, expectedRevision }) {
    const { dossier, thread } = await ownThread(work, id, { expectedRevision, field: 'id' });
    const status = consultationLifecycle.next(thread.status, 'closeConsultation', work.actor, {});
    await work.database.update(Consultation, id, { status, revision: expectedRevision + 1 });
    dossier.happen({ kind: 'CONSULTATION_CLOSED', agencyKey: thread.agencyKey, objectId: id });
    await dossier.save();
    return id;
  },
});

const sendAdvice = mutation({
  name: 'sendAdvice',
  description: 'Sends the developer your agency’s advice in writing. It is never a condition of release.',
  by: ['AGENCY'],
  input: { submissionId: idInput('The submission.'), body: longTextInput('What you advise.') },
  returns: ['advice', () => Advice],
  async run(work, { submissionId, body }) {
    const dossier = await Dossier.open(work, submissionId);
    const id = work.newId('adv');
    const agencyKey = work.principal.agency!;
    await work.database.insert(Advice, [
      { id, submissionId, agencyKey, sentAt: work.now, body, exercise: dossier.notice.exercise },
    ]);
    dossier.happen({ kind: 'ADVICE_SENT', agencyKey, objectId: id });
    await dossier.save();
    return id;
  },
});

export const consultationMutations = [openConsultation, sendMessage, markMessagesRead, closeConsultation, sendAdvice];
