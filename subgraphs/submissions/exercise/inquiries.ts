import {
  after,
  type ExerciseRows,
  type ExerciseWorld,
  type InquiryStory,
  randomOf,
  rows,
} from '#domain/exercise/story';
import { stableId } from '#kit/ids';
import { CoverageInquiry } from '../inquiry/coverage-inquiry';
import { InquiryEvent } from '../inquiry/inquiry-event';
import type { AIModel } from '../model/ai-model';

/** Statuses of inquiries in turn, so that each occurs at any scale. */
const STATUSES: readonly CoverageInquiry['status'][] = ['ANSWERED', 'ASKED', 'ANSWERED', 'WITHDRAWN', 'IN_DISCUSSION'];

/** Coverage inquiries of the exercise, asked before the model was submitted. */
export class Inquiries {
  readonly stories: InquiryStory[] = [];
  private readonly inquiries: Partial<CoverageInquiry>[] = [];
  private readonly events: Partial<InquiryEvent>[] = [];

  constructor(private readonly world: ExerciseWorld) {}

  rows(): ExerciseRows[] {
    return [rows(CoverageInquiry, this.inquiries), rows(InquiryEvent, this.events)];
  }

  /** Adds an inquiry about every third model. */
  ask(index: number, model: Partial<AIModel>, draftedAt: string): void {
    if (index % 3 !== 0) return;
    const { world } = this;
    const random = randomOf(world, `inquiry ${index}`);
    const id = stableId('cin', world.seed, index);
    const developerKey = model.developerKey!;
    const status = STATUSES[(index / 3) % STATUSES.length]!;
    const askedAt = after(draftedAt, -40 - random.next() * 20);
    const discussedAt = after(askedAt, 2 + random.next() * 6);
    const endedAt = after(discussedAt, 3 + random.next() * 10);
    const answerId = status === 'ANSWERED' ? stableId('dsg', id) : null;
    this.inquiries.push({
      id,
      developerKey,
      modelId: model.id,
      statement: 'A larger successor with tool use (exercise).',
      status,
      askedAt,
      answeredAt: answerId === null ? null : endedAt,
      answerId,
      revision: status === 'ASKED' ? 1 : status === 'IN_DISCUSSION' ? 2 : 3,
      exercise: true,
    });
    const event = (
      sequence: number,
      kind: InquiryEvent['kind'],
      actor: InquiryEvent['actor'],
      occurredAt: string,
      fromState: string | null,
      toState: string,
    ) => {
      const event = { inquiryId: id, sequence, kind, actor, occurredAt, fromState, toState, exercise: true };
      this.events.push({ ...event, id: stableId('evt', id, sequence) });
    };
    event(1, 'ASKED', 'DEVELOPER', askedAt, null, 'ASKED');
    if (status === 'ASKED') return;
    event(2, 'DISCUSSED', 'AGENCY', discussedAt, 'ASKED', 'IN_DISCUSSION');
    if (status === 'WITHDRAWN') event(3, 'WITHDRAWN', 'DEVELOPER', endedAt, 'IN_DISCUSSION', 'WITHDRAWN');
    if (answerId === null) return;
    event(3, 'ANSWERED', 'AGENCY', endedAt, 'IN_DISCUSSION', 'ANSWERED');
    const outcome = random.weighted({ COVERED: 2, NOT_COVERED: 5, UNDETERMINED: 1 });
    this.stories.push({ inquiryId: id, designationId: answerId, developerKey, outcome, answeredAt: endedAt });
  }
}
