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
  description: 'Opens a consultation between one agency and the developer on one submission. Either side may open it.',
  by: ['AGENCY', 'DEVELOPER'],
  input: {
    submissionId: idInput('Submission id.'),
    agencyKey: optional(idInput('Key of the agency. Required from developers; agencies may omit it.')),
  },
  returns: ['consultation', () => Consultation],
  async run(work, { submissionId, agencyKey: named }) {
    const { database, principal, actor, now } = work;
    const dossier = await Dossier.open(work, submissionId);
    const path = ['input', 'agencyKey'];
    if (actor === 'DEVELOPER' && named === null) throw new InputError('The agency is missing: give "agencyKey"', path);
    const agencyKey = actor === 'AGENCY' ? principal.agency! : named!;
    if (actor === 'AGENCY' && named !== null && named !== agencyKey)
      throw new InputError(`You act for ${agencyKey}: omit "agencyKey", or give your own agency`, path);
    if (!agencyByKey(agencyKey) || !dossier.notice.agencyKeys.includes(agencyKey))
      throw new UnknownReferenceError('agency with access to this submission', agencyKey, path);
    const threads = await database.findBy(Consultation, 'submissionId', [submissionId]);
    const open = threads.find((thread) => thread.agencyKey === agencyKey && thread.status === 'OPEN');
    if (open)
      throw new RequestError(
        'ALREADY_EXISTS',
        `Consultation ${open.id} with this agency is already open: use that one`,
        path,
      );
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
  description:
    'Sends a message in a consultation. It can request information with "dueOn", or answer such a request with "answersId".',
  by: ['AGENCY', 'DEVELOPER'],
  input: {
    consultationId: idInput('Consultation id.'),
    body: longTextInput('Text of the message.'),
    attachments: optional(
      listInput(sha256Input('SHA-256 digest of a document.'), 'SHA-256 digests of attached documents.', { max: 50 }),
    ),
    dueOn: optional(dateInput('Date by which an answer would help. It makes the message a request for information.')),
    answersId: optional(idInput('Id of the request for information that the message answers.')),
  },
  returns: ['consultation', () => Consultation],
  async run(work, { consultationId, body, attachments, dueOn, answersId }) {
    const { database, now } = work;
    const { dossier, thread } = await ownThread(work, consultationId, { field: 'consultationId' });
    consultationLifecycle.next(thread.status, 'sendMessage', work.actor, {});
    const today = civilDate(now);
    if (dueOn !== null && dueOn < today)
      throw new InputError(`"dueOn" is ${dueOn}, which has passed: choose ${today} or later`, ['input', 'dueOn']);
    if (answersId !== null) {
      const [asked] = await database.findBy(ConsultationMessage, 'id', [answersId]);
      if (asked?.consultationId !== consultationId)
        throw new UnknownReferenceError('message of this consultation', answersId, ['input', 'answersId']);
      if (asked.from === sideOf(work) || !asked.requestsInformation || asked.answeredAt !== null)
        throw new InputError('"answersId" must name an open request for information of the other side', [
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
  description: "Marks the other side's messages in a consultation as read.",
  by: ['AGENCY', 'DEVELOPER'],
  input: { consultationId: idInput('Consultation id.') },
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
  description: 'Closes a consultation. Either side may close it and open another.',
  by: ['AGENCY', 'DEVELOPER'],
  input: { id: idInput('Consultation id.'), expectedRevision: expectedRevisionInput() },
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
  description: 'Sends written advice of your agency to the developer. Advice is never a condition of release.',
  by: ['AGENCY'],
  input: { submissionId: idInput('Submission id.'), body: longTextInput('Text of the advice.') },
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
