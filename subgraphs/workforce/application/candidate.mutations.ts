import { addDays, civilDate } from '#base/civil';
import { InputError } from '#base/errors';
import type { Target } from '#domain/change-set';
import { callersOf, reasonInput, targetInput, verb } from '#domain/verbs';
import { marks } from '#kit/database/marks';
import { destroyPersonKeys } from '#kit/encryption/person-key';
import { plain } from '#kit/encryption/value';
import { bulk } from '#kit/mutation/bulk';
import { optional, textInput, unchanged } from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { Application, Candidate } from './application';
import { candidateLifecycle, OPEN } from './lifecycle';
import { retainedUntil } from './retention';
import { CANDIDATES, openCandidates } from './types';

const returns = ['candidate', () => Candidate] as const;

const person = {
  name: textInput('Name or pseudonym of the candidate.'),
  email: textInput('Email address.', { pattern: /^[^@\s]+@[^@\s]+$/ }),
  phone: textInput('Telephone number.', { max: 40 }),
  resumeRef: textInput('Location of the résumé in the system that stores it.'),
};

const PROPERTIES = {
  name: 'encryptedName',
  email: 'encryptedEmail',
  phone: 'encryptedPhone',
  resumeRef: 'encryptedResumeRef',
} as const;

type PersonInput = { readonly [Name in keyof typeof PROPERTIES]?: string | null };

/** Fields of an input as properties of a candidate, which are encrypted when they are written. */
const encryptedOf = (input: PersonInput): Partial<Candidate> =>
  Object.fromEntries(
    Object.entries(PROPERTIES).flatMap(([name, property]) => {
      const value = input[name as keyof PersonInput];
      return value === undefined ? [] : [[property, plain(value)]];
    }),
  );

const recordCandidate = bulk({
  name: 'recordCandidate',
  plural: 'recordCandidates',
  description: 'Records a person who applies to the agency.',
  by: callersOf(candidateLifecycle, 'recordCandidate'),
  input: {
    name: person.name,
    email: optional(person.email),
    phone: optional(person.phone),
    resumeRef: optional(person.resumeRef),
  },
  returns,
  async open(work) {
    const candidates = await openCandidates(work, []);
    const retainUntil = retainedUntil(civilDate(work.now));
    return {
      apply: (input) =>
        candidates.add(
          {
            ...encryptedOf(input),
            ...{ id: work.newId('cnd'), agencyKey: work.principal.agency!, retainUntil, legalHold: null },
            ...{ revision: 1, exercise: false },
          },
          { trigger: 'recordCandidate', kind: 'CANDIDATE_RECORDED' },
        ),
      save: () => candidates.save(),
    };
  },
});

const correctCandidate = verb({
  name: 'correctCandidate',
  description: 'Corrects data of a candidate.',
  of: CANDIDATES,
  returns,
  target: targetInput('the candidate'),
  input: {
    name: unchanged(person.name),
    email: unchanged(person.email),
    phone: unchanged(person.phone),
    resumeRef: unchanged(person.resumeRef),
  },
  step(_candidate, { name, email, phone, resumeRef }) {
    const changes = Object.entries({ name, email, phone, resumeRef }).filter(([, value]) => value !== undefined);
    if (changes.length === 0)
      throw new InputError('The input changes nothing: send at least one field to change', ['input']);
    return {
      kind: 'CANDIDATE_CORRECTED',
      // names of the fields only: timelines keep no data of a person
      detail: changes.map(([field]) => field).join(', '),
      change: (next) => Object.assign(next, encryptedOf(Object.fromEntries(changes))),
    };
  },
});

const held = { of: CANDIDATES, returns, target: targetInput('the candidate') };

const holdCandidate = verb({
  ...held,
  name: 'holdCandidate',
  description:
    'Places a legal hold on the data of a candidate, which keeps them from being erased, or adds a reason to the text of one.',
  input: {
    reason: textInput(
      'Reason, such as the number of a lawsuit. With a hold in force, its text and the further reason.',
    ),
  },
  step: ({ legalHold }, { reason }) => ({
    kind: 'CANDIDATE_HELD',
    facts: { legalHold, holdReason: reason },
    change(next) {
      next.legalHold = reason;
    },
  }),
});

const releaseCandidate = verb({
  ...held,
  name: 'releaseCandidate',
  description: 'Lifts a legal hold on the data of a candidate.',
  input: {},
  step: () => ({
    kind: 'CANDIDATE_RELEASED',
    change(next) {
      next.legalHold = null;
    },
  }),
});

const requestErasure = verb({
  ...held,
  name: 'requestErasure',
  description: 'Asks for the erasure of the data of a candidate. The records schedule decides when it can happen.',
  input: { reason: reasonInput() },
  step: (_candidate, { reason }) => ({ kind: 'ERASURE_REQUESTED', detail: reason }),
});

