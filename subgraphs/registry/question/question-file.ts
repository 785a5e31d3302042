import { NotFoundError, requireRevision } from '#base/errors';
import { personKey } from '#base/identity/principal';
import { roleSpec } from '#base/identity/roles';
import type { Work } from '#kit/mutation/work';
import { ForbiddenError, IllegalTransitionError } from '#kit/state/state-machine';
import { SavedQuestion } from './saved-question';

/** The question that an input names, and the revision that the change is based on. */
export interface Target {
  readonly id: string;
  readonly expectedRevision: number;
}

/** Questions of one change, locked. They change in memory until they are saved. */
export class QuestionFile {
  private readonly changed = new Map<string, SavedQuestion>();

  private constructor(
    private readonly work: Work,
    private readonly questions: ReadonlyMap<string, SavedQuestion>,
  ) {}

  /** Locks the questions with these ids, in one statement. */
  static async open(work: Work, ids: readonly string[]): Promise<QuestionFile> {
    const rows = await work.database.lockAll(SavedQuestion, [...new Set(ids)]);
    return new QuestionFile(work, new Map(rows.map((question) => [question.id, question])));
  }

  /**
   * Changes a question that is in use. Its owner may, and operators where they are the caller's actor.
   * @param trigger the mutation, for errors
   * @param changes properties to set; the question as it was decides who owns them
   * @throws NotFoundError, ForbiddenError, RevisionConflictError, IllegalTransitionError; then nothing is changed
   */
  change(
    { id, expectedRevision }: Target,
    trigger: string,
    changes: (question: SavedQuestion) => Partial<SavedQuestion>,
  ): SavedQuestion {
    const question = this.changed.get(id) ?? this.questions.get(id);
    if (!question || !mayRead(this.work, question)) throw new NotFoundError('saved question', id, 'id');
    const { actor, now } = this.work;
    if (actor !== 'OPERATOR' && !isOwner(this.work, question)) throw new ForbiddenError(trigger, ['its owner'], actor);
    requireRevision('saved question', question, expectedRevision);
    if (question.retiredAt !== null) throw new IllegalTransitionError('saved question', 'RETIRED', trigger, ['IN_USE']);
    const next = Object.assign(Object.create(SavedQuestion.prototype) as SavedQuestion, question, changes(question), {
      revision: question.revision + 1,
      updatedAt: now,
    });
    this.changed.set(id, next);
    return next;
  }

  save(): Promise<void> {
    return this.work.database.upsert(SavedQuestion, [...this.changed.values()]);
  }
}

const isOwner = ({ principal }: Work, { ownerPersonKey }: SavedQuestion): boolean =>
  ownerPersonKey === personKey(principal);

/** Whether the caller sees the question, as the policy says in SQL: others must not learn that it exists (F1). */
function mayRead(work: Work, question: SavedQuestion): boolean {
  const { roles } = work.principal;
  return (
    isOwner(work, question) ||
    roles.some((role) => question.sharedWithRoles.includes(role) || role === 'operator' || roleSpec(role)?.isOversight)
  );
}
