import { NotFoundError, orNotFound, requireRevision } from '#base/errors';
import { appendTimeline, type Happening } from '#domain/timeline';
import type { ModelClass } from '#kit/model/model';
import type { Work } from '#kit/mutation/work';
import { visible } from '#kit/policy/visible';
import { reviewRights } from './policy';
import { ReviewEvent, type ReviewEventKind } from './review/review-event';
import { AccessNotice, SubmissionNotice } from './submission-notice';

type Kind = keyof typeof ReviewEventKind;

/**
 * Everything the agencies have on one submission, locked for one change: changes to one submission run one at a time and share
 * one timeline.
 */
export class Dossier {
  private readonly happenings: Happening<Kind>[] = [];

  private constructor(
    readonly work: Work,
    readonly notice: SubmissionNotice,
  ) {}

  /** @throws NotFoundError if the submission does not exist or is not shared with the caller */
  static async open(work: Work, submissionId: string): Promise<Dossier> {
    const dossier = await Dossier.locked(work, submissionId);
    if (work.actor === 'AGENCY' && !dossier.notice.agencyKeys.includes(work.principal.agency!))
      throw new NotFoundError('submission', submissionId, 'submissionId');
    return dossier;
  }

  private static async locked(work: Work, submissionId: string): Promise<Dossier> {
    const notice = await work.database.lock(SubmissionNotice, submissionId);
    if (!notice || !mayKnow(work, notice)) throw new NotFoundError('submission', submissionId, 'submissionId');
    return new Dossier(work, notice);
  }

  /** Dossier of a newly filed submission. */
  static async begin(work: Work, notice: SubmissionNotice): Promise<Dossier> {
    await work.database.insert(SubmissionNotice, [notice]);
    return new Dossier(work, notice);
  }

  /**
   * Opens the dossier that an object belongs to, and the object under the lock. Agencies with which the submission was shared
   * earlier may open it too.
   * @param options.mayKnow whether the caller may know of the object, if knowing of the submission is not enough.
   * @throws NotFoundError about the object, RevisionConflictError
   */
  static async of<T extends { submissionId: string; revision?: number }>(
    work: Work,
    target: ModelClass<T>,
    type: string,
    id: string,
    {
      expectedRevision,
      field = 'id',
      mayKnow = () => true,
    }: { expectedRevision?: number; field?: string; mayKnow?: (object: T) => boolean } = {},
  ): Promise<{ dossier: Dossier; object: T }> {
    const missing = new NotFoundError(type, id, field);
    const row = await visible(work, reviewRights, target, id);
    if (!row || !mayKnow(row)) throw missing;
    const dossier = await orNotFound(missing, Dossier.locked(work, row.submissionId));
    const [object] = await work.database.findBy(target, 'id', [id]);
    if (expectedRevision !== undefined) requireRevision(type, object as { revision: number }, expectedRevision);
    return { dossier, object: object! };
  }

  happen(happening: Omit<Happening<Kind>, 'actor'>): void {
    this.happenings.push({ actor: this.work.actor, ...happening });
  }

  /** The launch, or the planned launch if earlier: the end of the time before launch. */
  get launchBoundAt(): string {
    const { launchedAt, plannedLaunchAt } = this.notice;
    return launchedAt !== null && launchedAt < plannedLaunchAt ? launchedAt : plannedLaunchAt;
  }

  /** Whether an agency has access now, and whether the access includes the model itself. */
  async access(agencyKey: string): Promise<{ active: boolean; model: boolean }> {
    const { database, now } = this.work;
    const { launchedAt, plannedLaunchAt, id } = this.notice;
    const grants = await database.findBy(AccessNotice, 'submissionId', [id]);
    const active = grants.filter(
      (grant) =>
        grant.agencyKey === agencyKey &&
        grant.status === 'ACTIVE' &&
        now < grant.endsAt &&
        (grant.postLaunchConsent || (launchedAt === null && now < plannedLaunchAt)),
    );
    return { active: active.length > 0, model: active.some(({ mode }) => mode !== 'DOCUMENTS_ONLY') };
  }

  /** Writes all events to the timeline in two statements. */
  async save(): Promise<void> {
    const { work, notice } = this;
    await appendTimeline(work.database, ReviewEvent, notice, work.now, this.happenings);
  }
}

/** Whether the caller may know of the submission: as its developer, or as an agency with which it is or was shared. */
function mayKnow({ actor, principal }: Work, notice: SubmissionNotice): boolean {
  if (actor === 'SYSTEM') return true;
  if (actor === 'DEVELOPER') return notice.developerKey === principal.organization;
  return actor === 'AGENCY' && [...notice.agencyKeys, ...notice.formerAgencyKeys].includes(principal.agency!);
}