const recordsRefInput = () => textInput("Reference of the records officer's decision, such as a file number.");

const endRetention = verb({
  ...held,
  name: 'endRetention',
  description:
    'Ends the retention period of the data of a candidate by a decision under the records schedule. They are erased by themselves once no application is under way and no legal hold applies.',
  input: { recordsRef: recordsRefInput() },
  step: ({ retainUntil }, { recordsRef }, { now }) => ({
    kind: 'RETENTION_ENDED',
    detail: recordsRef,
    change(next) {
      const yesterday = addDays(civilDate(now), -1);
      if (retainUntil === null || retainUntil > yesterday) next.retainUntil = yesterday;
    },
  }),
});

/** Whether an application of the candidate, to any agency, is under way. The candidate is locked, so that no other can begin. */
async function hasOpenApplication({ database }: Work, id: string): Promise<boolean> {
  const [row] = await database.query<{ n: number }>(
    `SELECT COUNT(*) AS n FROM application WHERE candidate_id = ? AND status IN (${marks(OPEN)})`,
    [id, ...OPEN],
  );
  return Number(row!.n) > 0;
}

/** Erases what identifies a candidate. Statuses and dates of applications stay, so that no count moves. */
async function erase(work: Work, aim: Target, recordsRef: string | null): Promise<void> {
  const candidates = await openCandidates(work, [aim.id]);
  const isOpen = await hasOpenApplication(work, aim.id);
  candidates.move(aim, ({ legalHold, retainUntil }) => ({
    trigger: 'eraseCandidate',
    facts: {
      hasOpenApplication: isOpen,
      legalHold,
      isRetentionOver: retainUntil !== null && retainUntil < civilDate(work.now),
      recordsRef: work.actor === 'RECORDS_OFFICER' ? recordsRef : null,
    },
    kind: 'CANDIDATE_ERASED',
    detail: recordsRef,
    change: (next) => Object.assign(next, encryptedOf({ name: null, email: null, phone: null, resumeRef: null })),
  }));
  await candidates.save();
  await work.database.updateWhere(
    Application,
    { encryptedScore: null, encryptedPreference: null },
    'candidate_id = ?',
    [aim.id],
  );
  await destroyPersonKeys(work.database, [aim.id]);
}

const eraseCandidate = mutation({
  name: 'eraseCandidate',
  description:
    'Erases name, contacts, résumé, scores, and preference of a candidate for good. Happens by itself after the retention period.',
  by: callersOf(candidateLifecycle, 'eraseCandidate'),
  input: {
    ...targetInput('the candidate'),
    recordsRef: optional(
      textInput('Reference of the decision to erase before the retention period ends. Only of a records officer.'),
    ),
  },
  returns,
  async run(work, { recordsRef, ...aim }) {
    await erase(work, aim, recordsRef);
    return aim.id;
  },
});

/** SQL condition of candidates whose data are due for erasure on a day, the only parameter. */
export const DUE_SQL = `status IN ('ACTIVE', 'ERASURE_REQUESTED') AND retain_until < ? AND legal_hold IS NULL
  AND NOT EXISTS (SELECT 1 FROM application a WHERE a.candidate_id = c.id AND a.status IN (${OPEN.map((status) => `'${status}'`).join(', ')}))`;

/** Erases the data of a candidate after the retention period. */
export async function eraseWhenDue(work: Work, id: string): Promise<void> {
  const today = civilDate(work.now);
  const [due] = await work.database.query(`SELECT id FROM candidate c WHERE c.id = ? AND ${DUE_SQL}`, [id, today]);
  if (due) await erase(work, { id }, null);
}

/** SQL condition of candidates without a retention period: earlier releases recorded none. */
export const UNDATED_SQL = "c.status IN ('ACTIVE', 'ERASURE_REQUESTED') AND c.retain_until IS NULL";

/** Begins the retention period of a candidate without one when the last announcement closes, or today without an application. */
export async function dateRetention({ database, now }: Work, id: string): Promise<void> {
  await database.lock(Candidate, id);
  const today = civilDate(now);
  const [undated] = await database.query<{ since: string | null }>(
    `SELECT (SELECT MAX(COALESCE(n.close_date, ?)) FROM application a
       JOIN announcement n ON n.control_number = a.control_number WHERE a.candidate_id = c.id) AS since
     FROM candidate c WHERE c.id = ? AND ${UNDATED_SQL}`,
    [today, id],
  );
  if (undated) await database.update(Candidate, id, { retainUntil: retainedUntil(undated.since ?? today) });
}

export const candidateMutations = [
  ...recordCandidate,
  correctCandidate,
  holdCandidate,
  releaseCandidate,
  requestErasure,
  endRetention,
  eraseCandidate,
];
