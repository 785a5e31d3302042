import { InputError, NotFoundError, RequestError } from '#base/errors';
import { personKey } from '#base/identity/principal';
import { roleNames, roleSpec } from '#base/identity/roles';
import { bulk } from '#kit/mutation/bulk';
import {
  enumInput,
  expectedRevisionInput,
  idInput,
  intInput,
  listInput,
  longTextInput,
  optional,
  textInput,
  unchanged,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import {
  bytesOf,
  bytesOfDescription,
  documentIdOf,
  MAX_OPERATION_BYTES,
  MAX_VARIABLES_BYTES,
  requireQuery,
  requireVariables,
} from './operation';
import { QuestionFile } from './question-file';
import { QuestionProgram, SavedQuestion, versionId } from './saved-question';
import { SavedQuestionVersion } from './saved-question-version';
import { TrustedDocument } from './trusted-document';

/** Maximum questions of one owner that are in use. */
export const MAX_QUESTIONS = 500;
/** Maximum questions that are trusted: gateways hold all of them in memory. */
export const MAX_TRUSTED = 1_000;
/** Maximum versions of a question. */
const MAX_VERSIONS = 1_000;
/** Maximum bytes of all versions of one owner, retired questions included: nothing of them is ever deleted. */
export const MAX_STORED_BYTES = 64 * 1024 * 1024;

const returns = ['question', () => SavedQuestion] as const;
const target = { id: idInput('Id of the saved question.'), expectedRevision: expectedRevisionInput() };
const nameInput = textInput('Name, unique among your questions.', { max: 120 });
const descriptionInput = longTextInput('What the question is for.');
const programInput = enumInput(() => QuestionProgram, 'Program that it is about.');
const rolesInput = listInput(
  textInput('Name of a role, such as "analyst".', { max: 60 }),
  'Names of the roles whose callers may read it. If empty, only you, operators, and oversight do.',
  { max: 30 },
);
const content = {
  operation: longTextInput(`A GraphQL query, of at most ${MAX_OPERATION_BYTES} bytes, with one operation.`, {
    max: MAX_OPERATION_BYTES,
  }),
  variables: optional(
    longTextInput('Default values of its variables, as a JSON object. None by default.', { max: MAX_VARIABLES_BYTES }),
  ),
  note: optional(longTextInput('What changed in this version.')),
};

interface Content {
  readonly operation: string;
  readonly variables: string | null;
  readonly note: string | null;
}

/** The next version of a question. @throws InputError if its query or variables are invalid */
function versionOf(
  { principal, now }: Work,
  { id, exercise }: Pick<SavedQuestion, 'id' | 'exercise'>,
  number: number,
  { operation, variables, note }: Content,
): SavedQuestionVersion {
  requireQuery(operation);
  if (variables !== null) requireVariables(variables);
  return Object.assign(new SavedQuestionVersion(), {
    ...{ id: versionId(id, number), questionId: id, number, operation, variables: variables ?? '{}' },
    ...{ documentId: documentIdOf(operation), note, savedAt: now, savedBy: principal.subject, exercise },
  });
}

/** @throws InputError for a role that the graph does not have */
function requireRoles(roles: readonly string[]): void {
  const unknown = roles.findIndex((role) => roleSpec(role) === undefined);
  if (unknown >= 0)
    throw new InputError(`"${roles[unknown]}" is not a role of this graph: use ${[...roleNames()].sort().join(', ')}`, [
      'input',
      'sharedWithRoles',
      unknown,
    ]);
}

/** The questions of the caller. */
interface Owned {
  readonly names: ReadonlySet<string>;
  /** Number of those in use. */
  readonly inUse: number;
  /** Largest place of one. */
  readonly place: number;
  /** Bytes of all versions. */
  readonly storedBytes: number;
}

async function ownedBy({ database }: Work, ownerPersonKey: string, names: readonly string[]): Promise<Owned> {
  const table = database.table(SavedQuestion);
  const [counts] = await database.query<{ inUse: number; place: number | null; storedBytes: number | null }>(
    `SELECT COUNT(CASE WHEN retired_at IS NULL THEN 1 END) AS inUse, MAX(place) AS place, SUM(stored_bytes) AS storedBytes
     FROM ${table} WHERE owner_person_key = ?`,
    [ownerPersonKey],
  );
  const taken = await database.query<{ name: string }>(
    `SELECT name FROM ${table} WHERE owner_person_key = ? AND name IN (${names.map(() => '?').join(', ')})`,
    [ownerPersonKey, ...names],
  );
  return {
    names: new Set(taken.map(({ name }) => name)),
    inUse: Number(counts!.inUse),
    place: Number(counts!.place ?? 0),
    storedBytes: Number(counts!.storedBytes ?? 0),
  };
}

/** @param stored bytes of the versions of the owner @param more bytes of those to save @throws RequestError */
function requireRoom(stored: number, more: number): void {
  if (stored + more <= MAX_STORED_BYTES) return;
  throw new RequestError(
    'PRECONDITION_FAILED',
    `Your saved questions have ${stored} bytes, with all versions and retired questions, and this change adds ${more}; the maximum is ${MAX_STORED_BYTES}, and versions are never deleted: save a shorter query, or let a colleague save it`,
    [],
    { limit: MAX_STORED_BYTES },
  );
}

/** @throws RequestError if the owner of a question has no room for more bytes */
async function requireRoomFor(work: Work, { ownerPersonKey }: SavedQuestion, more: number): Promise<void> {
  const { storedBytes } = await ownedBy(work, ownerPersonKey, ['']);
  requireRoom(storedBytes, more);
}

const nameTaken = (name: string): RequestError =>
  new RequestError(
    'ALREADY_EXISTS',
    `You have saved a question with the name "${name}" before: save a new version of it, or choose another name`,
    ['input', 'name'],
  );

const saveQuestion = bulk({
  name: 'saveQuestion',
  plural: 'saveQuestions',
  description: 'Saves a GraphQL query under a name.',
  by: ['AUTHOR'],
  input: {
    name: nameInput,
    description: optional(descriptionInput),
    program: programInput,
    ...content,
    sharedWithRoles: optional(rolesInput),
  },
  returns,
  async open(work, inputs) {
    const { principal, now, database } = work;
    const ownerPersonKey = personKey(principal);
    const names = inputs.map(({ name }) => name);
    // a dry run may have no valid item
    const owned = await ownedBy(work, ownerPersonKey, names.length > 0 ? names : ['']);
    const questions: SavedQuestion[] = [];
    const versions: SavedQuestionVersion[] = [];
    let { storedBytes } = owned;
    return {
      apply({ name, description, program, sharedWithRoles, ...first }) {
        if (owned.names.has(name) || questions.some((question) => question.name === name)) throw nameTaken(name);
        if (owned.inUse + questions.length >= MAX_QUESTIONS)
          throw new RequestError(
            'PRECONDITION_FAILED',
            `You have ${owned.inUse + questions.length} saved questions; the maximum is ${MAX_QUESTIONS}: retire some first`,
            [],
            { limit: MAX_QUESTIONS },
          );
        requireRoles(sharedWithRoles ?? []);
        const question = Object.assign(new SavedQuestion(), {
          ...{ id: work.newId('sqn'), name, description, program, owner: principal.subject, ownerPersonKey },
          ...{ place: owned.place + questions.length + 1, agencyKey: principal.agency, currentVersion: 1 },
          ...{ sharedWithRoles: sharedWithRoles ?? [], trustedVersion: null, createdAt: now, updatedAt: now },
          ...{ storedBytes: 0, retiredAt: null, revision: 1, exercise: false },
        });
        const version = versionOf(work, question, 1, first);
        question.storedBytes = bytesOfDescription(description) + bytesOf(version);
        requireRoom(storedBytes, question.storedBytes);
        storedBytes += question.storedBytes;
        versions.push(version);
        questions.push(question);
        return { key: question.id, isNew: true };
      },
      async save() {
        await database.insert(SavedQuestion, questions);
        await database.insert(SavedQuestionVersion, versions);
      },
    };
  },
});

const saveQuestionVersion = mutation({
  name: 'saveQuestionVersion',
  description:
    'Saves a new version of a saved question, which becomes its current one. A version that is trusted stays so.',
  by: ['AUTHOR'],
  input: { ...target, ...content },
  returns,
  async run(work, { operation, variables, note, ...aim }) {
    const questions = await QuestionFile.open(work, [aim.id]);
    const question = questions.change(aim, 'saveQuestionVersion', ({ currentVersion }) => {
      if (currentVersion >= MAX_VERSIONS)
        throw new RequestError(
          'PRECONDITION_FAILED',
          `The saved question has ${MAX_VERSIONS} versions, the maximum: save it as a new question`,
          [],
          { limit: MAX_VERSIONS },
        );
      return { currentVersion: currentVersion + 1 };
    });
    const version = versionOf(work, question, question.currentVersion, { operation, variables, note });
    const bytes = bytesOf(version);
    // saves of different questions at the same time can exceed it by their own bytes, of which a caller has few
    await requireRoomFor(work, question, bytes);
    question.storedBytes += bytes;
    await questions.save();
    await work.database.insert(SavedQuestionVersion, [version]);
    return aim.id;
  },
});

const describeQuestion = mutation({
  name: 'describeQuestion',
  description: 'Changes the name, description, or program of a saved question.',
  by: ['AUTHOR'],
  input: {
    ...target,
    name: unchanged(nameInput),
    description: unchanged(descriptionInput),
    program: unchanged(programInput),
  },
  returns,
  async run(work, { name, description, program, ...aim }) {
    const questions = await QuestionFile.open(work, [aim.id]);
    const before = questions.change(aim, 'describeQuestion', (question) => ({
      name: name ?? question.name,
      description: description ?? question.description,
      program: program ?? question.program,
      storedBytes:
        question.storedBytes +
        bytesOfDescription(description ?? question.description) -
        bytesOfDescription(question.description),
    }));
    await requireRoomFor(work, before, bytesOfDescription(description ?? null));
    if (name !== undefined) {
      const same = await work.database.query<{ id: string }>(
        `SELECT id FROM ${work.database.table(SavedQuestion)} WHERE owner_person_key = ? AND name = ?`,
        [before.ownerPersonKey, name],
      );
      if (same.some(({ id }) => id !== aim.id)) throw nameTaken(name);
    }
    await questions.save();
    return aim.id;
  },
});

const shareQuestion = bulk({
  name: 'shareQuestion',
  plural: 'shareQuestions',
  description: 'Sets the roles whose callers may read a saved question.',
  by: ['AUTHOR'],
  input: { ...target, sharedWithRoles: rolesInput },
  returns,
  async open(work, inputs) {
    const questions = await QuestionFile.open(
      work,
      inputs.map(({ id }) => id),
    );
    return {
      apply({ sharedWithRoles, ...aim }) {
        requireRoles(sharedWithRoles);
        questions.change(aim, 'shareQuestion', () => ({ sharedWithRoles }));
        return { key: aim.id, isNew: false };
      },
      save: () => questions.save(),
    };
  },
});

const retireQuestion = bulk({
  name: 'retireQuestion',
  plural: 'retireQuestions',
  description: 'Retires a saved question: it stays readable, cannot change, and is no longer trusted.',
  by: ['OPERATOR', 'AUTHOR'],
  input: target,
  returns,
  async open(work, inputs) {
    const questions = await QuestionFile.open(
      work,
      inputs.map(({ id }) => id),
    );
    const retired: string[] = [];
    return {
      apply(aim) {
        questions.change(aim, 'retireQuestion', () => ({ retiredAt: work.now, trustedVersion: null }));
        retired.push(aim.id);
        return { key: aim.id, isNew: false };
      },
      async save() {
        await questions.save();
        await stopTrusting(work, retired);
      },
    };
  },
});

async function stopTrusting({ database }: Work, questionIds: readonly string[]): Promise<void> {
  await database.query(
    `DELETE FROM ${database.table(TrustedDocument)} WHERE question_id IN (${questionIds.map(() => '?').join(', ')})`,
    questionIds,
  );
}

const trustQuestion = mutation({
  name: 'trustQuestion',
  description:
    'Lets every caller send one version of a saved question, also where only trusted documents are allowed. Later versions are not trusted by it.',
  by: ['OPERATOR'],
  input: { ...target, version: intInput('Number of the version to trust.', { min: 1 }) },
  returns,
  async run(work, { version: number, ...aim }) {
    const { database, now } = work;
    const questions = await QuestionFile.open(work, [aim.id]);
    const { exercise } = questions.change(aim, 'trustQuestion', () => ({ trustedVersion: number }));
    const [version] = await database.findBy(SavedQuestionVersion, 'id', [versionId(aim.id, number)]);
    if (!version) throw new NotFoundError('version of the saved question', String(number), 'version');
    await stopTrusting(work, [aim.id]);
    const [count] = await database.query<{ n: number }>(`SELECT COUNT(*) AS n FROM ${database.table(TrustedDocument)}`);
    if (Number(count!.n) >= MAX_TRUSTED)
      throw new RequestError(
        'PRECONDITION_FAILED',
        `${MAX_TRUSTED} saved questions are trusted, the maximum: stop trusting some first`,
        [],
        { limit: MAX_TRUSTED },
      );
    await questions.save();
    const { operation, documentId } = version;
    await database.insert(TrustedDocument, [
      { id: work.newId('tdc'), questionId: aim.id, version: number, operation, documentId, trustedAt: now, exercise },
    ]);
    return aim.id;
  },
});

const stopTrustingQuestion = mutation({
  name: 'stopTrustingQuestion',
  description: 'Ends the trust in a saved question. Gateways notice within seconds.',
  by: ['OPERATOR'],
  input: target,
  returns,
  async run(work, aim) {
    const questions = await QuestionFile.open(work, [aim.id]);
    questions.change(aim, 'stopTrustingQuestion', ({ trustedVersion }) => {
      if (trustedVersion === null)
        throw new RequestError('PRECONDITION_FAILED', 'No version of the saved question is trusted', []);
      return { trustedVersion: null };
    });
    await questions.save();
    await stopTrusting(work, [aim.id]);
    return aim.id;
  },
});

export const questionMutations = [
  ...saveQuestion,
  saveQuestionVersion,
  describeQuestion,
  ...shareQuestion,
  ...retireQuestion,
  trustQuestion,
  stopTrustingQuestion,
];
